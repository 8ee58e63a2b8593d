"""A ceiling on how many different names one day may bring, so that nobody can flood the reports."""

from typing import Final

import msgspec

from clearline.reach.visitors.event import StoredEvent

NAMES_MAX: Final = 20_000
DAYS_MAX: Final = 3  # today, the day before, and one more around midnight
# What stands for all the rest, by column.
OVERFLOW: Final = {
    "page": "/other",
    "service": "other",
    "name": "other",
    "referrer": "other",
    "campaign": "other",
}


class DayNames:
    """The names that each column had on one day, as far as this process saw them."""

    __slots__ = ("names_max", "seen", "together")

    def __init__(self, names_max: int) -> None:
        self.names_max = names_max
        self.seen: dict[str, set[str]] = {column: {""} for column in OVERFLOW}
        # Names that came together before: one look tells that all five are known.
        self.together: set[tuple[str, ...]] = set()

    def keep(self, event: StoredEvent) -> StoredEvent:
        names = (event.page, event.service, event.name, event.referrer, event.campaign)
        if names in self.together:
            return event
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


class Names:
    """The ceilings of the days that events can be of: a client may say when they happened."""

    __slots__ = ("days", "names_max")

    def __init__(self, names_max: int = NAMES_MAX) -> None:
        self.names_max = names_max
        self.days: dict[int, DayNames] = {}

    def keep(self, event: StoredEvent) -> StoredEvent:
        """Return the event with the names for which its day still has room."""
        of_day = self.days.get(event.day)
        if of_day is None:
            of_day = self.days[event.day] = DayNames(self.names_max)
            if len(self.days) > DAYS_MAX:
                # The farthest: days go by, and a clock may be set back.
                del self.days[max(self.days, key=lambda day: abs(day - event.day))]
        return of_day.keep(event)
