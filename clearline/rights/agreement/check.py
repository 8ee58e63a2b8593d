"""`clearline check`: the published text against the program, both ways."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Final

from clearline.policy.compile import CompiledPolicy, asked_bits, compile_edition, covered_bits
from clearline.policy.condition import Atom, AtomKind, alternatives
from clearline.policy.edition import Clause, Edition, Form
from clearline.policy.headings import ASKED_BY_LAW, PROMISES
from clearline.policy.vocabulary import ChoiceName, RecipientClass
from clearline.rights.agreement.cookies import DECLARATIONS, FoundCookie, SetCookie
from clearline.rights.agreement.finding import Finding, FindingKind
from clearline.rights.agreement.running import find_in_settings
from clearline.rights.agreement.schema import FoundColumn
from clearline.rights.agreement.sources import PACKAGE, Sources, read_files, read_sources
from clearline.rights.agreement.spans import DAY_S, FoundSpan, kept_longer
from clearline.rights.agreement.stored import FoundField, fields_without_column
from clearline.rights.agreement.tables import find_live_columns
from clearline.rights.agreement.uses import FoundUse, NamedClause
from clearline.trust.consent.cookies import VISITOR_COOKIE

SESSION_CONSTANT: Final = "SESSION_COOKIE"  # set by Django's own middleware
# Visits that the image tells of lie among all others, and go when these clauses say.
TELLS_OF_VISITS: Final = "visits.beacon"
KEEP_VISITS: Final = frozenset({"visits.measure", "visits.count"})
# The clause by which a browser is recognised, and what it may require.
RECOGNISES: Final = VISITOR_COOKIE.clauses[0]
SAID_YES: Final = Atom(AtomKind.CHOICE, ChoiceName.MEASUREMENT)
SAID_NO_NO: Final = Atom(AtomKind.UNLESS, ChoiceName.MEASUREMENT)
# A finding of these kinds is a place that needs a clause and that no clause can cover.
PLACES_UNREADABLE: Final = frozenset(
    {FindingKind.USE_UNREADABLE, FindingKind.COLUMN_UNDECLARED, FindingKind.COOKIE_UNDECLARED}
)
Place = FoundUse | NamedClause | FoundColumn | FoundCookie


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far text and program agree. `places_covered` of `places_found` is the published figure.

    A place is a use of personal data, a column that holds some, a cookie, or a clause by name.
    """

    findings: tuple[Finding, ...]
    places_found: int
    places_covered: int
    promises: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.findings


def check(edition: Edition, *, files: Mapping[str, str] | None = None) -> Agreement:
    """Return every disagreement between one edition and the program, as `files` have it."""
    program = read_files(PACKAGE) if files is None else files
    sources = read_sources(program)
    policy = compile_edition(edition)
    uses = sources.all_of(FoundUse)
    uncovered = set(places_without_clause(sources, policy))
    unused = set(unused_clauses(uses, policy))
    findings = {
        *find_without_edition(program, sources),
        *uncovered,
        *unused,
        *wide_clauses(uses, sources.all_of(FoundColumn), policy),
        *kept_too_long(sources, edition),
        *form_unlike_clause(edition),
        *statements_missing(edition),
    }
    places = places_in(sources)
    bare = lines_bare(places, edition, uncovered, unused)
    unreadable = sum(finding.kind in PLACES_UNREADABLE for finding in findings)
    promises = {clause.promise for clause in edition.clauses}
    return Agreement(
        findings=tuple(sorted(findings)),
        places_found=len(places) + unreadable,
        places_covered=sum((place.file, place.line) not in bare for place in places),
        promises=tuple(promise for promise in PROMISES if promise in promises),
    )


def places_without_clause(sources: Sources, policy: CompiledPolicy) -> Iterator[Finding]:
    yield from uses_without_clause(sources.all_of(FoundUse), policy)
    yield from missing_clauses(sources.all_of(NamedClause), policy.edition)
    yield from columns_without_clause(sources.all_of(FoundColumn), policy.edition)
    yield from cookies_without_clause(sources.all_of(FoundCookie), policy.edition)


def places_in(sources: Sources) -> tuple[Place, ...]:
    """Return each place that needs a clause; a cookie's own clause is named with the cookie."""
    return (
        *sources.all_of(FoundUse),
        *(each for each in sources.all_of(NamedClause) if each.file != DECLARATIONS),
        *sources.all_of(FoundColumn),
        *sources.all_of(FoundCookie),
    )


def lines_bare(
    places: Iterable[Place], edition: Edition, uncovered: set[Finding], unused: set[Finding]
) -> set[tuple[str, int]]:
    """Return where no clause covers a place, or where one is named that nothing rests on."""
    idle = {finding.line for finding in unused}
    named = (each for each in places if isinstance(each, NamedClause))
    return {(each.file, each.line) for each in uncovered} | {
        (each.file, each.line) for each in named if line_of_clause(edition, each) in idle
    }


