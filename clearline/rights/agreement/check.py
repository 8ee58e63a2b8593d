"""`clearline check`: the published text against the program, both ways. Pure over files."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from clearline.policy.compile import CompiledPolicy, asked_bits, compile_edition, covered_bits
from clearline.policy.edition import Clause, Edition
from clearline.policy.headings import PROMISES
from clearline.rights.agreement.columns import (
    FoundColumn,
    find_model_columns,
    find_sql_columns,
)
from clearline.rights.agreement.finding import Finding, FindingKind
from clearline.rights.agreement.outside import find_cookies, find_loads, find_script_reach
from clearline.rights.agreement.uses import (
    FoundUse,
    NamedClause,
    find_clause_names,
    find_uses,
)
from clearline.trust.consent.cookies import DECLARED

PACKAGE: Final = Path(__file__).parents[2]
# How code may name a declared cookie when it sets one.
COOKIE_NAMES: Final = {
    "CHOICES_COOKIE": "cl_choices",
    "choices_name": "cl_choices",
    "VISITOR_COOKIE": "cl_visitor",
    "visitor_name": "cl_visitor",
    "SESSION_COOKIE": "sessionid",
    "SESSION_COOKIE_NAME": "sessionid",
}
OUT_OF_SIGHT: Final = frozenset({"migrations", "__pycache__"})
SCRIPT_HOSTS: Final = frozenset({"www.w3.org"})  # names of XML vocabularies, never loaded


@dataclass(frozen=True, slots=True)
class Sources:
    """What the program says it does, found in its files."""

    uses: tuple[FoundUse, ...]
    named: tuple[NamedClause, ...]
    columns: tuple[FoundColumn, ...]
    cookies: tuple[tuple[str, str, int], ...]  # name, file, line
    findings: tuple[Finding, ...]  # what could not be read or is not declared


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far text and program agree. `uses_covered` of `uses_found` is the published figure."""

    findings: tuple[Finding, ...]
    uses_found: int
    uses_covered: int
    promises: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.findings


def check(edition: Edition, *, package: Path = PACKAGE) -> Agreement:
    """Return every disagreement between one edition and the program in `package`."""
    sources = read_sources(package)
    policy = compile_edition(edition)
    uncovered = [use for use in sources.uses if not clauses_for(use, policy)]
    findings = [
        *sources.findings,
        *map(use_without_clause, uncovered),
        *missing_clauses(sources.named, edition),
        *unused_clauses(sources, policy),
        *columns_without_clause(sources.columns, edition),
        *cookies_without_clause(sources.cookies, edition),
    ]
    promises = {clause.promise for clause in edition.clauses}
    return Agreement(
        findings=tuple(sorted(findings)),
        uses_found=len(sources.uses),
        uses_covered=len(sources.uses) - len(uncovered),
        promises=tuple(promise for promise in PROMISES if promise in promises),
    )


@cache
def agreement_of(policy: CompiledPolicy) -> Agreement:
    """Return the agreement of an edition in force; the running program does not change."""
    return check(policy.edition)


def read_sources(package: Path) -> Sources:
    """Read every file of the program. Nothing is imported or run."""
    uses: list[FoundUse] = []
    named: list[NamedClause] = []
    columns: list[FoundColumn] = []
    cookies: list[tuple[str, str, int]] = []
    findings: list[Finding] = []
    for path in files_of(package):
        file = str(path.relative_to(package.parent))
        for found in read_file(path, file):
            match found:
                case FoundUse():
                    uses.append(found)
                case NamedClause():
                    named.append(found)
                case FoundColumn():
                    columns.append(found)
                case Finding():
                    findings.append(found)
                case (name, line):
                    cookies.append((name, file, line))
    return Sources(tuple(uses), tuple(named), tuple(columns), tuple(cookies), tuple(findings))


