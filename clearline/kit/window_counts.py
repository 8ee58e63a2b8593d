"""How often something happened lately, by key, in memory only."""

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

ALL_OTHERS: Final = ""


class WindowCounts:
    """Counts by key within a stretch of time, for many threads; then all of it is forgotten."""

    def __init__(self, *, window: timedelta, keys_max: int) -> None:
        self.window = window
        self.keys_max = keys_max
        self.lock = threading.Lock()
        self.began_at: datetime | None = None
        self.counts: Counter[str] = Counter()

    def add(self, key: str, now: datetime) -> int:
        """Count once more and return how often that makes it; keys above the most count as one."""
        with self.lock:
            if self.began_at is None or abs(now - self.began_at) >= self.window:
                self.counts, self.began_at = Counter(), now
                # Also when nobody comes again: nothing is remembered for longer than it is of use.
                timer = threading.Timer(self.window.total_seconds(), self.forget)
                timer.daemon = True
                timer.start()
            known = key if key in self.counts or len(self.counts) < self.keys_max else ALL_OTHERS
            self.counts[known] += 1
            return self.counts[known]

    def forget(self) -> None:
        with self.lock:
            self.counts, self.began_at = Counter(), None
