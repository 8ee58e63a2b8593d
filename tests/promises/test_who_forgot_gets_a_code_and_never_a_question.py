"""P13, clause account.recover.

"If you forget your password or your user ID, you ask for a code by typing your user ID or your
e-mail address. What is typed there is kept for a day, only as a keyed code, with one of the
shortened network address, to stop those who guess; our answer is the same whether we know you or
not. The code goes to your e-mail address of record, or in the first thirty days of an account to
its first address if you confirmed it, and works once and for fifteen minutes; the link beside it
works once and for a day, so that nobody who asks in your name keeps you out. We never ask a
question about you or your account instead."
"""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from clearline.service.contacts import recovery
from clearline.service.contacts.models import RecoveryAsk
from clearline.service.contacts.recovery import RecoveryOver
from tests.browser_client import browser
from tests.promises.provider import everything, work
from tests.service.contacts.contacts import DAY, FIRST, LATER, SECOND, confirmed, replace
from tests.service.contacts.recovering import codes, links

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
ADDRESS = "203.0.113.77"


def asked(who: str) -> str:
    page = browser(address=ADDRESS).post("/account/recover/", {"step": "who", "who": who})
    return page.content.decode()


def test_what_is_typed_is_kept_for_a_day_only_as_a_keyed_code_and_the_answer_is_the_same() -> None:
    typed = "Qwzx.Alice"
    confirmed(typed)

    pages = [re.sub(r'value="[^"]*"|id=\w{16}', "", asked(who)) for who in (typed, "nobody")]
    kept = everything()

    assert pages[0] == pages[1]
    assert RecoveryAsk.objects.count() == 2
    for word in (typed, typed.casefold(), ADDRESS, "203.0.113.0"):
        assert word not in kept
    work(timezone.now() + DAY)
    assert not RecoveryAsk.objects.exists()


def test_the_code_goes_to_the_address_of_record_and_works_once_for_fifteen_minutes() -> None:
    alice = confirmed()
    replace(alice, SECOND, now=LATER)
    token = recovery.ask(typed="alice", network="n", now=LATER)
    work(LATER)
    ((to, code),) = codes(now=LATER)

    with pytest.raises(RecoveryOver):
        recovery.prove(token=token, code=code, now=LATER + timedelta(minutes=15))
    assert recovery.prove(token=token, code=code, now=LATER + timedelta(minutes=14))

    assert to == FIRST


def test_the_link_works_once_and_for_a_day_and_keeps_nobody_out_in_whose_name_others_ask() -> None:
    confirmed()
    for number in range(recovery.LETTERS_A_DAY_MAX + 5):
        recovery.ask(typed="alice", network=f"strange {number}", now=LATER)
    work(LATER)
    soon = LATER + timedelta(minutes=30)
    recovery.ask(typed="alice", network="home", now=soon)
    work(soon)

    sent = links(now=soon)
    late = soon + timedelta(hours=23)

    assert len(sent) == recovery.LETTERS_A_DAY_MAX
    assert recovery.follow(link=sent[-1], now=late)
    with pytest.raises(RecoveryOver):
        recovery.follow(link=sent[-1], now=late)
    with pytest.raises(RecoveryOver):
        recovery.follow(link=sent[0], now=LATER + DAY)


def test_we_never_ask_a_question_instead() -> None:
    """What the pages may ask stands in tests/edge/site/account/test_recover.py, field by field."""
    page = asked("alice")

    fields = re.findall(r'<input\b[^>]*\bname="([^"]+)"', page.partition("<main")[2])
    assert set(fields) - {"q"} == {"step", "token", "code"}
