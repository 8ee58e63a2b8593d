"""Finding the columns of Django's models in code: each is named in its model's DATA."""

import ast
from collections.abc import Iterator
from typing import Final

from clearline.policy.vocabulary import Category
from clearline.rights.agreement.code import Code
from clearline.rights.agreement.finding import Finding, FindingKind
from clearline.rights.agreement.schema import FoundColumn, looks_like_a_key, no_reason

# What gives a model or a table a column that stands in no class.
ADDERS: Final = frozenset(
    {"add_to_class", "contribute_to_class", "schema_editor", "add_field", "create_model"}
)
REMEDY: Final = "Name it in the model's DATA: a Category, or why it is not personal."


def find_model_columns(code: Code) -> Iterator[FoundColumn | Finding]:
    """Yield the columns of each Django model that hold personal data, or findings."""
    for node in code.nodes:
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in ADDERS:
                text = f"{name} can make a column that stands in no class"
                yield Finding(code.file, node.lineno, FindingKind.SCHEMA_UNREADABLE, text, REMEDY)
        if isinstance(node, ast.ClassDef):
            told = {**data_of(node), **dict(personal_in(node))}
            fields = dict(fields_of(node))
            inherited = {name: each.lineno for name, each in told.items() if name not in fields}
            for field in fields.items():
                yield from compare(field, told, code.file)
            for field in inherited.items():
                yield from compare(field, told, code.file)


def is_field(node: ast.expr | None) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func).rpartition(".")[2]
    return name.endswith("Field") or name in {"ForeignKey", "Personal"}


def fields_of(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    for each in node.body:
        if isinstance(each, ast.Assign) and is_field(each.value):
            yield from ((ast.unparse(target), each.lineno) for target in each.targets)
        if isinstance(each, ast.AnnAssign) and is_field(each.value):
            yield ast.unparse(each.target), each.lineno


def personal_in(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield each protected column with its category, which stands in its own declaration."""
    for each in node.body:
        match each:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="Personal")) as call
            ):
                yield from ((name, word.value) for word in call.keywords if word.arg == "category")


def data_of(node: ast.ClassDef) -> dict[str, ast.expr]:
    """Return the model's DATA: what each column holds, as it is written."""
    for each in node.body:
        if not isinstance(each, ast.AnnAssign) or ast.unparse(each.target) != "DATA":
            continue
        if isinstance(each.value, ast.Dict):
            return {
                str(key.value): value
                for key, value in zip(each.value.keys, each.value.values, strict=True)
                if isinstance(key, ast.Constant)
            }
    return {}


def compare(
    field: tuple[str, int], told: dict[str, ast.expr], file: str
) -> Iterator[FoundColumn | Finding]:
    name, line = field
    value = told.get(name)
    written = "" if value is None else ast.unparse(value)
    reason = value.value if isinstance(value, ast.Constant) else None
    if written.startswith("Category."):
        member = written.partition(".")[2]
        if member in Category.__members__:
            yield FoundColumn(file, line, name, Category[member])
            return
        text = f"column {name}: {written} is no category"
        yield Finding(file, line, FindingKind.COLUMN_UNDECLARED, text, REMEDY)
    elif not isinstance(reason, str) or not reason.strip():
        text = f"column {name} says neither its category nor why it is not personal"
        yield Finding(file, line, FindingKind.COLUMN_UNDECLARED, text, REMEDY)
    elif looks_like_a_key(reason):
        yield no_reason(file, line, name, reason)
