"""A ceiling on how many different names one day may bring, so that nobody can flood the reports."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final, TypeAlias

import msgspec

from clearline.reach.visitors.event import StoredEvent, part_of

NAMES_MAX: Final = 20_000
# That one network (/24, /48) may be the first to bring. The site's own names do not count, and what
# many people come by somebody else has brought: a telephone company's whole exit stays below it.
OF_NETWORK_MAX: Final = 500
DAYS_MAX: Final = 3  # today, the day before, and one more around midnight
# What stands for all the rest, by column.
OVERFLOW: Final = {
    "page": "/other",
    "service": "other",
    "name": "other",
    "referrer": "other",
    "campaign": "other",
}


Known: TypeAlias = Mapping[str, Collection[str]]
NOTHING_KNOWN: Final[Known] = {}


class DayNames:
    """The names that each column had on one day, as far as this process saw them."""

    __slots__ = ("brought", "names_max", "of_network_max", "seen", "together")

    def __init__(self, names_max: int, of_network_max: int) -> None:
        self.names_max = names_max
        self.of_network_max = of_network_max
        self.seen: dict[str, set[str]] = {column: {""} for column in OVERFLOW}
        self.brought: Counter[str] = Counter()  # new names, by the network they came from
        # Names that came together before: one look tells that all five are known.
        self.together: set[tuple[str, ...]] = set()

    def keep(self, event: StoredEvent, network: str | None, known: Known) -> StoredEvent:
        names = (event.page, event.service, event.name, event.referrer, event.campaign)
        if names in self.together:
            return event
        kept = tuple(
            name if name in known.get(column, ()) else self.keep_name(column, name, network)
            for column, name in zip(OVERFLOW, names, strict=True)
        )
        if kept == names:
            if len(self.together) < self.names_max:
                self.together.add(names)
            return event
        part = event.part if kept[0] == event.page else part_of(kept[0])
        return msgspec.structs.replace(event, part=part, **dict(zip(OVERFLOW, kept, strict=True)))

    def keep_name(self, column: str, name: str, network: str | None) -> str:
        seen = self.seen[column]
        if name in seen:
            return name
        if len(seen) > self.names_max:
            return OVERFLOW[column]
        if network:  # one that cannot be told is nobody's
            if self.brought[network] >= self.of_network_max:
                return OVERFLOW[column]
            self.brought[network] += 1
        seen.add(name)
        return name


class Names:
    """The ceilings of the days that events can be of: a client may say when they happened.

    `known` are the site's own names by column; they always pass, so that no flood hides a page.
    """

    __slots__ = ("days", "known", "names_max", "of_network_max")

    def __init__(self, names_max: int = NAMES_MAX, *, of_network_max: int = OF_NETWORK_MAX) -> None:
        self.names_max = names_max
        self.of_network_max = of_network_max
        self.known = NOTHING_KNOWN
        self.days: dict[int, DayNames] = {}

    def forget_networks(self) -> None:
        """Forget who brought how many names; the names themselves stay known."""
        for of_day in self.days.values():
            of_day.brought.clear()

    def keep(self, event: StoredEvent, network: str | None = None) -> StoredEvent:
        """Return the event with the names for which its day still has room.

        `network` is the cut address that it came from; None when no clause lets us look at it.
        """
        of_day = self.days.get(event.day)
        if of_day is None:
            of_day = self.days[event.day] = DayNames(self.names_max, self.of_network_max)
            if len(self.days) > DAYS_MAX:
                # The farthest: days go by, and a clock may be set back.
                del self.days[max(self.days, key=lambda day: abs(day - event.day))]
        return of_day.keep(event, network, self.known)
