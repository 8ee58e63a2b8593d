"""What the loader asks of the event tables: put a batch in once, make good, which ids came when."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from clearline.kit.columnstore.client import ColumnStore, Parameter, StoreDown
from clearline.reach.visitors import statements
from clearline.reach.visitors.event import StoredEvent

SCHEMA: Final = Path(__file__).parent / "schema"
TABLE: Final = "event"
# In the order of StoredEvent; moments and days travel as plain numbers.
COLUMNS: Final = (
    *("id", "at", "day", "kind", "page", "part", "service", "name", "device"),
    *("referrer_class", "referrer", "campaign", "visitor", "starts", "seconds", "received"),
)
DAY_MS: Final = 24 * 3_600_000
IDS_S_MAX: Final = 60.0
EPOCH: Final = date(1970, 1, 1)
SPAN_DAYS: Final = 8
SENDS_MAX: Final = 5
REBUILD_S_MAX: Final = 600.0
OF_EVENT: Final = re.compile(r"FROM \S*\bevent\b")
SLICES: Final = 16  # a day's sums are made again in so many parts, each of which fits into memory

# An event is at most a day old when it comes, and a day is a day in some time zone: three days
# back at most, which is what keeps this to the newest rows of the table.
IDS: Final = """
SELECT id, toUnixTimestamp64Milli(received) AS received_ms
FROM event
WHERE day BETWEEN toDate({first_day:Int32}) AND toDate({last_day:Int32})
  AND received >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
  AND received < fromUnixTimestamp64Milli({end:Int64}, 'UTC')
"""
ID_ROW: Final = np.dtype([("id", "<u8"), ("received_ms", "<i8")])


def insert_events(store: ColumnStore, events: Sequence[StoredEvent], *, token: str) -> None:
    """Put a batch into the store; sent again under its token it changes nothing.

    Raises StoreError: then it may or may not have happened, and is sent again.
    """
    rows = [msgspec.structs.astuple(event) for event in events]
    store.insert(TABLE, rows, columns=COLUMNS, token=token)


def ids_received(
    store: ColumnStore, start_ms: int, end_ms: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Return id and moment of receipt of what came in from `start_ms` up to `end_ms`.

    Raises StoreError.
    """
    found = store.query_records(
        IDS,
        ID_ROW,
        {
            "first_day": start_ms // DAY_MS - 3,
            "last_day": end_ms // DAY_MS + 1,
            "start": start_ms,
            "end": end_ms,
        },
        seconds_max=IDS_S_MAX,
    )
    return found["id"], found["received_ms"]


class Running(NamedTuple):
    inserts: int


class SumOf(NamedTuple):
    """A stretch of days: its length in days, and its first."""

    span: int
    start: date


class View(NamedTuple):
    select: str


def make_good(store: ColumnStore, events: Sequence[StoredEvent], *, token: str) -> None:
    """Bring a batch to where one whole insert would have brought it, whatever became of the first.

    A store that is killed between noting a token and keeping the rows under it swallows every
    repetition: so it is looked which rows are there, and whether the sums of their days agree
    with them. Takes the time of a few reports. Raises StoreError: then call it again.
    """
    require_quiet(store)
    for number in range(SENDS_MAX):
        missing = find_missing(store, events)
        if not missing:
            break
        # The same token first: what a dead loader sent may still be on its way.
        insert_events(store, missing, token=token if number == 0 else f"{token}-{number}")
    else:
        message = "The column store does not keep what it is sent. Visits wait in the journal."
        raise StoreDown(message)
    restore_sums(store, {EPOCH + timedelta(days=event.day) for event in events})


def make_days_good(store: ColumnStore, today: date) -> None:
    """Make the sums of the days that a batch may be of agree with their events.

    For a loader that begins and cannot know what the one before it left undone. Raises StoreError.
    """
    require_quiet(store)
    restore_sums(store, {today + timedelta(days=days) for days in (-2, -1, 0, 1)})


def require_quiet(store: ColumnStore) -> None:
    """Raise StoreDown while an insert runs, perhaps one that a dead loader sent."""
    (running,) = store.query(statements.RUNNING, Running)
    if running.inserts:
        message = "An earlier insert still runs. Visits wait in the journal."
        raise StoreDown(message)


def find_missing(store: ColumnStore, events: Sequence[StoredEvent]) -> list[StoredEvent]:
    """Return the events that the store does not have."""
    if not events:
        return []
    moments = [event.received_ms for event in events]
    stored, _ = ids_received(store, min(moments), max(moments) + 1)
    known = frozenset(stored.tolist())
    return [event for event in events if event.id not in known]


def restore_sums(store: ColumnStore, days: set[date]) -> tuple[SumOf, ...]:
    """Make the sums of these days agree with their events and return which did not.

    Nothing else may insert meanwhile. Raises StoreError: then call it again.
    """
    if not days:
        return ()
    blocks = {day - timedelta(days=(day - EPOCH).days % SPAN_DAYS) for day in days}
    asked = [SumOf(1, day) for day in days] + [SumOf(SPAN_DAYS, block) for block in blocks]
    params = params_of(asked)
    differing = store.query(statements.DIFFERING, SumOf, params, seconds_max=IDS_S_MAX)
    if differing:
        params = params_of(differing)
        store.command(statements.ERASE_STRETCHES, params, seconds_max=REBUILD_S_MAX)
        view = next(iter(store.query(statements.VIEW, View)), None)
        if view is None:
            message = "The view that sums visits is not there. Visits wait in the journal."
            raise StoreDown(message)
        select = OF_EVENT.sub(lambda _: statements.SLICE_OF_EVENT, view.select, count=1)
        for number in range(SLICES):
            store.command(
                statements.MAKE_STRETCHES.replace("{view}", select),
                {**params, "slices": SLICES, "slice": number},
                seconds_max=REBUILD_S_MAX,
            )
    return differing


def params_of(sums: Sequence[SumOf]) -> dict[str, Parameter]:
    ends = [each.start + timedelta(days=each.span - 1) for each in sums]
    return {
        "first": min(each.start for each in sums),
        "last": max(ends),
        "days": sorted({each.start.isoformat() for each in sums if each.span == 1}),
        "blocks": sorted({each.start.isoformat() for each in sums if each.span == SPAN_DAYS}),
    }