def form_unlike_clause(edition: Edition) -> Iterator[Finding]:
    """Yield a finding when people are told of another rule than the one that recognises them."""
    clause = edition.find_clause(RECOGNISES)
    if clause is None:
        return  # told as missing already
    ways = list(alternatives(clause.requires))
    if all(SAID_YES in way for way in ways):
        needed = Form.ACCEPT
    elif all(SAID_YES in way or SAID_NO_NO in way for way in ways):
        needed = Form.NOTICE
    else:
        text = f"clause {clause.id} recognises people whatever they answer"
        remedy = f"Write requires = {SAID_YES} (accept) or {SAID_NO_NO} (notice)."
        yield Finding(edition.source, clause.line, FindingKind.FORM_UNLIKE_CLAUSE, text, remedy)
        return
    if edition.form is not needed:
        text = f'form = "{edition.form}", but clause {clause.id} requires {clause.requires_text}'
        remedy = f'Write form = "{needed}", or another condition in the clause.'
        yield Finding(edition.source, clause.line, FindingKind.FORM_UNLIKE_CLAUSE, text, remedy)


def statements_missing(edition: Edition) -> Iterator[Finding]:
    for key in ASKED_BY_LAW:
        if not edition.statements.get(key):
            text = f"the edition does not say what the law asks under `{key}` of [statements]"
            remedy = f"Write {key} = [ … ] there, as the default edition does."
            yield Finding(edition.source, 1, FindingKind.STATEMENT_MISSING, text, remedy)


def line_of_clause(edition: Edition, named: NamedClause) -> int | None:
    clause = edition.find_clause(named.clause)
    return clause.line if clause else None


@cache
def agreement_of(policy: CompiledPolicy) -> Agreement:
    """Return the agreement of an edition in force; the running program does not change."""
    return check(policy.edition)


def find_without_edition(
    files: Mapping[str, str] | None = None, sources: Sources | None = None
) -> tuple[Finding, ...]:
    """Return what is wrong with the program whatever the edition says, or if it cannot be read."""
    program = read_files(PACKAGE) if files is None else files
    found = sources or read_sources(program)
    cookies = found.all_of(FoundCookie)
    known = {(each.file, each.line, each.kind) for each in found.all_of(Finding)}
    live = (
        each
        for each in find_live_columns(program)
        if (each.file, each.line, each.kind) not in known
    )
    every = {
        *found.all_of(Finding),
        *live,
        *find_in_settings(program, cookies),
        *cookies_undeclared(cookies, found.all_of(SetCookie)),
        *columns_without_use(found),
        *fields_without_column(found.all_of(FoundField), found.all_of(FoundColumn)),
    }
    return tuple(sorted(every))


def clauses_for(use: FoundUse, policy: CompiledPolicy) -> list[Clause]:
    """Return the clauses that could permit a use, whatever a person chose."""
    asked = asked_bits(use.categories)
    rows = policy.rows.get((use.purpose, use.recipient, use.about), ())
    return [row.clause for row in rows if asked & row.covers == asked]


def uses_without_clause(uses: Iterable[FoundUse], policy: CompiledPolicy) -> Iterator[Finding]:
    for use in uses:
        if not clauses_for(use, policy):
            what = what_is_missing(use, policy)
            text = f"no clause permits this use: {what} for {use.purpose}, to {use.recipient}"
            remedy = "Write a clause that says so, or do not do it."
            yield Finding(use.file, use.line, FindingKind.USE_WITHOUT_CLAUSE, text, remedy)


def what_is_missing(use: FoundUse, policy: CompiledPolicy) -> str:
    """Return the categories that the nearest clause leaves out, all of them where none is near."""
    rows = policy.rows.get((use.purpose, use.recipient, use.about), ())
    left_out = [
        (sorted(c for c in use.categories if asked_bits(frozenset({c})) & ~row.covers), row.clause)
        for row in rows
    ]
    if not left_out:
        return ", ".join(sorted(use.categories))
    missing, nearest = min(left_out, key=lambda each: len(each[0]))
    rest = len(use.categories) - len(missing)
    if not rest:
        return ", ".join(missing)
    return f"{', '.join(missing)} (clause {nearest.id} has the other {rest})"


def missing_clauses(named: Iterable[NamedClause], edition: Edition) -> Iterator[Finding]:
    for each in named:
        if edition.find_clause(each.clause) is None:
            text = f"the program counts on clause {each.clause}, which the edition does not have"
            remedy = "Write that clause, or take out what rests on it."
            yield Finding(each.file, each.line, FindingKind.CLAUSE_MISSING, text, remedy)


def unused_clauses(uses: Iterable[FoundUse], policy: CompiledPolicy) -> Iterator[Finding]:
    used = {clause.id for use in uses for clause in clauses_for(use, policy)}
    for clause in policy.edition.clauses:
        if clause.id not in used:
            text = f"clause {clause.id} is used by nothing in the program"
            remedy = "Take it out, or mend its categories, purpose, recipients or about."
            file = policy.edition.source
            yield Finding(file, clause.line, FindingKind.CLAUSE_UNUSED, text, remedy)


