"""Loading: a batch sent twice is stored once, what a crash left undone is made good."""

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

import clearline.reach.visitors
from clearline.kit.columnstore.client import ColumnStore, StoreDown
from clearline.kit.columnstore.migrate import is_current, migrate
from clearline.reach.visitors import load
from clearline.reach.visitors.event import Device, Kind, Part, ReferrerClass, StoredEvent

SCHEMA = Path(clearline.reach.visitors.__file__).parent / "schema"
NOON_MS = 1_795_521_600_000
HOUR_MS = 3_600_000


class Counts(NamedTuple):
    events: int
    views: int


def make_event(number: int, received_ms: int = NOON_MS) -> StoredEvent:
    return StoredEvent(
        id=2**64 - number,
        at_ms=received_ms - 5,
        day=20_781,
        kind=Kind.VIEW,
        page="/rates/",
        part=Part.RATES,
        service="",
        name="",
        device=Device.PHONE,
        referrer_class=ReferrerClass.DIRECT,
        referrer="",
        campaign="",
        visitor=0,
        starts=1,
        seconds=0,
        received_ms=received_ms,
    )


def test_a_batch_sent_twice_counts_once_in_events_and_in_sums(column_store: ColumnStore) -> None:
    migrate(column_store, SCHEMA)
    events = [make_event(number) for number in range(1, 501)]

    for _ in range(2):
        load.insert_events(column_store, events, token="a")

    (counts,) = column_store.query(
        "SELECT (SELECT count() FROM event), (SELECT sum(views) FROM popularity "
        "WHERE filter = '' AND thing = 'page' AND span = 1)",
        Counts,
    )
    assert counts == Counts(500, 500)


def test_what_was_stored_is_what_was_taken_in(column_store: ColumnStore) -> None:
    class Stored(NamedTuple):
        id: int
        at_ms: int
        day: int
        kind: str
        page: str
        device: str
        received_ms: int

    migrate(column_store, SCHEMA)
    event = msgspec.structs.replace(make_event(1), visitor=7)

    load.insert_events(column_store, [event], token="a")

    (stored,) = column_store.query(
        "SELECT id, toUnixTimestamp64Milli(at), toInt32(day), kind, page, device,"
        " toUnixTimestamp64Milli(received) FROM event",
        Stored,
    )
    assert stored == Stored(
        event.id, event.at_ms, event.day, "view", "/rates/", "phone", event.received_ms
    )


def test_the_ids_of_an_hour_are_those_received_in_it(column_store: ColumnStore) -> None:
    migrate(column_store, SCHEMA)
    moments = [NOON_MS - 1, NOON_MS, NOON_MS + HOUR_MS - 1, NOON_MS + HOUR_MS]
    load.insert_events(
        column_store, [make_event(n, ms) for n, ms in enumerate(moments, 1)], token="a"
    )

    ids, received_ms = load.ids_received(column_store, NOON_MS, NOON_MS + HOUR_MS)

    assert sorted(ids.tolist()) == [2**64 - 3, 2**64 - 2]
    assert sorted(received_ms.tolist()) == moments[1:3]


DAYS = (20_787, 20_788)  # the last of a month and the first of the next
FIRST_NOON_MS = NOON_MS + 7 * 24 * HOUR_MS
YESES = (  # id, day, page and visitor: one says it again and again, two more once
    *((number, DAYS[number % 2], "/rates/", 8) for number in range(301, 305)),
    (305, DAYS[1], "/rates/", 9),
    (306, DAYS[1], "/", 10),
)
SUMS = """
SELECT
    filter, value, thing, span, toInt32(start) AS start, agreed, name, sum(views) AS views,
    sum(starts) AS starts, sum(seconds) AS seconds, sum(yeses) AS yeses,
    uniqCombined64Merge(12)(people) AS people, uniqCombined64Merge(12)(said_yes) AS said_yes
FROM popularity
GROUP BY ALL
ORDER BY ALL
"""


class Sums(NamedTuple):
    filter: str
    value: str
    thing: str
    span: int
    start: int
    agreed: int
    name: str
    views: int
    starts: int
    seconds: int
    yeses: int
    people: int
    said_yes: int


def make_batch() -> list[StoredEvent]:
    kinds = (Kind.VIEW, Kind.TIME, Kind.SERVICE)
    yeses = [
        msgspec.structs.replace(
            make_event(number, FIRST_NOON_MS),
            day=day,
            kind=Kind.YES,
            page=page,
            visitor=visitor,
            starts=0,
        )
        for number, day, page, visitor in YESES
    ]
    acts = [
        msgspec.structs.replace(
            make_event(number, FIRST_NOON_MS),
            day=DAYS[number % 2],
            kind=kinds[number % 3],
            seconds=number if number % 3 == 1 else 0,
            service="home-line" if number % 3 == 2 else "",
            visitor=number % 7,
            campaign="spring" if number % 5 == 0 else "",
        )
        for number in range(1, 301)
    ]
    return [*acts, *yeses]


def sums_of(store: ColumnStore) -> tuple[Sums, ...]:
    return store.query(SUMS, Sums)


