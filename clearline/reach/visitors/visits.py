"""Whether an event starts a visit, known from memory alone and forgotten within the hour."""

import secrets
from hashlib import blake2b
from typing import Final

GAP_MS: Final = 30 * 60 * 1000  # a visit ends after half an hour without a sign of life
VISITS_MAX: Final = 500_000  # in each of two generations: about 100 MB when both are full


class Visits:
    """Remembers who was here in the last half hour, by a number that means nothing elsewhere.

    Of a visitor who is not recognised that number is a hash of the shortened address and the
    browser's description under a salt of the day, which is never written anywhere.
    """

    __slots__ = (
        "before",
        "born_ms",
        "day",
        "recent",
        "rotated_ms",
        "salt",
        "visits_max",
    )

    def __init__(self, *, visits_max: int = VISITS_MAX) -> None:
        self.visits_max = visits_max
        self.recent: dict[int, int] = {}
        self.before: dict[int, int] = {}
        self.rotated_ms = 0
        self.born_ms: int | None = None
        self.day = -1
        self.salt = b""

    def key_of(self, network: str, agent: bytes, day: int) -> int:
        """Return today's number of an unrecognised visitor; another day gives another number."""
        if day != self.day:
            self.day, self.salt = day, secrets.token_bytes(32)
        text = network.encode() + b"\n" + agent
        return int.from_bytes(blake2b(text, key=self.salt, digest_size=8).digest())

    def forget_days_but(self, day: int) -> None:
        """Forget the salt of another day than this one, and with it whom its numbers meant."""
        if self.day != day:
            self.day, self.salt = -1, b""

    def begins(self, key: int, now_ms: int, *, is_from_inside: bool) -> bool:
        """Note a page view and return whether a visit begins with it.

        `is_from_inside`: the page before was ours too. It decides where this memory cannot know:
        while it is younger than a visit, or when others see some of the events.
        """
        if self.born_ms is None:
            self.born_ms = now_ms
        self.forget_old(now_ms)
        last_ms = self.last_seen_ms(key)
        self.recent[key] = now_ms
        if last_ms is not None:
            return abs(now_ms - last_ms) > GAP_MS  # a clock set back ends no visit
        knows_all = abs(now_ms - self.born_ms) >= GAP_MS
        return knows_all or not is_from_inside

    def was_begun_before(self, key: int, now_ms: int) -> None:
        """Note that a visit goes on under a number that this memory need not know yet."""
        self.forget_old(now_ms)
        self.recent[key] = now_ms

    def goes_on(self, key: int, now_ms: int) -> None:
        """Note a sign of life that is no page view: a visit goes on with it, and none begins."""
        self.forget_old(now_ms)
        last_ms = self.last_seen_ms(key)
        if last_ms is not None and abs(now_ms - last_ms) <= GAP_MS:
            self.recent[key] = now_ms

    def note_others(self) -> None:
        """Hear that another process sees some of the same visitors' events at this time."""
        self.born_ms = None

    def last_seen_ms(self, key: int) -> int | None:
        return self.recent.get(key) or self.before.get(key)

    def forget_old(self, now_ms: int) -> None:
        is_due = abs(now_ms - self.rotated_ms) > GAP_MS
        if is_due or len(self.recent) >= self.visits_max:
            self.before, self.recent, self.rotated_ms = self.recent, {}, now_ms
