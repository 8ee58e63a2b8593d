"""A ceiling on how many different names one day may bring, so that nobody can flood the reports."""

from typing import Final

import msgspec

from clearline.reach.visitors.event import StoredEvent

NAMES_MAX: Final = 20_000
# What stands for all the rest, by column.
OVERFLOW: Final = {
    "page": "/other",
    "service": "other",
    "name": "other",
    "referrer": "other",
    "campaign": "other",
}


class Names:
    """The names that each column had on one day, as far as this process saw them."""

    __slots__ = ("day", "names_max", "seen", "together")

    def __init__(self, names_max: int = NAMES_MAX) -> None:
        self.names_max = names_max
        self.begin_day(-1)

    def begin_day(self, day: int) -> None:
        self.day = day
        self.seen: dict[str, set[str]] = {column: {""} for column in OVERFLOW}
        # Names that came together before: one look tells that all five are known.
        self.together: set[tuple[str, ...]] = set()

    def keep(self, event: StoredEvent) -> StoredEvent:
        """Return the event with the names for which its day still has room."""
        names = (event.page, event.service, event.name, event.referrer, event.campaign)
        if event.day == self.day and names in self.together:
            return event
        if event.day != self.day:
            self.begin_day(event.day)
        kept = tuple(map(self.keep_name, OVERFLOW, names))
        if kept == names:
            if len(self.together) < self.names_max:
                self.together.add(names)
            return event
        return msgspec.structs.replace(event, **dict(zip(OVERFLOW, kept, strict=True)))

    def keep_name(self, column: str, name: str) -> str:
        seen = self.seen[column]
        if name in seen:
            return name
        if len(seen) > self.names_max:
            return OVERFLOW[column]
        seen.add(name)
        return name
