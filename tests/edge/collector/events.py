"""Events and journals for the tests of the loader."""

import secrets
from collections.abc import Iterable

from clearline.edge.collector.journal import Journal
from clearline.edge.collector.record import Kept, Tally, to_bytes
from clearline.reach.visitors.event import Device, Kind, Part, ReferrerClass, StoredEvent

NOON_MS = 1_795_521_600_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def make_event(*, number: int | None = None, received_ms: int = NOON_MS) -> StoredEvent:
    return StoredEvent(
        id=secrets.randbits(64) if number is None else number,
        at_ms=received_ms,
        day=received_ms // DAY_MS,
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


def keep(journal: Journal, *events: StoredEvent, clause: str = "visits.count") -> None:
    """Write events to a journal as the collector does: one record for each request."""
    journal.write([to_bytes(Kept("2026-11-01", clause, (event,))) for event in events])


def tally(journal: Journal, **counts: int) -> None:
    journal.write([to_bytes(Tally(counts))])


def ids(events: Iterable[StoredEvent]) -> set[int]:
    return {event.id for event in events}
