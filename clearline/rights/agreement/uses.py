"""Finding the uses of personal data in source code: every `Use(…)`, read without running it."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from clearline.policy.vocabulary import (
    PROVIDER,
    Category,
    Purpose,
    Recipient,
    RecipientClass,
    SubjectKind,
)
from clearline.rights.agreement.code import Code, text_of
from clearline.rights.agreement.finding import Finding, FindingKind

# Use's fields in their order, so that a use written by position is read as well.
FIELDS: Final = ("by", "subject", "categories", "purpose", "about", "recipient")
REMEDY: Final = (
    "Write Use(…) with members of the vocabulary: Purpose.X, {Category.Y}, SubjectKind.Z."
)
PARTS_MIN: Final = 5  # of a use; the recipient may be left out
# What makes a changed copy of a use, and what sets a part of a thing by its name.
COPIERS: Final = frozenset({"dataclasses.replace", "copy.replace"})
BY_NAME: Final = frozenset({"setattr", "__setattr__", "force_setattr"})
# Files that have that name in a list, to find it elsewhere.
WORD_LISTS: Final = frozenset({"clearline/rights/agreement/uses.py"})

Member = TypeVar("Member", Category, Purpose, SubjectKind)


@dataclass(frozen=True, slots=True)
class NamedClause:
    """A clause that code names, whatever the edition says."""

    file: str
    line: int
    clause: str


@dataclass(frozen=True, slots=True)
class FoundUse:
    """One use in the code, as the decision table knows it."""

    file: str
    line: int
    categories: frozenset[Category]
    purpose: Purpose
    about: SubjectKind
    recipient: Recipient


class Unreadable(Exception):
    """The expression is not written out, so nobody can tell what it uses without running it."""


def find_uses(code: Code) -> Iterator[FoundUse | Finding]:
    """Yield each use of one file, or a finding where it cannot be read.

    Only a call `Use(…)` that is written out makes a use: every other way is a finding.
    """
    names = use_names(code)
    told: set[int] | None = None
    for node in code.nodes:
        if isinstance(node, ast.Call) and is_use(node.func, names):
            try:
                yield read_use(node, code.file)
            except Unreadable as unreadable:
                text = f"this use cannot be read: {unreadable}"
                yield unreadable_use(code.file, node.lineno, text)
        elif isinstance(node, ast.expr) and is_use(node, names) and id(node) not in code.calls:
            told = set(ids_of_annotations(code)) if told is None else told
            if id(node) not in told:
                text = "Use is handed on, so nobody can tell what is made of it"
                yield unreadable_use(code.file, node.lineno, text)
    yield from find_other_ways(code)
    yield from (
        unreadable_use(code.file, line, "Use is reached by its name in quotes")
        for text, line in code.texts
        if text == "Use" and code.file not in WORD_LISTS
    )


def find_other_ways(code: Code) -> Iterator[Finding]:
    """Yield each way to make or change a use that is no call of Use."""
    for node in code.nodes:
        if isinstance(node, ast.Name | ast.Attribute):
            if id(node) not in code.calls and code.full_name(node) in COPIERS:
                text = "what changes a copy is handed on, so nobody can tell what it changes"
                yield unreadable_use(code.file, node.lineno, text)
        elif isinstance(node, ast.Call):
            for text in other_ways_in(node, code):
                yield unreadable_use(code.file, node.lineno, text)


def other_ways_in(node: ast.Call, code: Code) -> Iterator[str]:
    fields = {each.arg for each in node.keywords}
    if code.full_name(node.func) in COPIERS and fields & {None, *FIELDS}:
        yield "a use may be changed here, and nobody can tell to what"
    if is_of_a_type(node, code):
        yield "something is made of another thing's type, so nobody can tell what"
    if sets_a_field(node):
        yield "a field of a use is set by its name in quotes"


def is_of_a_type(node: ast.Call, code: Code) -> bool:
    """Say whether `type(x)(…)` or `x.__class__(…)` makes something with as many parts as a use."""
    function = node.func
    is_type = (
        isinstance(function, ast.Call)
        and code.full_name(function.func) == "type"
        and [ast.unparse(each) for each in function.args] != ["self"]
    )
    is_class = isinstance(function, ast.Attribute) and function.attr == "__class__"
    given = [*node.args, *node.keywords]
    is_list = any(isinstance(each, ast.Starred) for each in node.args)
    fields = {each.arg for each in node.keywords}
    is_whole = len(given) >= PARTS_MIN or is_list or bool(fields & {None, *FIELDS})
    return (is_type or is_class) and is_whole


def sets_a_field(node: ast.Call) -> bool:
    """Say whether a call sets a field of something by its name, as of a use."""
    name = ast.unparse(node.func).rpartition(".")[2]
    return name in BY_NAME and bool({text_of(each) for each in node.args} & set(FIELDS))


def ids_of_annotations(code: Code) -> Iterator[int]:
    """Yield what stands where a type stands: nothing is made there."""
    for node in code.nodes:
        told = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        told += [node.slice] if isinstance(node, ast.Subscript) else []
        for each in told:
            if isinstance(each, ast.expr):
                yield from map(id, ast.walk(each))


def unreadable_use(file: str, line: int, text: str) -> Finding:
    return Finding(file, line, FindingKind.USE_UNREADABLE, text, REMEDY)


def use_names(code: Code) -> frozenset[str]:
    """Return the names under which this file imports Use."""
    return frozenset(
        alias.asname or "Use"
        for node in code.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in {"Use", "*"}
    )


def find_clause_names(code: Code) -> Iterator[NamedClause]:
    """Yield each clause that code names by `ClauseId("…")`: it counts on that clause."""
    for node in code.calls.values():
        if not node.args:
            continue
        told = node.args[0]
        is_name = code.full_name(node.func).rpartition(".")[2] == "ClauseId"
        if is_name and isinstance(told, ast.Constant) and isinstance(told.value, str):
            yield NamedClause(code.file, node.lineno, told.value)


def is_use(node: ast.expr, names: frozenset[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names
    return isinstance(node, ast.Attribute) and node.attr == "Use"


def read_use(node: ast.Call, file: str) -> FoundUse:
    if any(isinstance(each, ast.Starred) for each in node.args):
        message = "its arguments are a list"
        raise Unreadable(message)
    if any(keyword.arg is None for keyword in node.keywords):
        message = "its arguments are a mapping"
        raise Unreadable(message)
    given: dict[str, ast.expr] = dict(zip(FIELDS, node.args, strict=False))
    given |= {str(keyword.arg): keyword.value for keyword in node.keywords}
    return FoundUse(
        file=file,
        line=node.lineno,
        categories=frozenset(read_members(given, "categories", Category)),
        purpose=read_member(wanted(given, "purpose"), Purpose),
        about=read_member(wanted(given, "about"), SubjectKind),
        recipient=read_recipient(given.get("recipient")),
    )


def wanted(given: Mapping[str, ast.expr], field: str) -> ast.expr:
    if field not in given:
        message = f"{field} is missing"
        raise Unreadable(message)
    return given[field]


def read_members(given: Mapping[str, ast.expr], field: str, kind: type[Member]) -> Iterator[Member]:
    """Yield the members of `{A, B}` or `frozenset({A, B})`."""
    node = wanted(given, field)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "frozenset" and node.args:
        node = node.args[0]
    if not isinstance(node, ast.Set | ast.Tuple | ast.List) or not node.elts:
        message = f"{field} is not written out"
        raise Unreadable(message)
    for each in node.elts:
        yield read_member(each, kind)


def read_member(node: ast.expr, kind: type[Member]) -> Member:
    text = ast.unparse(node)
    owner, _, name = text.rpartition(".")
    if owner.rpartition(".")[2] != kind.__name__ or name not in kind.__members__:
        is_member = owner.rpartition(".")[2] == kind.__name__
        wrong = "is no member of" if is_member else "is not written out as a member of"
        message = f"{text} {wrong} {kind.__name__}"
        raise Unreadable(message)
    return kind[name]


def read_recipient(node: ast.expr | None) -> Recipient:
    """Read `PROVIDER`, `Recipient(RecipientClass.X, "name")` or `Recipient.from_text("…")`."""
    if node is None or ast.unparse(node).rpartition(".")[2] == "PROVIDER":
        return PROVIDER
    if isinstance(node, ast.Call):
        words = [each.value for each in node.args if isinstance(each, ast.Constant)]
        function = ast.unparse(node.func)
        if function.endswith("from_text") and words:
            return Recipient.from_text(str(words[0]))
        if function.rpartition(".")[2] == "Recipient" and node.args:
            kind = ast.unparse(node.args[0]).rpartition(".")[2]
            if kind in RecipientClass.__members__:
                return Recipient(RecipientClass[kind], str(words[0]) if words else "")
    message = f"the recipient {ast.unparse(node)} is not written out"
    raise Unreadable(message)
