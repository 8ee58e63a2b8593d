"""How many requests are answered in which time. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `quota` requests of one kind by one caller in each window."""

    name: str
    quota: int
    window: timedelta

    @property
    def window_s(self) -> int:
        return int(self.window.total_seconds())

    def began_at(self, now: datetime) -> datetime:
        """Return when the window began that a moment lies in."""
        since = int(now.timestamp())
        return datetime.fromtimestamp(since - since % self.window_s, tz=UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands against a limit after one more request."""

    limit: Limit
    count: int
    wait_s: int  # until the next window

    @property
    def left(self) -> int:
        return max(self.limit.quota - self.count, 0)

    @property
    def is_over(self) -> bool:
        return self.count > self.limit.quota


def standing(limit: Limit, count: int, now: datetime) -> Standing:
    until = limit.began_at(now) + limit.window
    return Standing(limit, count, max(ceil((until - now).total_seconds()), 1))
