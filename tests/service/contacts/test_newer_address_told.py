"""CP-45: while the address of before may still take an account over, the newer one hears of it."""

from collections.abc import Callable

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import details
from clearline.service.accounts.models import EmailAddress
from clearline.service.accounts.roles import AddressKind
from clearline.service.accounts.words import Postal
from clearline.service.contacts.notices import take_back
from clearline.service.contacts.recovery import NewWayIn, finish
from clearline.service.mail.template import Template
from clearline.trust.factors import actions as factors
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import user_ids
from clearline.trust.safeguards.roles import LoginKind
from tests.service.accounts.people import PASSWORD
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    LATER,
    SECOND,
    THIRD,
    confirmed,
    key_in,
    letters,
    replace,
    tell,
)
from tests.service.contacts.recovering import NEW_PASSWORD, proved
from tests.trust.factors.people import add_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
MOVED = LATER - 10 * DAY  # when the first address was replaced
HOME = Postal("12 Quay Street", "Portland", "Maine", "04101", "United States")


def recover(_: SubjectId) -> None:
    finish(key=proved("alice", now=LATER).key, typed=NewWayIn(NEW_PASSWORD), now=LATER)


def change_password(alice: SubjectId) -> None:
    safeguards.change_password(public_id=alice, old=PASSWORD, new=NEW_PASSWORD, now=LATER)


def change_user_id(alice: SubjectId) -> None:
    user_ids.change_user_id(subject=alice, user_id="alice.q", now=LATER)


def change_name(alice: SubjectId) -> None:
    by = Actor(ActorKind.SUBJECT, alice)
    accounts.change_names(by=by, subject=alice, name="Mallory Pike", screen_name="Alice", now=LATER)


def give_address(alice: SubjectId) -> None:
    by = Actor(ActorKind.SUBJECT, alice)
    details.set_address(by=by, subject=alice, kind=AddressKind.BILLING, typed=HOME, now=LATER)


def add_factor(alice: SubjectId) -> None:
    add_app(alice, now=LATER)


def replace_again(alice: SubjectId) -> None:
    replace(alice, THIRD, now=LATER)


CHANGES = (
    *(recover, change_password, change_user_id, change_name, give_address, add_factor),
    replace_again,
)


@pytest.mark.parametrize("change", CHANGES)
def test_what_happens_while_the_old_address_counts_is_told_to_the_newer_one_without_a_link(
    change: Callable[[SubjectId], None],
) -> None:
    alice = confirmed()
    replace(alice, now=MOVED)
    tell(now=MOVED)
    change(alice)

    told = tell(now=LATER)[1:]

    assert [(to, "link" in words) for to, words in told] == [(FIRST, True), (SECOND, False)]


def test_a_second_factor_that_went_is_told_there_too() -> None:
    alice = confirmed()
    replace(alice, now=MOVED)
    add_app(alice, now=MOVED)
    tell(now=LATER)  # too old by then to be told
    factors.remove_app(kind=LoginKind.CUSTOMER, public_id=alice, now=LATER)

    told = tell(now=LATER)

    assert [(to, "link" in words) for to, words in told] == [(FIRST, True), (SECOND, False)]


def test_an_address_that_was_taken_out_hears_for_thirty_days_of_what_comes_after() -> None:
    """Who takes the account over replaces the address first."""
    alice = confirmed()
    replace(alice, now=MOVED)
    replace(alice, THIRD, now=MOVED + DAY)
    tell(now=LATER)  # too old by then to be told
    change_password(alice)
    told = tell(now=LATER)
    end = MOVED + 31 * DAY
    safeguards.change_password(public_id=alice, old=NEW_PASSWORD, new=PASSWORD, now=end)

    last = tell(now=end)[len(told) :]

    assert [to for to, _ in told] == [FIRST, SECOND, THIRD]
    assert [to for to, _ in last] == [THIRD, FIRST]


def test_an_address_hears_on_while_the_link_of_a_letter_that_went_there_works() -> None:
    """What can still take a change back is told what goes on, in whosever hands it is."""
    alice = confirmed()
    replace(alice, now=MOVED)
    change_password(alice)
    tell(now=LATER)
    at = MOVED + 35 * DAY
    safeguards.change_password(public_id=alice, old=NEW_PASSWORD, new=PASSWORD, now=at)

    told = tell(now=at)[2:]

    assert [(to, "link" in words) for to, words in told] == [(SECOND, True), (FIRST, False)]


def test_who_replaces_the_address_over_and_over_silences_no_address_of_before() -> None:
    alice = confirmed()
    replace(alice, now=MOVED)
    for number in range(12):
        at = MOVED + DAY + number * DAY / 2
        replace(alice, f"m{number}@else.example", now=at)
    change_password(alice)

    told = tell(now=LATER)

    heard = [to for to, _ in told if to not in {FIRST, SECOND}]
    assert [to for to, _ in told].count(SECOND) == [to for to, _ in told].count(FIRST)
    assert heard[-1] == "m11@else.example"
    assert len(told) <= 7 * [to for to, _ in told].count(FIRST)


def test_an_address_that_no_letter_goes_to_keeps_none_from_the_other_ones() -> None:
    alice = confirmed()
    replace(alice, now=MOVED)
    tell(now=MOVED)
    row = EmailAddress.objects.order_by("pk").first()
    assert row is not None
    row.address = f"a\u200b{FIRST}"
    row.save()
    change_password(alice)

    assert tell(now=LATER)[1:] == [(SECOND, {})]


def test_what_is_taken_back_without_an_address_is_told_where_the_link_was() -> None:
    """Whoever reads that mailbox may have locked the account, and not its owner."""
    alice = confirmed()
    change_password(alice)
    ((_, words),) = tell(now=LATER)

    take_back(token=key_in(words["link"]), now=LATER)

    assert letters(Template.CHANGE_NOTICE, now=LATER)[1:] == [(FIRST, {})]


def test_what_the_newer_address_takes_back_is_told_to_the_old_one_too() -> None:
    alice = confirmed()
    replace(alice, now=MOVED)
    accounts.close_account(by=Actor(ActorKind.SUBJECT, alice), subject=alice, now=LATER)
    tell(now=LATER)
    key = key_in(dict(letters(Template.CLOSING_NOTICE, now=LATER))[SECOND]["link"])

    take_back(token=key, now=MOVED + 31 * DAY)

    told = letters(Template.CHANGE_NOTICE, now=LATER)
    assert told[-2:] == [(SECOND, {}), (FIRST, {})]


def test_who_replaces_over_and_over_hides_no_take_back_from_an_address_of_before() -> None:
    alice = confirmed()
    replace(alice, now=MOVED)
    ((_, words),) = tell(now=MOVED)
    for number in range(12):
        replace(alice, f"m{number}@else.example", now=MOVED + DAY + number * DAY / 2)

    take_back(token=key_in(words["link"]), now=LATER)

    told = [to for to, _ in letters(Template.CHANGE_NOTICE, now=LATER)[1:]]
    assert told[:2] == [FIRST, SECOND]
    assert told[-1] == "m11@else.example"
