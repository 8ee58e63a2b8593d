"""Finding the columns that hold data: of the event tables in SQL, of Django's models in code."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clearline.policy.vocabulary import Category
from clearline.rights.agreement.finding import Finding, FindingKind

CREATE: Final = re.compile(r"^\s*CREATE\s+(?:TABLE|MATERIALIZED)", re.IGNORECASE)
ADD_COLUMN: Final = re.compile(
    r"\bADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?`?(\w+)`?", re.IGNORECASE
)
COLUMN: Final = re.compile(r"^\s*`?([a-z_][a-z0-9_]*)`?\s+[A-Z]\w*", re.ASCII)
TOLD: Final = re.compile(r"--\s*(?:category:\s*(\S+)|not personal:\s*(\S.*))\s*$")
SQL_REMEDY: Final = "End its line with `-- category: KEY` or `-- not personal: why`."
MODEL_REMEDY: Final = "Name it in the model's DATA: a Category, or why it is not personal."


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """One column that holds personal data of a category."""

    file: str
    line: int
    name: str
    category: Category


def find_sql_columns(sql: str, file: str) -> Iterator[FoundColumn | Finding]:
    """Yield the columns of CREATE TABLE and ADD COLUMN that hold personal data, or findings."""
    is_inside = False
    for number, line in enumerate(sql.splitlines(), start=1):
        if CREATE.match(line) and "TABLE" in line.upper():
            is_inside = True
            continue
        if line.startswith(")"):
            is_inside = False
        name = column_of(line, is_inside=is_inside)
        if name:
            yield from told_by(line, file=file, number=number, name=name)


def column_of(line: str, *, is_inside: bool) -> str | None:
    added = ADD_COLUMN.search(line)
    if added:
        return added.group(1)
    inside = COLUMN.match(line) if is_inside else None
    return inside.group(1) if inside else None


def told_by(line: str, *, file: str, number: int, name: str) -> Iterator[FoundColumn | Finding]:
    told = TOLD.search(line)
    if told is None:
        text = f"column {name} says neither its category nor why it is not personal"
        yield Finding(file, number, FindingKind.COLUMN_UNDECLARED, text, SQL_REMEDY)
    elif told.group(1) is not None:
        yield from column_in(told.group(1), file=file, number=number, name=name)


def column_in(key: str, *, file: str, number: int, name: str) -> Iterator[FoundColumn | Finding]:
    try:
        yield FoundColumn(file, number, name, Category(key))
    except ValueError:
        text = f"column {name}: {key!r} is no category"
        remedy = "Use a key of clearline/policy/vocabulary.py."
        yield Finding(file, number, FindingKind.COLUMN_UNDECLARED, text, remedy)


def find_model_columns(tree: ast.Module, file: str) -> Iterator[FoundColumn | Finding]:
    """Yield the columns of each Django model that hold personal data, or findings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and is_model(node):
            told = data_of(node)
            for field in fields_of(node):
                yield from compare(field, told, file)


def is_model(node: ast.ClassDef) -> bool:
    """Say whether a class has columns: an abstract base with columns counts as well."""
    return any(
        isinstance(each, ast.Assign | ast.AnnAssign) and is_field(each.value) for each in node.body
    )


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
    if value is None or (isinstance(value, ast.Constant) and not value.value):
        text = f"column {name} says neither its category nor why it is not personal"
        yield Finding(file, line, FindingKind.COLUMN_UNDECLARED, text, MODEL_REMEDY)
        return
    written = ast.unparse(value)
    if written.startswith("Category."):
        member = written.partition(".")[2]
        if member in Category.__members__:
            yield FoundColumn(file, line, name, Category[member])
            return
        text = f"column {name}: {written} is no category"
        yield Finding(file, line, FindingKind.COLUMN_UNDECLARED, text, MODEL_REMEDY)
