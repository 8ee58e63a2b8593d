"""Loading: a batch sent twice is stored once, and the ids that came in can be asked for."""

from pathlib import Path
from typing import NamedTuple

import msgspec

import clearline.reach.visitors
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
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
