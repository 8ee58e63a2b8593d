"""Customers of before are invited once each, and come in by a link that works once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from pytest_django import Settings

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions, inviting
from clearline.service.accounts.actions import NewAccount
from clearline.service.accounts.age import STRICT, AgeRange, ClosedForAge, SureNeeded
from clearline.service.accounts.inviting import (
    InvitedMeanwhile,
    NoSuchInvitation,
    NothingToInvite,
    Round,
)
from clearline.service.accounts.models import (
    Account,
    Agreement,
    CustomerInvitation,
    EmailAddress,
    Holder,
)
from clearline.service.accounts.queries import find_closed_at, is_closing_final
from clearline.service.accounts.taken_back import reopen_by_word
from clearline.service.accounts.words import FieldWrong
from clearline.service.mail.actions import NoMailServer
from clearline.service.mail.models import Letter
from clearline.service.mail.template import Template
from clearline.trust.consent import actions as consent
from clearline.trust.consent.account import choices_in_account
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.actions import UserIdTaken
from clearline.trust.safeguards.models import Login
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.user_ids import TAKEN_OF_NETWORK_MAX, NetworkAskedTooOften
from tests.meanwhile import Meanwhile
from tests.promises.provider import rows as all_rows
from tests.service.accounts.invited import (
    OPERATOR,
    PAGE,
    accept,
    bring_in,
    invite_all,
    link_of,
)
from tests.service.accounts.people import AGREED, NOW, PASSWORD, make_account, make_customer
from tests.service.teams.test_teams import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("post")]
DAY = timedelta(days=1)
HOME = "198.51.100.0"


def test_each_is_invited_once_however_often_it_is_asked() -> None:
    bring_in("zoe", "yan")

    assert invite_all() == 2
    assert invite_all() == 0

    assert Letter.objects.filter(template=Template.INVITATION).count() == 2
    assert Entry.objects.filter(kind="account.invited").count() == 2
    assert inviting.count_waiting() == 0


def test_only_who_was_brought_in_and_is_open_is_invited() -> None:
    make_account()
    (zoe,) = bring_in("zoe")
    by = Actor(ActorKind.SUBJECT, zoe)
    actions.close_account(by=by, subject=zoe, now=NOW)

    assert invite_all() == 0

    actions.reopen_account(by=by, subject=zoe, now=NOW)
    assert invite_all() == 1


def test_a_round_takes_a_hundred_and_the_next_goes_on_behind_it() -> None:
    bring_in(*(f"p{number}" for number in range(101)))

    first = inviting.invite_some(by=OPERATOR, after=0, page=PAGE, now=NOW)
    second = inviting.invite_some(by=OPERATOR, after=first.last, page=PAGE, now=NOW)
    third = inviting.invite_some(by=OPERATOR, after=second.last, page=PAGE, now=NOW)

    assert [first.invited, second.invited, third] == [100, 1, Round(0, 0)]


def test_without_a_mail_server_nobody_is_invited(settings: Settings) -> None:
    bring_in("zoe")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": None})

    with pytest.raises(NoMailServer, match="mail_url"):
        invite_all()

    assert not CustomerInvitation.objects.exists()


def test_an_invitation_that_fails_leaves_nobody_half_invited() -> None:
    zoe, _ = bring_in("zoe", "yan")
    of_another = partial(
        CustomerInvitation.objects.create,
        subject=zoe,
        token_index=b"x" * 32,
        address_index=b"x" * 32,
        invited_at=NOW,
        expires_at=NOW,
    )

    with (
        connection.execute_wrapper(
            Meanwhile('INSERT INTO "accounts_customerinvitation"', of_another)
        ),
        pytest.raises(InvitedMeanwhile),
    ):
        invite_all()

    assert not CustomerInvitation.objects.exists()
    assert not Letter.objects.exists()


def test_the_link_stands_nowhere_in_clear_and_says_nothing_of_the_person() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)

    kept = "\n".join(all_rows())

    assert token not in kept
    assert zoe not in token
    assert inviting.look_at(token, now=NOW).asks_age


def test_who_uses_the_link_is_signed_in_as_who_they_were() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()

    opened = accept(link_of(zoe))

    signed_in = safeguards.sign_in(
        kind=LoginKind.CUSTOMER, user_id="zoe.new", password=PASSWORD, network="a", now=NOW
    )
    held = actions.show_profile(by=Actor(ActorKind.SUBJECT, zoe), subject=zoe, now=NOW)
    assert opened.signed_in.public_id == signed_in.public_id == zoe
    assert (held.name, held.is_email_confirmed, held.age) == ("zoe", True, AgeRange.ADULT)
    kinds = set(Entry.objects.filter(subject=zoe).values_list("kind", flat=True))
    assert {"account.invited", "account.opened", "contact.confirmed"} <= kinds
    assert not Agreement.objects.exclude(proof=opened.proof).exists()


def test_who_was_invited_learns_of_twenty_user_ids_in_an_hour_that_they_are_taken() -> None:
    make_account("alice")
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)
    for _ in range(TAKEN_OF_NETWORK_MAX):
        with pytest.raises(UserIdTaken):
            accept(token, user_id="alice", network=HOME)

    for each in ("alice", "nobody.here"):
        with pytest.raises(NetworkAskedTooOften):
            accept(token, user_id=each, network=HOME)
    told = NewAccount("alice", PASSWORD, "Al", "al@mail.example", AgeRange.ADULT, "")
    with pytest.raises(NetworkAskedTooOften):  # one count for all who have no user ID yet
        actions.open_account(told=told, agreed=AGREED, now=NOW, network=HOME)

    opened = accept(token, network=HOME, now=NOW + timedelta(minutes=61))
    assert opened.signed_in.public_id == zoe


def test_an_age_that_was_known_is_not_asked_again() -> None:
    (zoe,) = bring_in("zoe", age="16_to_17")
    invite_all()
    token = link_of(zoe)

    assert not inviting.look_at(token, now=NOW).asks_age
    accept(token, age=None)

    held = actions.show_profile(by=Actor(ActorKind.SUBJECT, zoe), subject=zoe, now=NOW)
    assert held.age is AgeRange.FROM_16_TO_17


def test_the_account_of_a_child_closes_for_good_and_is_erased() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)

    inviting.close_child(token=token, shown=AGREED, now=NOW)

    with pytest.raises(NoSuchInvitation):
        accept(token)
    with pytest.raises(NoSuchInvitation):
        inviting.close_child(token=token, shown=AGREED, now=NOW)
    inviting.send_anew(token=token, page=PAGE, now=NOW + 2 * DAY)
    assert Letter.objects.count() == 1
    kinds = Entry.objects.filter(subject=zoe).values_list("kind", flat=True)
    assert {"account.changed", "account.closed"} <= set(kinds)
    assert actions.erase_closed(policy_in_force(NOW), now=NOW + 31 * DAY) == 1
    assert not any(
        kind.objects.exists() for kind in (Holder, EmailAddress, CustomerInvitation, Account)
    )


def closed_as_child() -> tuple[SubjectId, str]:
    """Return somebody who said by their link that they are under 13, and the link."""
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)
    inviting.close_child(token=token, shown=AGREED, now=NOW)
    return zoe, token


def correct(token: str, now: datetime = NOW, age: AgeRange = AgeRange.ADULT) -> None:
    inviting.correct_child(token=token, age=age, shown=AGREED, now=now)


def test_who_said_by_mistake_to_be_a_child_corrects_that_by_the_link_and_comes_in() -> None:
    zoe, token = closed_as_child()

    correct(token, NOW + DAY)

    assert (find_closed_at(zoe), is_closing_final(zoe)) == (None, False)
    assert not inviting.look_at(token, now=NOW + DAY).asks_age
    accept(token, age=None, now=NOW + DAY)
    kinds = Entry.objects.filter(subject=zoe).order_by("number").values_list("kind", flat=True)
    assert [kind for kind in kinds if kind.startswith("account.")][-4:] == [
        *("account.changed", "account.age_changed", "account.reopened", "account.opened"),
    ]


def test_an_age_is_corrected_by_no_other_link_and_not_to_a_childs() -> None:
    zoe, token = closed_as_child()
    (yan,) = bring_in("yan")
    invite_all()
    unused = link_of(yan)

    with pytest.raises(ClosedForAge):
        correct(token, age=AgeRange.UNDER_13)
    for other in (unused, inviting.new_token(), token[:-1]):
        with pytest.raises(NoSuchInvitation):
            correct(other)
    correct(token)
    with pytest.raises(NoSuchInvitation):
        correct(token)
    accept(token, age=None)
    with pytest.raises(NoSuchInvitation):
        correct(token)

    assert inviting.find_closed(token, now=NOW) is None
    assert find_closed_at(zoe) is None


def test_a_closing_of_before_stays_when_the_age_is_corrected() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)
    actions.close_account(by=OPERATOR, subject=zoe, now=NOW)
    inviting.close_child(token=token, shown=AGREED, now=NOW + DAY)

    correct(token, NOW + DAY)

    assert (find_closed_at(zoe), is_closing_final(zoe)) == (NOW, False)
    accept(token, age=None, now=NOW + DAY)


def test_a_link_that_grew_too_old_meanwhile_brings_a_new_one_once_the_age_is_corrected() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    token, late = link_of(zoe), NOW + timedelta(days=31)
    inviting.close_child(token=token, shown=AGREED, now=NOW + timedelta(days=29))

    correct(token, late)

    with pytest.raises(NoSuchInvitation):
        accept(token, age=None, now=late)
    inviting.send_anew(token=token, page=PAGE, now=late)
    accept(link_of(zoe), age=None, now=late)


def test_whom_the_operator_opens_again_is_asked_the_age_anew_and_comes_in_by_the_link() -> None:
    zoe, token = closed_as_child()

    reopen_by_word(by=OPERATOR, subject=zoe, now=NOW)

    assert inviting.look_at(token, now=NOW).asks_age
    inviting.invite_again(by=OPERATOR, number="N-zoe", page=PAGE, now=NOW)
    accept(link_of(zoe))


def test_of_many_children_by_one_link_one_closes() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    row = inviting.get_open(link_of(zoe), NOW)

    inviting.end_link(row, NOW)

    with pytest.raises(NoSuchInvitation):
        inviting.end_link(row, NOW)


def test_who_is_under_sixteen_begins_with_no_and_a_child_is_asked_once_more() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)

    with pytest.raises(SureNeeded):
        accept(token, age=AgeRange.UNDER_13)
    with pytest.raises(FieldWrong, match="range"):
        accept(token, age=None)
    accept(token, age=AgeRange.FROM_13_TO_15)

    said = consent.show_account(by=Actor(ActorKind.SUBJECT, zoe), subject=zoe, now=NOW)
    assert choices_in_account(said).no == frozenset(STRICT)


def used(token: str) -> str:
    accept(token)
    return token


def another_address(token: str) -> str:
    EmailAddress.objects.update(address_index=b"another")
    return token


def erased(token: str) -> str:
    actions.erase(SubjectId(Holder.objects.get().subject), NOW)
    return token


@pytest.mark.parametrize(
    "spoil",
    [
        used,
        another_address,
        erased,
        lambda token: token[:-1],
        lambda token: token[::-1],
        lambda token: "é" * len(token),
        lambda _: "",
        lambda _: inviting.new_token(),
    ],
)
def test_a_link_that_works_no_longer_is_told_alike(spoil: Callable[[str], str]) -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    token = spoil(link_of(zoe))

    for use in (lambda: inviting.look_at(token, now=NOW), lambda: accept(token, user_id="zoe.2")):
        with pytest.raises(NoSuchInvitation, match="works no longer"):
            use()

    assert not Login.objects.filter(name_index=b"zoe.2").exists()


def test_a_link_works_for_thirty_days() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)

    inviting.look_at(token, now=NOW + 30 * DAY - timedelta(seconds=1))
    with pytest.raises(NoSuchInvitation):
        inviting.look_at(token, now=NOW + 30 * DAY)


def test_a_user_id_that_is_taken_leaves_the_link_as_it_was() -> None:
    make_account("zoe.new")
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)

    with pytest.raises(UserIdTaken):
        accept(token)

    assert accept(token, user_id="zoe.other").signed_in.public_id == zoe


def test_a_new_link_ends_the_one_before() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    old = link_of(zoe)

    inviting.invite_again(by=OPERATOR, number=" N-zoe ", page=PAGE, now=NOW)

    new = link_of(zoe)
    with pytest.raises(NoSuchInvitation):
        inviting.look_at(old, now=NOW)
    assert accept(new).signed_in.public_id == zoe


def test_who_came_in_already_or_is_unknown_is_not_invited_again() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    accept(link_of(zoe))
    make_customer()

    for number in ("N-zoe", "0000000000", ""):
        with pytest.raises(NothingToInvite):
            inviting.invite_again(by=OPERATOR, number=number, page=PAGE, now=NOW)

    assert Letter.objects.count() == 1


def test_an_old_link_brings_its_owner_a_new_one_once_a_day_and_tells_nothing() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    old = link_of(zoe)

    inviting.send_anew(token=old, page=PAGE, now=NOW + DAY / 2)
    inviting.send_anew(token="nothing", page=PAGE, now=NOW)
    assert Letter.objects.count() == 1
    inviting.send_anew(token=old, page=PAGE, now=NOW + 31 * DAY)

    token = link_of(zoe)
    assert accept(token, now=NOW + 31 * DAY).signed_in.public_id == zoe
    inviting.send_anew(token=token, page=PAGE, now=NOW + 70 * DAY)
    assert Letter.objects.count() == 2


def test_a_closed_account_gets_no_new_link() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    actions.close_account(by=OPERATOR, subject=zoe, now=NOW)

    inviting.send_anew(token=link_of(zoe), page=PAGE, now=NOW + 31 * DAY)

    assert Letter.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_one_link_at_once_one_comes_in() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)

    def use(number: int) -> Callable[[], object]:
        return lambda: accept(token, user_id=f"zoe.{number}")

    outcomes = at_once([use(number) for number in range(6)])

    assert outcomes.count(None) == 1
    assert all(isinstance(each, NoSuchInvitation) for each in outcomes if each)
    assert Login.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_invite_at_once_nobody_is_invited_twice() -> None:
    bring_in(*(f"p{number}" for number in range(20)))

    outcomes = at_once([invite_all] * 6)

    assert None in outcomes
    invite_all()
    assert Letter.objects.count() == CustomerInvitation.objects.count() == 20
    assert Entry.objects.filter(kind="account.invited").count() == 20


def test_what_is_known_of_invitations_goes_with_the_account() -> None:
    (zoe,) = bring_in("zoe")
    invite_all()

    actions.erase(zoe, NOW)

    assert not CustomerInvitation.objects.exists()
    assert not Letter.objects.exists()


def test_to_which_address_a_link_went_is_erased_once_it_works_no_longer() -> None:
    zoe, yan, xia = bring_in("zoe", "yan", "xia")
    invite_all()
    accept(link_of(zoe))
    inviting.close_child(token=link_of(yan), shown=AGREED, now=NOW)

    first = inviting.erase_addresses(now=NOW + timedelta(days=29))
    left = set(CustomerInvitation.objects.exclude(address_index=b"").values_list("subject"))
    last = inviting.erase_addresses(now=NOW + timedelta(days=30))

    assert (first, left, last) == (1, {(yan,), (xia,)}, 2)
    inviting.send_anew(token=link_of(xia), page=PAGE, now=NOW + timedelta(days=31))
    accept(link_of(xia), user_id="xia.new", now=NOW + timedelta(days=31))
