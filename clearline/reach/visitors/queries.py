"""The popularity report, read from events one by one while they are few, else from their sums."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from clearline.kit.columnstore.client import ColumnStore, Parameter
from clearline.policy.vocabulary import ClauseId, SubjectId
from clearline.reach.visitors import statements
from clearline.reach.visitors.event import PARTS
from clearline.reach.visitors.floor import (
    People,
    Told,
    to_breakdown,
    to_days,
    to_folded,
    to_totals,
)
from clearline.reach.visitors.load import EPOCH, SPAN_DAYS
from clearline.reach.visitors.report import (
    BREAKDOWN_ROWS_MAX,
    GROUP_MIN,
    NOTHING,
    ROWS_MAX,
    Breakdown,
    Count,
    Day,
    Limits,
    Listing,
    Named,
    Population,
    Precision,
    Report,
    ReportQuery,
    Row,
    Side,
    Thing,
    Totals,
    days_between,
)
from clearline.trust.gate.permit import Permit

SPREAD_MAX: Final = 2**32 - 1
SAMPLE_OF: Final = 10
READS_AT_ONCE: Final = 2
DEFAULT_LIMITS: Final = Limits()


class SizeRow(NamedTuple):
    is_now: int
    events: int


class FirstRow(NamedTuple):
    day: date


class DayRow(NamedTuple):
    day: date
    agreed: int
    views: int
    visits: int
    people: int
    seconds: int
    said_yes: int

    @property
    def sums(self) -> Count:
        known = Count(self.views, self.visits, self.people, self.seconds, said_yes=self.said_yes)
        others = (self.visits, self.views, self.seconds)
        return known if self.agreed else Count(self.views, self.visits, 0, self.seconds, *others)


class PeopleRow(NamedTuple):
    is_now: int
    people: int = 0
    said_yes: int = 0


class ApartRow(NamedTuple):
    """One value told apart, or all others of its side together."""

    side: str
    is_apart: int
    name: str
    parent: str
    names: int
    views: int
    visits: int
    people: int
    seconds: int
    declined: int
    declined_views: int
    declined_seconds: int
    said_yes: int
    views_before: int
    visits_before: int
    people_before: int
    seconds_before: int
    declined_before: int
    declined_views_before: int
    declined_seconds_before: int
    said_yes_before: int

    @property
    def named(self) -> Named:
        now = Count(
            self.views,
            self.visits,
            self.people,
            self.seconds,
            self.declined,
            self.declined_views,
            self.declined_seconds,
            self.said_yes,
        )
        before = Count(
            self.views_before,
            self.visits_before,
            self.people_before,
            self.seconds_before,
            self.declined_before,
            self.declined_views_before,
            self.declined_seconds_before,
            self.said_yes_before,
        )
        return Named(self.name, now, before, self.parent)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the figures of a report: which tables, how many of the events."""

    query: ReportQuery
    precision: Precision
    wide_from: date = date.max
    has_both: bool = True  # whether both populations are read

    @property
    def is_of_sums(self) -> bool:
        return self.precision is Precision.ABOUT

    @property
    def told(self) -> Told:
        return Told(
            has_time=self.query.has_time,
            has_rest=not self.query.search,
            scale=SAMPLE_OF if self.precision is Precision.SAMPLE else 1,
            population=self.query.population,
            is_paired=self.is_paired,
        )

    @property
    def is_paired(self) -> bool:
        return self.has_both and self.query.population is not Population.ALL

    def params(self, *, rows_max: int, search: str = "") -> Mapping[str, Parameter]:
        query = self.query
        params: dict[str, Parameter] = {
            "start": query.start.isoformat(),
            "first": query.start_before.isoformat(),
            "end": query.end.isoformat(),
            "population": str(Population.ALL if self.has_both else query.population),
            "told": str(query.population),
            "is_paired": int(self.is_paired),
            "thing": str(query.thing),
            "order": str(query.order),
            "search": search,
            "rows_max": rows_max,
            "group_min": GROUP_MIN,
            "firsts": list(PARTS),
            "parts": [str(part) for part in PARTS.values()],
        }
        if self.is_of_sums:
            ((side, value),) = query.filters.items() or (("", ""),)
            blocks, days = stretches(query, self.wide_from)
            return params | {
                "filter": str(side),
                "value": value,
                "blocks": blocks,
                "days": days,
            }
        is_sample = self.precision is Precision.SAMPLE
        return params | {
            "part": query.part,
            "device": query.device,
            "referrer_class": query.referrer_class,
            "referrer": query.referrer,
            "campaign": query.campaign,
            "spread_max": SPREAD_MAX // SAMPLE_OF if is_sample else SPREAD_MAX,
        }


