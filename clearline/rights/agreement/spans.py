"""How long the program keeps things, as code says it, against what a clause promises."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from clearline.policy.edition import Edition
from clearline.policy.retention import Retention
from clearline.rights.agreement.code import Code, text_of
from clearline.rights.agreement.finding import Finding, FindingKind

DAY_S: Final = 86_400
UNITS: Final = frozenset({"days", "hours", "minutes", "seconds", "weeks"})


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """How long one kind of ledger entry can be read, and the clause that promises an end of it."""

    file: str
    line: int
    kind: str
    clause: str
    kept_s: int


def seconds_in(node: ast.expr) -> int | None:
    """Return the length of `timedelta(days=2)` in seconds, or None if not told."""
    match node:
        case ast.Call(func=function, keywords=keywords) if ast.unparse(function).endswith(
            "timedelta"
        ):
            told = {str(each.arg): number_in(each.value) for each in keywords}
            if told.keys() <= UNITS and None not in told.values():
                return int(timedelta(**told).total_seconds())  # type: ignore[arg-type]
    return None


def number_in(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int() as number):
            return number
    return None


def find_spans(code: Code) -> Iterator[FoundSpan | Finding]:
    """Yield how long each kind of ledger entry is kept, where its clause does not rule that."""
    for node in code.tree.body:
        if isinstance(node, ast.ClassDef):
            yield from span_in(node, code)


def span_in(node: ast.ClassDef, code: Code) -> Iterator[FoundSpan | Finding]:
    told = {
        ast.unparse(each.target): each.value
        for each in node.body
        if isinstance(each, ast.AnnAssign) and each.value is not None
    }
    if "kind" not in told:
        return
    name, kept = text_of(told["kind"]), told.get("kept")
    clause = clause_in(told.get("rests_on"))
    if is_none(kept) and clause:
        return  # as long as the clause says
    kept_s = None if kept is None else retention_s(kept)
    if kept_s is None or clause is None or not name:
        text = f"ledger entry {node.name} does not say which clause it rests on, and how long"
        remedy = (
            'Write rests_on as ClauseId("…") or None, kept as Retention.from_text("…") or None.'
        )
        yield Finding(code.file, node.lineno, FindingKind.KEPT_TOO_LONG, text, remedy)
    elif clause:
        yield FoundSpan(code.file, node.lineno, name, clause, kept_s)


def clause_in(node: ast.expr | None) -> str | None:
    """Return the clause of `ClauseId("staff.acts")`, "" for a written None, or None if not told."""
    if is_none(node):
        return ""
    match node:
        case ast.Call(func=ast.Name(id="ClauseId"), args=[ast.Constant(value=str() as clause)]):
            return clause
    return None


def is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def retention_s(node: ast.expr) -> int | None:
    """Return the length of `Retention.from_text("3 years")` in seconds, or None if not told."""
    match node:
        case ast.Call(func=function, args=[ast.Constant(value=str() as text)]) if (
            ast.unparse(function) == "Retention.from_text"
        ):
            try:
                return Retention.from_text(text).days_at_most * DAY_S
            except ValueError:
                return None
    return None


def kept_longer(
    edition: Edition, clause_id: str, kept_s: int, what: str, place: tuple[str, int]
) -> Iterator[Finding]:
    """Yield a finding when something outlives what its clause promises: both places are named."""
    clause = edition.find_clause(clause_id)
    if clause is None or kept_s <= clause.kept.days_at_most * DAY_S:
        return
    file, line = place
    text = (
        f"clause {clause_id} keeps for {clause.kept}, but {what} lasts {kept_s // DAY_S} days "
        f"({file}:{line})"
    )
    remedy = "Promise what the program does, or let it go sooner."
    yield Finding(edition.source, clause.line, FindingKind.KEPT_TOO_LONG, text, remedy)
