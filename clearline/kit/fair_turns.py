"""Turns at costly work: a few at once, and who sends many never keeps the others waiting."""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from clearline.kit.errors import TooMany


class NoTurn(TooMany):
    """Too many wait, and this key has its share of them."""

    code = "no_turn"


@dataclass(slots=True)
class Waiter:
    called: threading.Event = field(default_factory=threading.Event)
    is_sent_away: bool = False


class FairTurns:
    """Gives turns to threads, one key after the other, `at_once` of them at the same time.

    Within a key, who came first is first. At most `waiting_max` wait: then the key with the most
    of them loses its latest, and a newcomer of that key is sent away. (Fair queueing by source:
    Nagle, RFC 970.)
    """

    def __init__(self, *, at_once: int, waiting_max: int) -> None:
        self.at_once = at_once
        self.waiting_max = waiting_max
        self.lock = threading.Lock()
        self.running = 0
        self.waiting = 0
        self.queues: OrderedDict[str, deque[Waiter]] = OrderedDict()

    @contextmanager
    def take(self, key: str) -> Iterator[None]:
        """Run the block in a turn of `key`. Raises NoTurn."""
        waiter = self.come(key)
        if waiter is not None:
            waiter.called.wait()
            if waiter.is_sent_away:
                raise no_turn()
        try:
            yield
        finally:
            self.call_next()

    def come(self, key: str) -> Waiter | None:
        """Return None for a turn at once, else who is called later. Raises NoTurn."""
        with self.lock:
            if self.running < self.at_once:
                self.running += 1
                return None
            if self.waiting == self.waiting_max:
                self.make_room(key)
            waiter = Waiter()
            self.queues.setdefault(key, deque()).append(waiter)
            self.waiting += 1
            return waiter

    def make_room(self, key: str) -> None:
        """Send away the latest of the fullest key, if `key` with its newcomer has fewer."""
        longest = max(self.queues, key=lambda each: len(self.queues[each]), default=key)
        if len(self.queues.get(longest, ())) <= len(self.queues.get(key, ())) + 1:
            raise no_turn()
        sent_away = self.queues[longest].pop()
        sent_away.is_sent_away = True
        self.waiting -= 1
        sent_away.called.set()

    def call_next(self) -> None:
        with self.lock:
            if not self.queues:
                self.running -= 1
                return
            key, queue = self.queues.popitem(last=False)
            waiter = queue.popleft()
            if queue:
                self.queues[key] = queue  # behind all other keys
            self.waiting -= 1
            waiter.called.set()


def no_turn() -> NoTurn:
    return NoTurn("Many people are signing in right now. Try again in a few seconds.")