def popularity_report(
    store: ColumnStore,
    query: ReportQuery,
    *,
    permits: Mapping[SubjectId, Permit],
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> Report:
    """Return which pages or services were visited most, compared with the period before.

    Demands a permit for each population that is read. Where one is asked for, the other is read
    too if it is permitted: their figures must not give each other away. Raises Denied,
    PermitExpired, StoreDown, StoreOverloaded, StoreRefused.
    """
    reads = query.reads_beside if query.reads_beside.keys() <= permits.keys() else query.reads
    for subject, categories in reads.items():
        for category in categories:
            permits[subject].demand(subject=subject, category=category, now=now)
    clauses = tuple(permits[subject].clause for subject in query.reads)
    has_both = reads == query.reads_beside
    return read_report(store, query, clauses=clauses, limits=limits, has_both=has_both)


def read_report(
    store: ColumnStore,
    query: ReportQuery,
    *,
    clauses: tuple[ClauseId, ...] = (),
    limits: Limits = DEFAULT_LIMITS,
    has_both: bool = True,
) -> Report:
    """Return the figures alone, for `popularity_report` and for benches of made-up visits."""
    reading, reading_of_sides = choose_readings(store, query, limits, has_both=has_both)
    with ThreadPoolExecutor(READS_AT_ONCE) as reads:  # the store answers several at once
        reading_names = reads.submit(read_names, store, reading)
        reading_people = reads.submit(read_people, store, reading)
        days = read_days(store, reading)
        sides = read_sides(store, reading_of_sides)
        people, names = reading_people.result(), reading_names.result()
    told = reading.told
    totals = totals_of((row for row in days if row.day >= query.start), people[1], told)
    if totals.all.views is None:  # else it would be what is told and the rest
        told = told.without_rest()
    whole = People(people[1].people, people[0].people)
    breakdowns = breakdowns_of(sides, reading_of_sides, days, told, whole)
    parts = None
    if query.thing is Thing.PAGE:
        parts = parents_of(breakdowns, Side.PART)
    elif not query.search:  # which does not count the names that it leaves out
        names = with_nameless(names, days, reading, None)
    folded = to_folded(names, told, ROWS_MAX, parts, whole)
    before_end = query.start - timedelta(days=1)
    return Report(
        query=query,
        rows=folded.rows,
        rest=folded.rest,
        folded_rows=folded.names,
        totals=totals,
        before=totals_of((row for row in days if row.day < query.start), people[0], told),
        days=days_of(days_between(query.start, query.end), days, told, whole.now),
        days_before=days_of(days_between(query.start_before, before_end), days, told, whole.before),
        breakdowns=breakdowns,
        precision=reading.precision,
        breakdowns_precision=reading_of_sides.precision,
        clauses=clauses,
    )


def choose_readings(
    store: ColumnStore, query: ReportQuery, limits: Limits, *, has_both: bool
) -> tuple[Reading, Reading]:
    """Return how to read the report, and how its breakdowns, which cut by one side more."""

    def reading(precision: Precision, wide_from: date = date.max) -> Reading:
        return Reading(query, precision, wide_from, has_both)

    params = reading(Precision.EXACT).params(rows_max=ROWS_MAX)
    sizes = store.query(statements.SIZE, SizeRow, params)
    events = max((row.events for row in sizes), default=0)
    if events < limits.exact_events_max:
        return reading(Precision.EXACT), reading(Precision.EXACT)
    raw = Precision.EXACT if events < limits.raw_events_max else Precision.SAMPLE
    if len(query.filters) > 1 or query.referrer:  # sums know the referrer of no page
        return reading(raw), reading(raw)
    (first,) = store.query(statements.WIDE_FROM, FirstRow)
    about = reading(Precision.ABOUT, first.day)
    return about, reading(raw) if query.filters else about


def stretches(query: ReportQuery, wide_from: date) -> tuple[list[str], list[str]]:
    """Return the first days of the stretches of 8 days inside either period, and all other days."""
    blocks: list[str] = []
    days: list[str] = []
    for first, last in (
        (query.start_before, query.start - timedelta(days=1)),
        (query.start, query.end),
    ):
        day = first
        while day <= last:
            is_first = (day - EPOCH).days % SPAN_DAYS == 0 and day >= wide_from
            if is_first and day + timedelta(days=SPAN_DAYS - 1) <= last:
                blocks.append(day.isoformat())
                day += timedelta(days=SPAN_DAYS)
            else:
                days.append(day.isoformat())
                day += timedelta(days=1)
    return blocks, days


def read_days(store: ColumnStore, reading: Reading) -> tuple[DayRow, ...]:
    sql = statements.DAYS_OF_SUMS if reading.is_of_sums else statements.DAYS_OF_EVENTS
    return store.query(sql, DayRow, reading.params(rows_max=ROWS_MAX))


def read_people(store: ColumnStore, reading: Reading) -> dict[int, PeopleRow]:
    """Return who came in the period, under 1, and in the one before, under 0."""
    sql = statements.PEOPLE_OF_SUMS if reading.is_of_sums else statements.PEOPLE_OF_EVENTS
    rows = store.query(sql, PeopleRow, reading.params(rows_max=ROWS_MAX))
    return {0: PeopleRow(0), 1: PeopleRow(1)} | {row.is_now: row for row in rows}


def read_names(store: ColumnStore, reading: Reading) -> Listing:
    sql = statements.NAMES_OF_SUMS if reading.is_of_sums else statements.NAMES_OF_EVENTS
    params = reading.params(rows_max=ROWS_MAX, search=reading.query.search)
    return to_listing(store.query(sql, ApartRow, params), reading.query)


def read_sides(store: ColumnStore, reading: Reading) -> tuple[ApartRow, ...]:
    sql = statements.SIDES_OF_SUMS if reading.is_of_sums else statements.SIDES_OF_EVENTS
    return store.query(sql, ApartRow, reading.params(rows_max=BREAKDOWN_ROWS_MAX + 1))


def breakdowns_of(
    rows: Sequence[ApartRow],
    reading: Reading,
    days: Sequence[DayRow],
    told: Told,
    people: People,
) -> tuple[Breakdown, ...]:
    """Return the visits by each side that is not filtered already."""
    of_sides = reading.told if told.has_rest else reading.told.without_rest()
    found: list[Breakdown] = []
    listings = {
        side: to_listing([row for row in rows if row.side == side], reading.query)
        for side in Side
        if side not in reading.query.filters
    }
    if reading.is_of_sums:
        classes = listings.get(Side.REFERRER_CLASS)
        listings = {
            side: with_nameless(listing, days, reading, classes if side is Side.REFERRER else None)
            for side, listing in listings.items()
        }
    for side, listing in listings.items():
        parents = parents_of(found, Side.REFERRER_CLASS) if side is Side.REFERRER else None
        found.append(to_breakdown(side, listing, of_sides, parents, people))
    return tuple(found)


def parents_of(breakdowns: Iterable[Breakdown], side: Side) -> dict[str, Row] | None:
    """Return what is told of one side by name, None where the report is not split by it."""
    told = {each.side: each.rows for each in breakdowns}
    return {row.name: row for row in told[side]} if side in told else None


def to_listing(rows: Iterable[ApartRow], query: ReportQuery) -> Listing:
    """Return the rows, the greatest first; an empty name told apart belongs to no row."""
    named: list[Named] = []
    others: list[Named] = []
    nameless: list[Named] = []
    others_names = 0
    for row in rows:
        if not row.is_apart:
            others.append(row.named)
            others_names += row.names
        elif row.name:
            named.append(row.named)
        else:
            nameless.append(row.named)
    sizes = {each.key: each.now.of(query.population) for each in named}
    named.sort(
        key=lambda each: (
            -getattr(sizes[each.key], query.order),
            -sizes[each.key].views,
            each.key,
        )
    )
    return Listing(tuple(named), tuple(others), others_names, tuple(nameless))


def with_nameless(
    listing: Listing, days: Sequence[DayRow], reading: Reading, parents: Listing | None
) -> Listing:
    """Return the listing with what is in the whole, or in one of the parents, and in no name.

    Sums do not keep it. When it is too small to be left over it joins the others.
    """
    others, nameless = list(listing.others), list[Named]()
    if parents is None:
        query = reading.query
        now = [row.sums for row in days if row.day >= query.start]
        before = [row.sums for row in days if row.day < query.start]
        wholes = [("", now, before)]
    else:
        wholes = [(each.name, [each.now], [each.before]) for each in parents.named]
        unnamed = [each.now for each in parents.others], [each.before for each in parents.others]
        wholes.append(("", *unnamed))  # of the parents that are not told apart
    names = {name for name, *_ in wholes}
    for parent, now, before in wholes:
        told = [
            each
            for each in (*listing.named, *listing.others)
            if parent == (each.parent if each.parent in names else "")
        ]
        found = Named(
            "",
            left_over(now, sum((each.now for each in told), NOTHING)),
            left_over(before, sum((each.before for each in told), NOTHING)),
            parent,
        )
        (others if reading.told.is_few(found.now) else nameless).append(found)
    return Listing(listing.named, tuple(others), listing.others_names, tuple(nameless))


def left_over(whole: Iterable[Count], told: Count) -> Count:
    """Return what of a whole is not told, with a person for each visit: sums know no better.

    A service that is opened inside a page is viewed more often than its page: then nothing is left.
    Who said yes under a name may have said it without one too: where there is a view all count.
    """
    total = sum(whole, NOTHING)
    views = max(0, total.views - told.views)
    visits = max(0, total.visits - told.visits)
    declined = max(0, total.declined - told.declined)
    return Count(
        views,
        visits,
        max(0, visits - declined),
        max(0, total.seconds - told.seconds),
        declined,
        max(0, total.declined_views - told.declined_views),
        max(0, total.declined_seconds - told.declined_seconds),
        total.said_yes if views else 0,
    )


def totals_of(rows: Iterable[DayRow], who: PeopleRow, told: Told) -> Totals:
    agreed, declined = NOTHING, NOTHING
    for row in rows:
        if row.agreed:
            agreed += row.sums
        else:
            declined += row.sums
    whole = Count(agreed.views, agreed.visits, who.people, agreed.seconds, said_yes=who.said_yes)
    return to_totals(whole, declined, told)


def days_of(
    dates: Sequence[date], rows: Iterable[DayRow], told: Told, people: int
) -> tuple[Day, ...]:
    counts = dict.fromkeys(dates, NOTHING)
    for row in rows:
        if row.day in counts:
            counts[row.day] += row.sums
    return to_days(list(counts.items()), told, people)
