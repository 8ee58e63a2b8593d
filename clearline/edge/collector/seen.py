"""The ids of the last 25 hours, so that an event which a client sends again counts once."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearline.reach.visitors.admit import AGE_MS_MAX, FUTURE_MS_MAX
from clearline.reach.visitors.event import StoredEvent

HOUR_MS: Final = 3_600_000
# An event whose moment lay ahead is admitted again until that moment, not its arrival, is too old.
WINDOW_HOURS: Final = -(-(AGE_MS_MAX + FUTURE_MS_MAX) // HOUR_MS)
IDS_MAX: Final = 64_000_000  # half a gigabyte
PIECES_MAX: Final = 32

Ids: TypeAlias = npt.NDArray[np.uint64]
NO_IDS: Final[Ids] = np.empty(0, np.uint64)

# Gives (id, received_ms) of the events stored between two moments, the second left out.
Fetch: TypeAlias = Callable[[int, int], tuple[Ids, npt.NDArray[np.int64]]]


class Hour:
    """The ids received in one hour: sorted pieces, joined when there are many."""

    __slots__ = ("pieces",)

    def __init__(self, ids: Ids = NO_IDS) -> None:
        self.pieces: list[Ids] = [np.sort(ids)] if len(ids) else []

    def __len__(self) -> int:
        return sum(map(len, self.pieces))

    def add(self, ids: Ids) -> None:
        self.pieces.append(np.sort(ids))
        if len(self.pieces) > PIECES_MAX:
            self.pieces = [np.sort(np.concatenate(self.pieces))]


class SeenIds:
    """Remembers ids by the hour they came in; an hour it does not know is asked of the store.

    It looks as far ahead as back, so that a clock that was set back changes nothing. When it
    would hold more than `ids_max`, the hours least used are forgotten: `forgot` counts them.
    """

    def __init__(self, fetch: Fetch, ids_max: int = IDS_MAX) -> None:
        self.fetch = fetch
        self.ids_max = ids_max
        self.hours: OrderedDict[int, Hour] = OrderedDict()
        self.forgot = 0

    def find_repeated(self, events: Sequence[StoredEvent]) -> list[int]:
        """Return the places in `events` of those that came before, there or in the store."""
        if not events:
            return []
        ids = np.fromiter((event.id for event in events), np.uint64, len(events))
        hours = {event.received_ms // HOUR_MS for event in events}
        repeated = np.ones(len(ids), np.bool_)
        repeated[np.unique(ids, return_index=True)[1]] = False  # the first of equals is new
        for pieces in self.around(hours):
            for piece in pieces:
                repeated |= is_among(piece, ids)
        return [int(place) for place in np.flatnonzero(repeated)]

    def add(self, events: Iterable[StoredEvent]) -> None:
        by_hour: dict[int, list[int]] = {}
        for event in events:
            by_hour.setdefault(event.received_ms // HOUR_MS, []).append(event.id)
        for number, ids in by_hour.items():
            self.hour(number).add(np.array(ids, np.uint64))
        self.forget_least_used()

    def around(self, hours: set[int]) -> Iterator[list[Ids]]:
        near = {
            hour + distance for hour in hours for distance in range(-WINDOW_HOURS, WINDOW_HOURS + 1)
        }
        self.learn(near)
        for number in near:
            yield self.hour(number).pieces

    def hour(self, number: int) -> Hour:
        self.learn({number})
        self.hours.move_to_end(number)
        return self.hours[number]

    def learn(self, hours: set[int]) -> None:
        """Ask the store for the hours that are not known yet, in as few questions as may be."""
        for start, end in stretches(hours - self.hours.keys()):
            ids, moments = self.fetch(start * HOUR_MS, end * HOUR_MS)
            numbers = moments // HOUR_MS
            for number in range(start, end):
                self.hours[number] = Hour(ids[numbers == number])

    def forget_least_used(self) -> None:
        held = sum(map(len, self.hours.values()))
        while held > self.ids_max and len(self.hours) > 1:
            _, hour = self.hours.popitem(last=False)
            held -= len(hour)
            self.forgot += 1
        while len(self.hours) > 8 * WINDOW_HOURS:
            self.hours.popitem(last=False)


def is_among(piece: Ids, ids: Ids) -> npt.NDArray[np.bool_]:
    """Return for each id whether it stands in the sorted piece."""
    places = np.searchsorted(piece, ids)
    places[places == len(piece)] = 0
    found: npt.NDArray[np.bool_] = piece[places] == ids
    return found


def stretches(hours: set[int]) -> Iterator[tuple[int, int]]:
    """Yield runs of consecutive hours as (first, behind the last)."""
    ordered = sorted(hours)
    start = 0
    for place, hour in enumerate(ordered):
        if place + 1 == len(ordered) or ordered[place + 1] != hour + 1:
            yield ordered[start], hour + 1
            start = place + 1