@pytest.mark.parametrize(
    "lost",
    [
        "ALTER TABLE event DELETE WHERE 1 SETTINGS mutations_sync = 1",
        "ALTER TABLE event DELETE WHERE day = toDate(20788) SETTINGS mutations_sync = 1",
        "ALTER TABLE popularity DELETE WHERE 1 SETTINGS mutations_sync = 1",
        "ALTER TABLE popularity DELETE WHERE span = 8 SETTINGS mutations_sync = 1",
        "ALTER TABLE popularity DELETE WHERE thing = 'service' SETTINGS mutations_sync = 1",
        "ALTER TABLE popularity UPDATE yeses = 0 WHERE 1 SETTINGS mutations_sync = 1",
    ],
)
def test_rows_whose_token_is_known_and_which_are_not_there_are_made_good(
    column_store: ColumnStore, lost: str
) -> None:
    """So a store leaves them that is killed between noting a token and keeping the rows."""
    migrate(column_store, SCHEMA)
    events = make_batch()
    load.insert_events(column_store, events, token="a")
    whole = sums_of(column_store)
    column_store.command(lost)
    load.insert_events(column_store, events, token="a")  # swallowed
    assert (sums_of(column_store) != whole) or load.find_missing(column_store, events)

    load.make_good(column_store, events, token="a")

    assert load.find_missing(column_store, events) == []
    assert sums_of(column_store) == whole


def test_making_good_what_is_whole_or_was_never_sent_counts_once(
    column_store: ColumnStore,
) -> None:
    migrate(column_store, SCHEMA)
    load.insert_events(column_store, [make_event(10_000, FIRST_NOON_MS)], token="b")
    events = make_batch()

    load.make_good(column_store, events, token="a")
    once = sums_of(column_store)
    load.make_good(column_store, events, token="a")
    load.insert_events(column_store, events, token="a")  # a dead loader's, still on its way

    assert sums_of(column_store) == once
    (counts,) = column_store.query("SELECT count(), uniqExact(id) FROM event", Counts)
    assert counts == Counts(307, 307)


def test_sums_whose_view_is_not_there_are_not_made_again_and_the_store_counts_as_down(
    column_store: ColumnStore,
) -> None:
    migrate(column_store, SCHEMA)
    load.insert_events(column_store, make_batch(), token="a")
    column_store.command("ALTER TABLE popularity DELETE WHERE 1 SETTINGS mutations_sync = 1")
    column_store.command("DROP VIEW popularity_of_event")

    with pytest.raises(StoreDown, match="view"):
        load.make_good(column_store, make_batch(), token="a")


def test_a_store_is_current_once_it_has_taken_every_file(column_store: ColumnStore) -> None:
    before = is_current(column_store, SCHEMA)
    migrate(column_store, SCHEMA)

    assert (before, is_current(column_store, SCHEMA)) == (False, True)


def test_sums_that_agree_are_left_alone(column_store: ColumnStore) -> None:
    migrate(column_store, SCHEMA)
    load.insert_events(column_store, make_batch(), token="a")
    days = {date(1970, 1, 1) + timedelta(days=day) for day in DAYS}

    assert load.restore_sums(column_store, days) == ()


def migrate_to(store: ColumnStore, last: int, directory: Path) -> None:
    """Bring a store to where an earlier release left it."""
    for step in sorted(SCHEMA.glob("*.sql"))[:last]:
        shutil.copy(step, directory)
    migrate(store, directory)


@pytest.mark.parametrize("last", [4, 5])
def test_sums_of_an_earlier_release_learn_who_said_yes_and_lose_nothing(
    column_store: ColumnStore, tmp_path: Path, last: int
) -> None:
    migrate_to(column_store, last, tmp_path)
    load.insert_events(column_store, make_batch(), token="a")
    days = {date(1970, 1, 1) + timedelta(days=day) for day in DAYS}

    migrate(column_store, SCHEMA)

    migrated = sums_of(column_store)
    assert {
        (row.start, row.value, row.said_yes)
        for row in migrated
        if row.thing == "page" and row.filter == "" and row.span == 1 and row.name == "/rates/"
    } == {(DAYS[0], "", 0), (DAYS[0], "", 1), (DAYS[1], "", 0), (DAYS[1], "", 2)}
    assert bool(load.restore_sums(column_store, days)) == (last == 4)  # it had no `yeses`
    column_store.command("ALTER TABLE popularity DELETE WHERE 1 SETTINGS mutations_sync = 1")
    load.restore_sums(column_store, days)
    anew = sums_of(column_store)
    assert without_yeses(migrated) == without_yeses(anew)
    assert max(row.said_yes for row in anew) == 3


def without_yeses(sums: Sequence[Sums]) -> list[Sums]:
    return [row._replace(yeses=0) for row in sums]


def test_a_step_broken_off_at_its_end_runs_again_and_counts_once(
    column_store: ColumnStore, tmp_path: Path
) -> None:
    migrate_to(column_store, 5, tmp_path)
    load.insert_events(column_store, make_batch(), token="a")
    migrate(column_store, SCHEMA)
    once = sums_of(column_store)
    column_store.command(
        "ALTER TABLE schema_step DELETE WHERE number = 6 SETTINGS mutations_sync = 1"
    )

    done = migrate(column_store, SCHEMA)

    assert [name[:4] for name in done] == ["0006"]
    assert sums_of(column_store) == once
    load.insert_events(column_store, [make_event(10_000, FIRST_NOON_MS)], token="b")
    assert sum(row.views for row in sums_of(column_store)) > sum(row.views for row in once)


def test_a_stretch_of_which_a_day_was_erased_is_not_begun_anew(
    column_store: ColumnStore, tmp_path: Path
) -> None:
    """Reports would take it for whole: it is gone since its first day is."""
    migrate_to(column_store, 5, tmp_path)
    load.insert_events(column_store, make_batch(), token="a")
    column_store.command("ALTER TABLE popularity DELETE WHERE span = 8 SETTINGS mutations_sync = 1")

    migrate(column_store, SCHEMA)

    assert {row.span for row in sums_of(column_store)} == {1}
