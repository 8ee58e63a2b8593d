"""AS-02: taking a change back goes round no second factor; those around it go a day later, or stay.

Two stories look the same: an intruder added a factor, or the owner did and somebody reads their old
mailbox. docs/decisions/0017 tells them both.
"""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection

from clearline.kit.errors import Refusal
from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts import factor_wait, notices
from clearline.service.contacts.factor_wait import WAIT, NothingWaits
from clearline.service.contacts.models import FactorWait
from clearline.service.contacts.notices import take_back
from clearline.service.contacts.recovery import NewWayIn, finish
from clearline.service.mail.template import Template
from clearline.trust.factors.actions import FactorRefused
from clearline.trust.factors.queries import Factors, factors_of
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import fields_of
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.vault.actions import erase_person
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    LATER,
    SECOND,
    confirmed,
    key_in,
    letters,
    replace,
    tell,
)
from tests.service.contacts.recovering import proved
from tests.trust.factors.people import add_app, add_passkey, code_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
BACK = LATER + timedelta(hours=1)  # when the change is taken back
NEW_PASSWORD = "four slow herons wade"
MANY = 50


def undo_all(*, at: datetime = BACK) -> list[str]:
    """Return the links of all notices that were sent so far, the first sent first."""
    return [key_in(filled["link"]) for _, filled in tell(now=at)]


def told() -> list[tuple[str, dict[str, str]]]:
    return letters(Template.FACTORS_WAIT, now=BACK)


def changed_with_app(user_id: str = "alice") -> tuple[SubjectId, str]:
    """Return somebody whose app was added an hour before their address was replaced."""
    alice = confirmed(user_id)
    secret = add_app(alice, now=LATER - timedelta(hours=1))
    replace(alice, now=LATER)
    return alice, secret


def test_who_reads_the_old_mailbox_alone_gets_in_at_no_time_when_the_owner_keeps_the_factor() -> (
    None
):
    """AS-02: "given reset link used, then MFA still asked"."""
    alice, _ = changed_with_app()
    take_back(token=undo_all()[-1], now=BACK)
    ((_, _), (to, filled)) = told()
    factor_wait.keep_by_link(token=filled["link"].partition("?keep=")[2], now=BACK)

    factor_wait.end_due(now=BACK + WAIT)
    key = proved("alice", now=BACK + 2 * WAIT).key

    assert to == SECOND
    assert factors_of(alice).has_app
    with pytest.raises(FactorRefused):
        finish(key=key, typed=NewWayIn(NEW_PASSWORD, code="000000"), now=BACK + 2 * WAIT)


def test_where_no_address_was_replaced_a_mailbox_alone_ends_no_factor() -> None:
    """AS-02: the notice of a factor that was added takes no factor away."""
    alice = confirmed("alice")
    add_app(alice, now=LATER)

    take_back(token=undo_all()[-1], now=BACK)
    factor_wait.end_due(now=BACK + 2 * WAIT)

    assert factors_of(alice).has_app
    assert not FactorWait.objects.exists()
    assert told() == []


def test_until_the_day_is_over_the_factor_is_asked_for_as_before() -> None:
    alice, secret = changed_with_app()
    take_back(token=undo_all()[-1], now=BACK)

    early = factor_wait.end_due(now=BACK + WAIT - timedelta(seconds=1))
    got = proved("alice", now=BACK)
    with pytest.raises(FactorRefused):
        finish(key=got.key, typed=NewWayIn(NEW_PASSWORD), now=BACK)
    finish(key=got.key, typed=NewWayIn(NEW_PASSWORD, code=code_of(secret, BACK)), now=BACK)
    factor_wait.keep(subject=alice, now=BACK)  # as the owner, who signed in by it, does

    assert early == 0
    assert factor_wait.end_due(now=BACK + WAIT) == 0
    assert factors_of(alice).has_app
    assert Entry.objects.filter(kind="contact.factors_kept").get().subject == alice


def test_a_factor_of_an_intruder_who_is_silent_goes_a_day_later_and_the_owners_own_stays() -> None:
    alice = confirmed()
    add_passkey(alice)  # forty days before
    add_app(alice, now=LATER - timedelta(hours=20))
    replace(alice, now=LATER)
    take_back(token=undo_all()[-1], now=BACK)
    at_once = factors_of(alice)

    ended = factor_wait.end_due(now=BACK + WAIT)

    assert at_once == Factors(has_app=True, passkeys=1, codes_left=0)
    assert ended == 1
    assert factors_of(alice) == Factors(has_app=False, passkeys=1, codes_left=0)
    gone = fields_of(Entry.objects.get(kind="customer.factor_removed"), sealer())
    assert gone == {"factor": "app", "by": "job:factor_waits"}
    assert factor_wait.end_due(now=BACK + WAIT) == 0


def test_all_addresses_are_told_and_only_the_newer_ones_get_the_link() -> None:
    alice, _ = changed_with_app()
    take_back(token=undo_all()[-1], now=BACK)

    (restored, later) = told()

    assert (restored[0], later[0]) == (FIRST, SECOND)
    assert "link" not in restored[1]
    assert "2 December" not in restored[1]["when"]
    assert restored[1]["when"] == later[1]["when"]
    assert factor_wait.find_end(alice, now=BACK) == BACK + WAIT
    assert Entry.objects.filter(kind="contact.factors_questioned").get().subject == alice