def files_of(package: Path) -> Iterator[Path]:
    for path in sorted(package.rglob("*")):
        if path.is_file() and not OUT_OF_SIGHT & set(path.parts):
            yield path


def read_file(
    path: Path, file: str
) -> Iterator[FoundUse | NamedClause | FoundColumn | Finding | tuple[str, int]]:
    match path.suffix:
        case ".py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from find_uses(tree, file)
            yield from find_clause_names(tree, file)
            yield from find_model_columns(tree, file)
            yield from find_cookies(tree, file, COOKIE_NAMES)
        case ".sql":
            yield from find_sql_columns(path.read_text(encoding="utf-8"), file)
        case ".html" | ".css" | ".svg" | ".txt":
            yield from find_loads(path.read_text(encoding="utf-8"), file, SCRIPT_HOSTS)
        case ".js":
            yield from find_script_reach(path.read_text(encoding="utf-8"), file, SCRIPT_HOSTS)


def clauses_for(use: FoundUse, policy: CompiledPolicy) -> list[Clause]:
    """Return the clauses that could permit a use, whatever a person chose."""
    asked = asked_bits(use.categories)
    rows = policy.rows.get((use.purpose, use.recipient, use.about), ())
    return [row.clause for row in rows if asked & row.covers == asked]


def use_without_clause(use: FoundUse) -> Finding:
    categories = ", ".join(sorted(use.categories))
    text = f"no clause permits this use: {categories} for {use.purpose}, to {use.recipient}"
    remedy = "Write a clause that says so, or do not do it."
    return Finding(use.file, use.line, FindingKind.USE_WITHOUT_CLAUSE, text, remedy)


def missing_clauses(named: Iterable[NamedClause], edition: Edition) -> Iterator[Finding]:
    for each in named:
        if edition.find_clause(each.clause) is None:
            text = f"the program counts on clause {each.clause}, which the edition does not have"
            remedy = "Write that clause, or take out what rests on it."
            yield Finding(each.file, each.line, FindingKind.CLAUSE_MISSING, text, remedy)


def unused_clauses(sources: Sources, policy: CompiledPolicy) -> Iterator[Finding]:
    used = {clause.id for use in sources.uses for clause in clauses_for(use, policy)}
    for clause in policy.edition.clauses:
        if clause.id not in used:
            text = f"clause {clause.id} is used by nothing in the program"
            remedy = "Take it out, or mend its categories, purpose, recipients or about."
            file = policy.edition.source
            yield Finding(file, clause.line, FindingKind.CLAUSE_UNUSED, text, remedy)


def columns_without_clause(columns: Iterable[FoundColumn], edition: Edition) -> Iterator[Finding]:
    named = tuple(category for clause in edition.clauses for category in clause.categories)
    covered = covered_bits(named)
    for column in columns:
        if not asked_bits(frozenset({column.category})) & covered:
            text = f"column {column.name}: no clause speaks of {column.category}, nor for how long"
            remedy = "Write a clause with this category and its `kept`, or drop the column."
            kind = FindingKind.COLUMN_WITHOUT_CLAUSE
            yield Finding(column.file, column.line, kind, text, remedy)


def cookies_without_clause(
    cookies: Iterable[tuple[str, str, int]], edition: Edition
) -> Iterator[Finding]:
    declared = {cookie.name: cookie for cookie in DECLARED}
    for name, file, line in cookies:
        if name not in declared:
            text = f"cookie {name} is not declared"
            remedy = "Declare it in clearline/trust/consent/cookies.py, with its clause."
            yield Finding(file, line, FindingKind.COOKIE_UNDECLARED, text, remedy)
    for cookie in DECLARED:
        if edition.find_clause(cookie.clause) is None:
            text = f"cookie {cookie.name} rests on clause {cookie.clause}, which is not there"
            remedy = "Write that clause, or set the cookie no more."
            kind = FindingKind.COOKIE_WITHOUT_CLAUSE
            yield Finding(edition.source, 1, kind, text, remedy)
