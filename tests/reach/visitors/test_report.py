"""The popularity report equals plain counting, from events and from sums, and names no few."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearline.reach.visitors
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
from clearline.reach.visitors import load
from clearline.reach.visitors.event import Device, Kind, Part, ReferrerClass, StoredEvent, part_of
from clearline.reach.visitors.queries import stretches
from clearline.reach.visitors.report import (
    BREAKDOWN_ROWS_MAX,
    GROUP_MIN,
    UNTOLD,
    Count,
    Figures,
    Limits,
    Named,
    Order,
    Population,
    Precision,
    Report,
    ReportQuery,
    Side,
    Thing,
    WrongQuery,
    days_between,
)
from tests.reach.visitors.permitted import popularity_report
from tests.reach.visitors.test_floor import is_small

SCHEMA = Path(clearline.reach.visitors.__file__).parent / "schema"
EPOCH = date(1970, 1, 1)
FIRST = date(2026, 9, 1)
LAST = date(2026, 10, 31)
PLACES = [
    ("/", Part.HOME, ""),
    ("/rates/", Part.RATES, ""),
    ("/services/fibre/", Part.SERVICES, "fibre"),
    ("/services/voice/", Part.SERVICES, "voice"),
    ("/help/faxes/", Part.HELP, ""),
    ("/help/a'b/", Part.HELP, "fax"),
]
CAME_FROM = [
    (ReferrerClass.DIRECT, ""),
    (ReferrerClass.SEARCH, "google.com"),
    (ReferrerClass.SOCIAL, "x.com"),
    (ReferrerClass.OTHER, "example.org"),
]
SUMS = Limits(exact_events_max=0)
EVENTS = Limits()


def make_events(seed: int, number: int) -> list[StoredEvent]:
    """Return differing events of two months, some of them of rare pages and few people."""
    rng = random.Random(seed)
    days = days_between(FIRST, LAST)
    events = []
    for _ in range(number):
        page, part, service = rng.choices(PLACES, weights=[40, 20, 15, 10, 2, 1])[0]
        kinds = [Kind.VIEW, Kind.TIME, Kind.SERVICE, Kind.CUSTOM, Kind.YES]
        kind = rng.choices(kinds, [60, 30, 8, 2, 1])[0]
        referrer_class, referrer = rng.choices(CAME_FROM, [70, 20, 8, 2])[0]
        visitor = rng.choice([0, 0, rng.randint(1, 2**63), *range(1, 8)])
        if kind is Kind.YES:  # who says it is recognised from then on
            visitor = visitor or rng.randint(1, 8)
        day = (rng.choice(days) - EPOCH).days
        events.append(
            StoredEvent(
                id=rng.getrandbits(64),
                at_ms=day * 86_400_000 + rng.randrange(86_400_000),
                day=day,
                kind=kind,
                page=page,
                part=part,
                service=service or ("fibre" if kind is Kind.SERVICE else ""),
                name="act" if kind is Kind.CUSTOM else "",
                device=rng.choices(list(Device), [60, 4, 36, 1])[0],
                referrer_class=referrer_class,
                referrer=referrer,
                campaign=rng.choices(["", "autumn", "spring"], [80, 19, 1])[0],
                visitor=visitor,
                starts=int(rng.random() < 0.3 and kind in {Kind.VIEW, Kind.SERVICE}),
                seconds=rng.randint(1, 300) if kind is Kind.TIME else 0,
                received_ms=day * 86_400_000 + rng.randrange(86_400_000),
            )
        )
    return events


@pytest.fixture
def store(column_store: ColumnStore) -> ColumnStore:
    migrate(column_store, SCHEMA)
    return column_store


# What follows counts in the plainest way: one event after the other, no sketches, no sums.


@dataclass
class Plain:
    """The answer to one query by plain counting."""

    query: ReportQuery
    events: list[StoredEvent]

    def __post_init__(self) -> None:
        for side, value in self.query.filters.items():
            self.events = [event for event in self.events if getattr(event, side) == value]

    def on(self, start: date, end: date) -> list[StoredEvent]:
        low, high = (start - EPOCH).days, (end - EPOCH).days
        return [event for event in self.events if low <= event.day <= high]

    def now(self) -> list[StoredEvent]:
        return self.on(self.query.start, self.query.end)

    def before(self) -> list[StoredEvent]:
        return self.on(self.query.start_before, self.query.start - timedelta(days=1))


def count_of(events: Iterable[StoredEvent], viewing: Sequence[Kind]) -> Count:
    known = [*viewing, Kind.TIME, Kind.YES]
    some = [event for event in events if event.kind in known]
    views = [event for event in some if event.kind in viewing]
    return Count(
        views=len(views),
        visits=sum(event.starts for event in views),
        people=len({event.visitor for event in some if event.kind is not Kind.TIME} - {0}),
        seconds=sum(event.seconds for event in some),
        declined=sum(event.starts for event in views if event.visitor == 0),
        declined_views=sum(event.visitor == 0 for event in views),
        declined_seconds=sum(event.seconds for event in some if event.visitor == 0),
        said_yes=len({event.visitor for event in some if event.kind is Kind.YES}),
    )


def named_by(plain: Plain, column: str, viewing: Sequence[Kind]) -> dict[str, Named]:
    names = {str(getattr(event, column)) for event in plain.now() + plain.before()}
    return {
        name: Named(
            name,
            count_of((e for e in plain.now() if getattr(e, column) == name), viewing),
            count_of((e for e in plain.before() if getattr(e, column) == name), viewing),
        )
        for name in names
    }


def small_names(named: dict[str, Named], population: Population) -> set[str]:
    """Return the names of groups under five, and the next ones while together they are.

    Of one of two populations also those whose other part is, and the next ones while either part
    of them together is, or while there is only one.
    """
    small = small_names_of_all(named)
    if population is Population.ALL:
        return small
    few = small | {each.name for each in named.values() if any(map(is_small, each.now.parts))}
    small, together = set(few), sum((named[name].now for name in few), Count())
    rest = [each for each in named.values() if each.name not in few]
    for each in sorted(rest, key=lambda each: (least_part(each.now), each.name.encode())):
        is_alone = sum(named[name].now.views > 0 for name in small) == 1
        if is_alone or any(map(is_small, together.parts)):
            small.add(each.name)
            together += each.now
    return small | {each.name for each in named.values() if each.now.of(population).size < 5}


def least_part(count: Count) -> int:
    return min((part.size for part in count.parts if part.views), default=0)


def small_names_of_all(named: dict[str, Named]) -> set[str]:
    small: set[str] = set()
    together = Count()
    for each in sorted(named.values(), key=lambda each: (each.now.size, each.name.encode())):
        if each.now.size < GROUP_MIN or is_small(together):
            small.add(each.name)
            together += each.now
    return small


def assert_rows(report: Report, plain: Plain) -> None:
    column = str(report.query.thing)
    viewing = [Kind.VIEW] if report.query.thing is Thing.PAGE else [Kind.VIEW, Kind.SERVICE]
    named = named_by(plain, column, viewing)
    named.pop("", None)
    of = report.query.population
    small, hidden = small_names(named, of), set[str]()
    parts = [each for each in report.breakdowns if each.side is Side.PART]
    if parts and report.query.thing is Thing.PAGE:  # what a part lacks is told by the others in it
        within = {part: {n: named[n] for n in named if part_of(n) is part} for part in Part}
        small = set().union(*(small_names(each, of) for each in within.values()))
        told_parts = {row.name for row in parts[0].rows}
        hidden = {name for name in named if part_of(name) not in told_parts}
    search = report.query.search.lower()
    shown = {name for name in named if name not in small | hidden and search in name.lower()}
    assert {row.name for row in report.rows} == shown
    for row in report.rows:
        assert row.figures.views == named[row.name].now.of(of).views
        assert_told(row.figures, named[row.name].now.of(of), has_time=report.query.has_time)
        assert_told(row.before, named[row.name].before.of(of), has_time=report.query.has_time)
    rest = sum((named[name].now for name in named if name not in shown), Count())
    if not search:
        assert report.rest in {rest.of(of).views, None}
        if of is Population.ALL:
            assert (report.rest is None) == is_small(rest)
        else:
            assert report.rest is None or not any(map(is_small, (rest, *rest.parts)))
    told = named if not search else set(named) - small  # a search tells nothing of small groups
    seen = {name for name in told if named[name].now.of(of).views and search in name.lower()}
    assert report.folded_rows == len(seen - shown)


def assert_told(figures: Figures, count: Count, *, has_time: bool) -> None:
    """What is told is what was counted, and no group under five is told."""
    if figures.views is not None:
        assert figures.views == count.views
        assert not is_small(count)
        mean = round(count.seconds / count.views, 1) if has_time and count.views else None
        assert figures.seconds_mean == mean
    else:
        assert figures == Figures(None, None, None, None)
    if figures.visits is not None:
        assert figures.visits == count.visits
        assert not 0 < count.visits < GROUP_MIN
    if figures.people is not None:
        assert figures.people == count.people
        assert count.people >= GROUP_MIN


def assert_totals(report: Report, plain: Plain) -> None:
    has_time, population = report.query.has_time, report.query.population
    for totals, events in ((report.totals, plain.now()), (report.before, plain.before())):
        agreed = count_of((event for event in events if event.visitor), [Kind.VIEW])
        declined = count_of((event for event in events if not event.visitor), [Kind.VIEW])
        assert_told(totals.all, (agreed + declined).of(population), has_time=has_time)
        assert_told(totals.agreed, agreed, has_time=has_time)
        assert_told(totals.declined, declined, has_time=has_time)
        if population is Population.ALL and (agreed + declined).size >= GROUP_MIN:
            assert totals.all.views == agreed.views + declined.views
        if is_small(agreed) or is_small(declined):
            assert {totals.agreed.views, totals.declined.views} <= {None, 0}
        elif population is Population.ALL:
            assert (totals.agreed.views, totals.declined.views) == (agreed.views, declined.views)
        else:
            apart = {Population.AGREED: totals.agreed, Population.DECLINED: totals.declined}
            assert apart.pop(population) == totals.all
            assert (totals.all.views, *apart.values()) == (
                (agreed + declined).of(population).views,
                UNTOLD,
            )


def assert_days(report: Report, plain: Plain) -> None:
    of = report.query.population
    assert [day.date for day in report.days] == list(
        days_between(report.query.start, report.query.end)
    )
    assert len(report.days_before) == len(report.days)
    for day in (*report.days, *report.days_before):
        count = count_of(plain.on(day.date, day.date), [Kind.VIEW]).of(report.query.population)
        assert_told(day.figures, count, has_time=report.query.has_time)
    assert [day.figures.views for day in report.days if day.figures.views] != [] or all(
        small_names({"": Named("", count_of(plain.on(day.date, day.date), [Kind.VIEW]))}, of)
        for day in report.days
    )


def assert_breakdowns(report: Report, plain: Plain) -> None:
    of = report.query.population
    assert {each.side for each in report.breakdowns} == set(Side) - set(report.query.filters)
    for breakdown in report.breakdowns:
        named = named_by(plain, str(breakdown.side), [Kind.VIEW])
        assert len(breakdown.rows) <= BREAKDOWN_ROWS_MAX
        has_time = report.query.has_time and breakdown.side in {Side.PART, Side.DEVICE}
        for row in breakdown.rows:
            assert row.name
            assert row.figures.views == named[row.name].now.of(of).views
            assert_told(row.figures, named[row.name].now.of(of), has_time=has_time)
            assert_told(row.before, named[row.name].before.of(of), has_time=has_time)
        shown = {row.name for row in breakdown.rows} | {""}
        left = sum((each.now.of(of) for each in named.values() if each.name not in shown), Count())
        nameless = named.get("", Named("")).now.of(of)
        if breakdown.rest is not None:
            assert breakdown.rest == 0 or breakdown.rest >= GROUP_MIN
            assert breakdown.rest in {left.views, left.views + nameless.views}


def assert_equals_plain(report: Report, events: list[StoredEvent]) -> None:
    plain = Plain(report.query, events)
    assert_rows(report, plain)
    assert_totals(report, plain)
    assert_days(report, plain)
    assert_breakdowns(report, plain)


WHOLE = ReportQuery(start=date(2026, 10, 1), end=date(2026, 10, 30))
QUERIES = [
    WHOLE,
    replace(WHOLE, thing=Thing.SERVICE),
    replace(WHOLE, start=date(2026, 10, 7), end=date(2026, 10, 7)),
    replace(WHOLE, start=date(2026, 10, 3), end=date(2026, 10, 20), order=Order.PEOPLE),
    replace(WHOLE, population=Population.AGREED),
    replace(WHOLE, population=Population.DECLINED, thing=Thing.SERVICE),
    replace(WHOLE, part="help"),
    replace(WHOLE, device="tablet"),
    replace(WHOLE, referrer_class="search"),
    replace(WHOLE, campaign="spring"),
    replace(WHOLE, campaign="autumn", thing=Thing.SERVICE, population=Population.AGREED),
    replace(WHOLE, search="HELP"),
    replace(WHOLE, search="a'b"),
    replace(WHOLE, search="%"),
]
COMBINED = [
    replace(WHOLE, part="services", device="phone"),
    replace(WHOLE, device="computer", referrer_class="direct", campaign="autumn"),
    replace(WHOLE, part="home", device="phone", thing=Thing.SERVICE),
    replace(WHOLE, referrer="google.com"),
    replace(WHOLE, referrer="google.com", referrer_class="search", device="phone"),
]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_report_from_events_equals_plain_counting(store: ColumnStore, seed: int) -> None:
    events = make_events(seed, 4000 if seed == 1 else 400)
    load.insert_events(store, events, token="a")

    for query in (*QUERIES, *COMBINED):
        report = popularity_report(store, query)

        assert report.precision is Precision.EXACT
        assert_equals_plain(report, events)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_report_from_sums_equals_plain_counting_of_few_people(
    store: ColumnStore, seed: int
) -> None:
    events = make_events(seed, 4000 if seed == 1 else 400)
    # Below about a hundred people the sketches count exactly.
    events = [msgspec.structs.replace(event, visitor=event.visitor % 61) for event in events]
    load.insert_events(store, events[:300], token="a")
    load.insert_events(store, events[300:], token="b")

    for query in QUERIES:
        report = popularity_report(store, query, limits=SUMS)

        assert report.precision is Precision.ABOUT
        assert_equals_plain(report, events)


@pytest.mark.parametrize("limits", [EVENTS, SUMS], ids=["events", "sums"])
@pytest.mark.parametrize("order", list(Order))
def test_rows_come_in_the_order_asked_for(store: ColumnStore, order: Order, limits: Limits) -> None:
    events = make_events(6, 4000)
    events = [msgspec.structs.replace(event, visitor=event.visitor % 61) for event in events]
    load.insert_events(store, events, token="a")

    report = popularity_report(store, replace(WHOLE, order=order), limits=limits)

    named = named_by(Plain(report.query, events), "page", [Kind.VIEW])
    counted = [getattr(named[row.name].now, order) for row in report.rows]
    assert counted == sorted(counted, reverse=True)
    assert len(counted) > 1


def test_pages_of_one_referring_site_are_told_of_many_events_too(store: ColumnStore) -> None:
    events = [
        msgspec.structs.replace(event, visitor=event.visitor and event.id)
        for event in make_events(4, 20_000)
    ]
    load.insert_events(store, events, token="a")
    query = replace(WHOLE, referrer="google.com")

    raw = popularity_report(store, query, limits=SUMS)
    sample = popularity_report(store, query, limits=Limits(0, 0))

    assert (raw.precision, sample.precision) == (Precision.EXACT, Precision.SAMPLE)
    assert_equals_plain(raw, events)
    assert sample.rows


def test_both_ways_tell_the_same_views_visits_and_time(store: ColumnStore) -> None:
    events = make_events(3, 5000)
    yeses = [event for event in events if event.kind is Kind.YES]
    again = [
        msgspec.structs.replace(event, id=event.id ^ number)
        for number in range(1, 4)
        for event in yeses
    ]
    load.insert_events(store, [*events, *again], token="a")

    for query in QUERIES:
        exact = popularity_report(store, query)
        about = popularity_report(store, query, limits=SUMS)

        assert without_people(about) == without_people(exact)


def without_people(report: Report) -> list[tuple[object, ...]]:
    rows = [*report.rows, *(row for each in report.breakdowns for row in each.rows)]
    return [
        (row.name, row.parent, each.views, each.visits, each.seconds_mean)
        for row in sorted(rows, key=lambda row: (row.name, row.parent))
        for each in (row.figures, row.before)
    ]


def test_combined_filters_over_many_events_are_told_from_a_sample(store: ColumnStore) -> None:
    # Many people: a sample takes all that one did or nothing, so few would make it coarse.
    events = [
        msgspec.structs.replace(event, visitor=event.visitor and event.id)
        for event in make_events(4, 20_000)
    ]
    load.insert_events(store, events, token="a")

    report = popularity_report(
        store, COMBINED[0], limits=Limits(exact_events_max=0, raw_events_max=0)
    )

    assert report.precision is Precision.SAMPLE
    plain = count_of(Plain(COMBINED[0], events).now(), [Kind.VIEW])
    assert report.totals.all.views is not None
    assert report.totals.all.views % 10 == 0
    assert report.totals.all.views == pytest.approx(plain.views, rel=0.4)


def test_an_empty_store_gives_an_empty_report(store: ColumnStore) -> None:
    for limits in (EVENTS, SUMS):
        report = popularity_report(store, WHOLE, limits=limits)

        assert report.rows == ()
        assert report.rest == 0
        assert report.totals.all == Figures(0, 0, None, None)


HOSTILE = [
    "' OR 1=1 --",
    "\\' UNION ALL SELECT 1",
    "{start:Date}",
    "<script>alert(1)</script>",
    "%_\\",
    "\t\n\r",
    "\u202e\ufeff🎈",
    "x" * 256,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_finds_nothing_and_breaks_nothing(store: ColumnStore, text: str) -> None:
    load.insert_events(store, make_events(5, 100), token="a")

    for limits in (EVENTS, SUMS):
        for column in ("referrer", "campaign", "search"):
            query = replace(WHOLE, **{column: text})  # type: ignore[arg-type]  # all three are texts
            report = popularity_report(store, query, limits=limits)

            assert report.rows == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": date(2026, 11, 1), "end": date(2026, 10, 1)},
        {"start": date(2020, 1, 1), "end": date(2026, 1, 1)},
        {"start": date.min, "end": date.min},
        {"start": date.max, "end": date.max},
        {"search": "a\0b"},
        {"part": "x" * 257},
        {"device": "toaster"},
        *({column: text} for column in ("part", "device", "referrer_class") for text in HOSTILE),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(WrongQuery):
        replace(WHOLE, **wrong)  # type: ignore[arg-type]  # wrong on purpose


@given(
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(1, 400),
    wide_from=st.dates(date(2019, 1, 1), date(2030, 1, 1)),
)
def test_stretches_hold_each_day_of_both_periods_once(
    start: date, days: int, wide_from: date
) -> None:
    query = ReportQuery(start, start + timedelta(days=days - 1))

    blocks, single = stretches(query, wide_from)

    found = Counter(map(date.fromisoformat, single))
    for block in map(date.fromisoformat, blocks):
        assert block >= wide_from
        assert (block - EPOCH).days % 8 == 0
        assert (block < query.start) == (block + timedelta(days=7) < query.start)
        found.update(days_between(block, block + timedelta(days=7)))
    assert found == Counter(days_between(query.start_before, query.end))