def wide_clauses(
    uses: Iterable[FoundUse], columns: Iterable[FoundColumn], policy: CompiledPolicy
) -> Iterator[Finding]:
    """Yield what a clause in use says beyond it: a category or recipient that nothing needs."""
    needed = {column.category for column in columns}
    for clause in policy.edition.clauses:
        served = [use for use in uses if clause in clauses_for(use, policy)]
        if not served:
            continue  # told as unused already
        asked = asked_bits(frozenset(needed.union(*(use.categories for use in served))))
        got = {use.recipient for use in served}
        # What people get of their own is no disclosure, so it needs no use.
        extra = [f"category {c}" for c in clause.categories if not asked & covered_bits((c,))]
        extra += [
            f"recipient {each}"
            for each in clause.recipients
            if each not in got and each.kind is not RecipientClass.SUBJECT
        ]
        for what in extra:
            text = f"clause {clause.id} names {what}, which nothing in the program needs"
            file = policy.edition.source
            remedy = "Take it out: the policy says what the program does, and no more."
            yield Finding(file, clause.line, FindingKind.CLAUSE_TOO_WIDE, text, remedy)


def columns_without_clause(columns: Iterable[FoundColumn], edition: Edition) -> Iterator[Finding]:
    named = tuple(category for clause in edition.clauses for category in clause.categories)
    covered = covered_bits(named)
    for column in columns:
        if not asked_bits(frozenset({column.category})) & covered:
            text = f"column {column.name}: no clause speaks of {column.category}, nor for how long"
            remedy = "Write a clause with this category and its `kept`, or drop the column."
            kind = FindingKind.COLUMN_WITHOUT_CLAUSE
            yield Finding(column.file, column.line, kind, text, remedy)


def columns_without_use(sources: Sources) -> Iterator[Finding]:
    """Yield each column of a category that its own room never asks the gate for."""
    asked: dict[str, set[str]] = {}
    for use in sources.all_of(FoundUse):
        asked.setdefault(room_of(use.file), set()).update(use.categories)
    for column in sources.all_of(FoundColumn):
        room = room_of(column.file)
        if column.category not in asked.get(room, set()):
            text = f"column {column.name}: nothing in {room} asks the gate for {column.category}"
            remedy = "Write the Use that needs it, with its clause, or drop the column."
            kind = FindingKind.COLUMN_WITHOUT_USE
            yield Finding(column.file, column.line, kind, text, remedy)


def room_of(file: str) -> str:
    return "/".join(file.split("/")[:2])


def cookies_without_clause(cookies: Iterable[FoundCookie], edition: Edition) -> Iterator[Finding]:
    for cookie in cookies:
        for clause in cookie.clauses:
            if edition.find_clause(clause) is None:
                text = f"cookie {cookie.name} rests on clause {clause}, which is not there"
                remedy = "Write that clause, or set the cookie no more."
                kind = FindingKind.COOKIE_WITHOUT_CLAUSE
                yield Finding(cookie.file, cookie.line, kind, text, remedy)


def cookies_undeclared(
    cookies: tuple[FoundCookie, ...], places: tuple[SetCookie, ...]
) -> Iterator[Finding]:
    declared = {cookie.constant: cookie for cookie in cookies}
    for place in places:
        if place.constant not in declared:
            text = f"cookie {place.constant} is not declared"
            remedy = "Declare it in clearline/trust/consent/cookies.py, with its clause."
            yield Finding(place.file, place.line, FindingKind.COOKIE_UNDECLARED, text, remedy)
    for constant in declared.keys() - {place.constant for place in places} - {SESSION_CONSTANT}:
        cookie = declared[constant]
        text = f"cookie {cookie.name} is declared, and nothing sets it"
        remedy = "Take it out of the list, so that the table of cookies is true."
        yield Finding(cookie.file, cookie.line, FindingKind.COOKIE_UNUSED, text, remedy)


def kept_too_long(sources: Sources, edition: Edition) -> Iterator[Finding]:
    """Yield what outlives the clause it rests on: cookies, entries of the ledger, visits told."""
    of_cookies = (
        kept_longer(edition, clause, each.lifetime_s, f"cookie {each.name}", (each.file, each.line))
        for each in sources.all_of(FoundCookie)
        for clause in each.clauses
    )
    of_entries = (
        kept_longer(edition, each.clause, each.kept_s, f"entry {each.kind}", (each.file, each.line))
        for each in sources.all_of(FoundSpan)
    )
    of_visits = (
        kept_longer(
            edition,
            TELLS_OF_VISITS,
            each.kept.days_at_most * DAY_S,
            f"what it tells, kept under {each.id},",
            (edition.source, each.line),
        )
        for each in edition.clauses
        if each.id in KEEP_VISITS
    )
    yield from chain(*of_cookies, *of_entries, *of_visits)
