"""A ceiling on how many different names one day may bring, so that nobody can flood the reports."""

from typing import Final

NAMES_MAX: Final = 20_000
OVERFLOW: Final = "other"


class Names:
    """The names of one kind (pages, say) that were seen on one day."""

    __slots__ = ("day", "names_max", "overflow", "seen")

    def __init__(self, overflow: str = OVERFLOW, names_max: int = NAMES_MAX) -> None:
        self.overflow = overflow
        self.names_max = names_max
        self.day = -1
        self.seen: set[str] = set()

    def keep(self, name: str, day: int) -> str:
        """Return `name`, or the name that stands for all the rest once the day has too many."""
        if day != self.day:
            self.day, self.seen = day, set()
        if name in self.seen or not name:
            return name
        if len(self.seen) >= self.names_max:
            return self.overflow
        self.seen.add(name)
        return name
