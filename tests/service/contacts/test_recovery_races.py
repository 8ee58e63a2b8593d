"""Getting back in when fifty do the same at once: one goes on."""

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from clearline.kit.errors import Refusal
from clearline.service.contacts import recovery
from clearline.service.contacts.recovery import (
    NewWayIn,
    finish,
    follow,
    prove,
)
from clearline.trust.safeguards.actions import (
    SignedIn,
)
from tests.service.contacts.contacts import LATER, confirmed
from tests.service.contacts.recovering import (
    NETWORK,
    NEW_PASSWORD,
    ask,
    codes,
    enter,
    links,
    proved,
    told,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]


def at_once(act: Callable[[], object]) -> list[object]:
    """Let fifty do the same at once; return what those got who were not refused."""
    won: list[object] = []
    start = threading.Barrier(50)

    def run() -> None:
        try:
            start.wait()
            won.append(act())
        except (Refusal, OperationalError):
            pass  # SQLite may say that it is busy: then the person presses again
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_type_one_code_at_once_one_goes_on() -> None:
    confirmed()
    token = ask("alice", now=LATER)
    ((_, code),) = codes(now=LATER)

    won = at_once(lambda: prove(token=token, code=code, now=LATER))

    assert len(won) == 1


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_follow_one_link_at_once_one_goes_on() -> None:
    confirmed()
    ask("alice", now=LATER)
    (link,) = links(now=LATER)

    won = at_once(lambda: follow(link=link, now=LATER))

    assert len(won) == 1


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_set_a_password_at_once_one_does() -> None:
    alice = confirmed()
    key = proved("alice", now=LATER).key

    won = at_once(lambda: finish(key=key, typed=NewWayIn(NEW_PASSWORD), now=LATER))

    assert [type(each) for each in won] == [SignedIn]
    assert told("account.recovered") == [{"fields": ["password"]}]
    assert enter().public_id == alice


@pytest.mark.django_db(transaction=True)
def test_many_workers_answer_one_question_once() -> None:
    confirmed()
    recovery.ask(typed="alice", network=NETWORK, now=LATER)

    at_once(lambda: recovery.answer_due(now=LATER))
    recovery.answer_due(now=LATER)

    assert len(codes(now=LATER)) == 1
