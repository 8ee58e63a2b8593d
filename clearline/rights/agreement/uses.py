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
from clearline.rights.agreement.finding import Finding, FindingKind

# Use's fields in their order, so that a use written by position is read as well.
FIELDS: Final = ("by", "subject", "categories", "purpose", "about", "recipient")
REMEDY: Final = "Write members of the vocabulary out: Purpose.X, {Category.Y}, SubjectKind.Z."

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


def find_uses(tree: ast.Module, file: str) -> Iterator[FoundUse | Finding]:
    """Yield each use of one file, or a finding where it cannot be read."""
    names = use_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_use(node.func, names):
            try:
                yield read_use(node, file)
            except Unreadable as unreadable:
                text = f"this use cannot be read: {unreadable}"
                yield Finding(file, node.lineno, FindingKind.USE_UNREADABLE, text, REMEDY)


def use_names(tree: ast.Module) -> frozenset[str]:
    """Return the names under which this file knows Use: `Use`, and any `as` of it."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "Use"
    }
    renamed = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and is_use(node.value, frozenset(imported))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return frozenset(imported | renamed)


def find_clause_names(tree: ast.Module, file: str) -> Iterator[NamedClause]:
    """Yield each clause that code names by `ClauseId("…")`: it counts on that clause."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        told = node.args[0]
        is_name = ast.unparse(node.func).rpartition(".")[2] == "ClauseId"
        if is_name and isinstance(told, ast.Constant) and isinstance(told.value, str):
            yield NamedClause(file, node.lineno, told.value)


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
        message = f"{text} is no member of {kind.__name__}"
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
