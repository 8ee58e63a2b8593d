"""Requests are counted across processes, and what is sent twice has one effect."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
from django.conf import settings
from django.db import connection

from clearline.trust.arrivals import actions
from clearline.trust.arrivals.actions import (
    Answer,
    KeyUsedElsewhere,
    OutcomeUnknown,
    Sent,
    StillUnderWay,
)
from clearline.trust.arrivals.limits import Limit
from clearline.trust.arrivals.models import ArrivalCount, KeptAnswer
from clearline.trust.gate import queries as gate
from tests.meanwhile import Meanwhile

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 12, 2, tzinfo=UTC)
FEW = Limit("few", quota=3, window=timedelta(minutes=5))
SENT = Sent("k" * 16, "alice", b"POST /x\n{}")
AT_ONCE = 4
Told = TypeVar("Told")


def at_once(act: Callable[[], Told]) -> list[Told]:
    barrier = Barrier(AT_ONCE)

    def one(_: int) -> Told:
        barrier.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_each_window_begins_anew_and_each_caller_is_counted_apart() -> None:
    told = [actions.count_request(FEW, who="a", now=NOW) for _ in range(4)]

    assert [each.left for each in told] == [2, 1, 0, 0]
    assert [each.is_over for each in told] == [False, False, False, True]
    assert told[0].wait_s == 180
    assert not actions.count_request(FEW, who="b", now=NOW).is_over
    assert actions.count_request(FEW, who="a", now=NOW + FEW.window).count == 1


@pytest.mark.django_db(transaction=True)
def test_requests_in_the_same_moment_are_all_counted() -> None:
    told = at_once(lambda: actions.count_request(FEW, who="a", now=NOW).count)

    assert sorted(told) == [1, 2, 3, 4]


def test_who_begins_to_count_when_somebody_just_has_counts_one_more() -> None:
    began_at = FEW.began_at(NOW)
    for _ in range(2):
        actions.add_count(b"i" * 32, began_at)

    assert ArrivalCount.objects.get().count == 2


def test_an_answer_comes_again_for_who_has_the_key_and_for_nobody_else() -> None:
    assert actions.begin_answer(SENT, now=NOW) is None
    actions.keep_answer(SENT, Answer(201, b'{"secret":1}'))

    assert actions.begin_answer(SENT, now=NOW) == Answer(201, b'{"secret":1}')
    assert b"secret" not in bytes(KeptAnswer.objects.get().answer_sealed or b"")
    with pytest.raises(KeyUsedElsewhere):
        actions.begin_answer(Sent(SENT.key, SENT.by, b"POST /y\n{}"), now=NOW)
    assert actions.begin_answer(Sent(SENT.key, "bob", SENT.what), now=NOW) is None


def test_what_is_let_go_may_be_sent_again_but_not_what_was_answered() -> None:
    actions.begin_answer(SENT, now=NOW)
    actions.let_go(SENT)
    assert actions.begin_answer(SENT, now=NOW) is None
    actions.keep_answer(SENT, Answer(200, b""))

    actions.let_go(SENT)

    assert actions.begin_answer(SENT, now=NOW) == Answer(200, b"")


def test_what_came_to_no_end_is_never_done_twice() -> None:
    actions.begin_answer(SENT, now=NOW)

    with pytest.raises(StillUnderWay):
        actions.begin_answer(SENT, now=NOW + timedelta(seconds=59))
    with pytest.raises(OutcomeUnknown):
        actions.begin_answer(SENT, now=NOW + timedelta(seconds=60))


def test_what_is_let_go_while_another_looks_is_tried_again() -> None:
    actions.begin_answer(SENT, now=NOW)
    let_go = Meanwhile('SELECT "arrivals_keptanswer"', partial(actions.let_go, SENT))

    with connection.execute_wrapper(let_go), pytest.raises(StillUnderWay):
        actions.begin_answer(SENT, now=NOW)

    assert actions.begin_answer(SENT, now=NOW) is None


@pytest.mark.usefixtures("own_log")
def test_an_answer_that_was_changed_is_not_given() -> None:
    actions.begin_answer(SENT, now=NOW)
    actions.keep_answer(SENT, Answer(200, b"{}"))
    KeptAnswer.objects.update(answer_sealed=b"x" * 40)

    with pytest.raises(OutcomeUnknown):
        actions.begin_answer(SENT, now=NOW)
    Path(settings.ENV.instance, "keys", "index").write_text("ab" * 32)
    assert actions.begin_answer(SENT, now=NOW) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_that_are_sent_at_once_one_is_done() -> None:
    def begin() -> str:
        try:
            return str(actions.begin_answer(SENT, now=NOW))
        except StillUnderWay:
            return "wait"

    assert sorted(at_once(begin)) == ["None", "wait", "wait", "wait"]


def test_answers_and_counts_go_after_a_day() -> None:
    policy = gate.policy_in_force(NOW)
    actions.begin_answer(SENT, now=NOW)
    actions.count_request(FEW, who="a", now=NOW)

    assert actions.erase_expired(policy, now=NOW + timedelta(hours=23)) == 0
    assert actions.erase_expired(policy, now=NOW + timedelta(days=1)) == 2
