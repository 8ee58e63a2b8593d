"""What the loader asks of the event table: put a batch in once, and which ids came in when."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from clearline.kit.columnstore.client import ColumnStore
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
