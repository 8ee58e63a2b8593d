"""Costly work is done by turns: few at once, fair to each key, and never a queue without end."""

import random
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from clearline.kit.fair_turns import FairTurns, NoTurn


def wait_for(is_so: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if is_so():
            return
        threading.Event().wait(0.005)
    pytest.fail("it did not come to that within ten seconds")


class Crowd:
    """Threads that take turns and note in what order they had them."""

    def __init__(self, turns: FairTurns) -> None:
        self.turns = turns
        self.had: list[str] = []
        self.sent_away: list[str] = []
        self.threads: list[threading.Thread] = []

    def send(self, key: str) -> None:
        """Let one more come, and return when it waits, had its turn or was sent away."""
        before = self.turns.waiting + len(self.had) + len(self.sent_away)
        thread = threading.Thread(target=self.come, args=(key,))
        self.threads.append(thread)
        thread.start()
        wait_for(lambda: self.turns.waiting + len(self.had) + len(self.sent_away) > before)

    def come(self, key: str) -> None:
        try:
            with self.turns.take(key):
                self.had.append(key)
        except NoTurn:
            self.sent_away.append(key)

    def end(self) -> None:
        for thread in self.threads:
            thread.join(10)


def test_who_comes_alone_has_a_turn_at_once() -> None:
    turns = FairTurns(at_once=1, waiting_max=0)

    with turns.take("a"):
        assert turns.running == 1

    assert turns.running == 0


def test_keys_take_turns_and_within_one_the_first_is_first() -> None:
    turns = FairTurns(at_once=1, waiting_max=9)
    crowd = Crowd(turns)
    with turns.take("first"):
        for key in "aaaabbc":
            crowd.send(key)
    crowd.end()

    assert "".join(crowd.had) == "abcabaa"
    assert turns.running == turns.waiting == 0


def test_a_key_that_fills_the_queue_loses_its_latest_to_others_and_cannot_add_more() -> None:
    turns = FairTurns(at_once=1, waiting_max=3)
    crowd = Crowd(turns)
    with turns.take("first"):
        for key in "aaa":
            crowd.send(key)
        with pytest.raises(NoTurn, match="few seconds"), turns.take("a"):
            pass
        threading.Thread(target=crowd.come, args=("b",)).start()
        wait_for(lambda: crowd.sent_away == ["a"])
        wait_for(lambda: turns.waiting == 3)
    crowd.end()
    wait_for(lambda: len(crowd.had) == 3)

    assert Counter(crowd.had) == {"a": 2, "b": 1}


def test_without_a_queue_the_second_is_sent_away() -> None:
    turns = FairTurns(at_once=1, waiting_max=0)

    with turns.take("a"), pytest.raises(NoTurn), turns.take("b"):
        pass


def test_a_turn_ends_also_when_its_work_fails() -> None:
    turns = FairTurns(at_once=1, waiting_max=0)

    with pytest.raises(ZeroDivisionError), turns.take("a"):
        _ = 1 / 0

    with turns.take("a"):
        pass


def test_many_at_once_never_exceed_the_limit_and_all_end() -> None:
    turns = FairTurns(at_once=3, waiting_max=20)
    lock, most = threading.Lock(), [0, 0]
    ended: Counter[bool] = Counter()

    def come(key: str) -> None:
        try:
            with turns.take(key):
                with lock:
                    most[0] += 1
                    most[1] = max(most)
                threading.Event().wait(0.001)
                with lock:
                    most[0] -= 1
        except NoTurn:
            ended[False] += 1
        else:
            ended[True] += 1

    threads = [threading.Thread(target=come, args=(random.choice("abcde"),)) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert most[1] <= 3
    assert ended[True] >= 23
    assert ended.total() == 200
    assert turns.running == turns.waiting == 0