@pytest.mark.parametrize("first", [0, -1])
def test_whichever_letter_is_followed_first_an_intruders_factor_goes(first: int) -> None:
    """The letter about the factor and the one about the address, followed in either order."""
    alice = confirmed()
    add_app(alice, now=LATER - 5 * DAY)
    undo_all(at=LATER - 5 * DAY)
    replace(alice, now=LATER)
    keys = undo_all()
    for key in (keys[first], keys[-1 - first]):
        take_back(token=key, now=BACK)

    ended = factor_wait.end_due(now=BACK + WAIT)

    assert ended == 1
    assert not factors_of(alice).is_any


def test_what_was_added_before_all_that_a_letter_takes_back_is_never_asked_about() -> None:
    alice = confirmed()
    add_app(alice, now=LATER - 32 * DAY)
    undo_all(at=LATER - 31 * DAY)  # whose link is over once the address was replaced
    replace(alice, now=LATER)

    take_back(token=undo_all()[-1], now=BACK)

    assert told() == []
    assert factor_wait.find_end(alice, now=BACK) is None
    with pytest.raises(NothingWaits):
        factor_wait.keep(subject=alice, now=BACK)


def test_further_links_neither_put_off_the_end_nor_take_the_owners_word_away() -> None:
    alice, _ = changed_with_app()
    first, second = undo_all()
    take_back(token=second, now=BACK)
    key = told()[1][1]["link"].partition("?keep=")[2]

    take_back(token=first, now=BACK + timedelta(hours=2))

    assert factor_wait.find_end(alice, now=BACK) == BACK + WAIT
    factor_wait.keep_by_link(token=key, now=BACK + timedelta(hours=3))
    with pytest.raises(NothingWaits):
        factor_wait.keep_by_link(token=key, now=BACK + timedelta(hours=3))


def test_what_somebody_kept_is_not_asked_about_again() -> None:
    alice, _ = changed_with_app()
    first, second = undo_all()
    take_back(token=second, now=BACK)
    factor_wait.keep(subject=alice, now=BACK)

    take_back(token=first, now=BACK + timedelta(hours=2))

    assert factor_wait.find_end(alice, now=BACK + timedelta(hours=2)) is None
    assert factor_wait.end_due(now=BACK + 3 * WAIT) == 0
    assert factors_of(alice).has_app


def test_a_link_works_for_a_day_and_one_that_is_none_does_nothing() -> None:
    changed_with_app()
    take_back(token=undo_all()[-1], now=BACK)
    key = told()[1][1]["link"].partition("?keep=")[2]

    assert factor_wait.works(key, now=BACK + WAIT - timedelta(seconds=1))
    assert not factor_wait.works(key, now=BACK + WAIT)
    for wrong in ("", "x", "x" * 5_000, "ключ"):
        with pytest.raises(NothingWaits):
            factor_wait.keep_by_link(token=wrong, now=BACK)


def test_who_was_erased_meanwhile_holds_up_nobody() -> None:
    alice, _ = changed_with_app()
    bob, _ = changed_with_app("bob")
    for key in undo_all():
        take_back(token=key, now=BACK)
    safeguards.remove_customer(alice)
    erase_person(alice, now=BACK)

    assert factor_wait.end_due(now=BACK + WAIT) == 1
    assert not factors_of(bob).is_any


def test_a_factor_beside_which_a_short_password_was_chosen_is_its_owners() -> None:
    alice, secret = changed_with_app()
    take_back(token=undo_all()[-1], now=BACK)
    typed = NewWayIn(NEW_PASSWORD, code=code_of(secret, BACK))
    finish(key=proved("alice", now=BACK).key, typed=typed, now=BACK)
    safeguards.change_password(public_id=alice, old=NEW_PASSWORD, new="9 short ones", now=BACK)

    assert factor_wait.end_due(now=BACK + WAIT) == 0
    assert factors_of(alice).has_app
    kept = fields_of(Entry.objects.get(kind="contact.factors_kept"), sealer())
    assert kept == {"by": "job:factor_waits"}


def test_what_stands_for_it_is_erased_once_no_notice_asks_about_that_time() -> None:
    changed_with_app()
    take_back(token=undo_all()[-1], now=BACK)
    end = BACK + WAIT
    unsettled = factor_wait.erase_expired(now=end + 31 * DAY)
    factor_wait.end_due(now=end)

    assert unsettled == 0
    assert factor_wait.erase_expired(now=end + 30 * DAY - timedelta(seconds=1)) == 0
    assert factor_wait.erase_expired(now=end + 30 * DAY) == 1
    assert notices.erase_expired(now=end + 30 * DAY) >= 1


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_keep_and_end_at_once_one_wins() -> None:
    alice, _ = changed_with_app()
    take_back(token=undo_all()[-1], now=BACK)
    start, won = threading.Barrier(MANY), []

    def run(number: int) -> None:
        try:
            start.wait()
            if number % 2:
                factor_wait.keep(subject=alice, now=BACK + WAIT - timedelta(seconds=1))
                won.append("kept")
            elif factor_wait.end_due(now=BACK + WAIT):
                won.append("gone")
        except (Refusal, OperationalError):
            pass  # SQLite may say that it is busy: then the person presses again
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert factors_of(alice).has_app == (won == ["kept"])
    assert FactorWait.objects.get().settled_at is not None
