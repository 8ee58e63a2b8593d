"""An account is handed over by two who both want it; it has one owner at every moment."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import importing, queries
from clearline.service.accounts.actions import OwnAccount
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.customer_file import CustomerRow
from clearline.service.accounts.handing_over import BalanceWaits, Closing
from clearline.service.accounts.importing import SeenInFile
from clearline.service.accounts.members import NoSuchMember
from clearline.service.accounts.models import Account, EmailAddress, Member
from clearline.service.accounts.queries import account_index
from clearline.service.accounts.roles import AccountKind, MemberRole
from clearline.service.accounts.words import FieldWrong
from clearline.service.teams import actions, handing_over
from clearline.service.teams.actions import NotTheOwner
from clearline.service.teams.handing_over import (
    MEMBER_WAIT,
    OFFER_WAIT,
    OFFER_WINDOW,
    RETURN_WINDOW,
    MemberTooNew,
    NoLetterGoes,
    NoSuchOffer,
    OfferTooNew,
    OfferWaits,
    TakenLately,
)
from clearline.service.teams.models import Handover, Invitation, MemberLabel, TakenOver
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.vault import actions as vault
from tests.meanwhile import Meanwhile
from tests.promises.provider import rows
from tests.service.accounts.people import AGREED, NOW, PASSWORD, make_customer
from tests.service.contacts.contacts import prove, replace
from tests.service.teams.test_teams import at_once

pytestmark = pytest.mark.django_db
MANY = 50
BUSINESS = "Quill & Daughters"
OFFERED = NOW + MEMBER_WAIT
TAKEN = OFFERED + OFFER_WAIT
OPERATOR = Actor(ActorKind.JOB, "operator")


def make_business(user_id: str = "alice") -> SubjectId:
    told = accounts.NewAccount(
        user_id, PASSWORD, "Alice", "a@b.example", AgeRange.ADULT, "", BUSINESS
    )
    opened = accounts.open_account(told=told, agreed=AGREED, now=NOW)
    subject = SubjectId(opened.signed_in.public_id)
    prove(subject)
    return subject


def join(owner: SubjectId, account: int, user_id: str = "bob") -> SubjectId:
    member = make_customer(user_id)
    role = MemberRole.BILLING
    made = actions.invite(owner=owner, account=account, role=role, label="Front Desk", now=NOW)
    actions.accept(subject=member, code=made.code, now=NOW)
    return member


def offered(*, stays: bool = True) -> tuple[SubjectId, SubjectId, int]:
    """Return who offers an account, to whom, and which."""
    alice = make_business()
    account = queries.list_owned(alice)[0].account
    bob = join(alice, account)
    handing_over.offer(owner=alice, account=account, member=bob, stays=stays, now=OFFERED)
    return alice, bob, account


def roles_in(account: int) -> list[tuple[SubjectId, str]]:
    return [(each.subject, str(each.role)) for each in queries.list_members(account)]


def own(subject: SubjectId) -> tuple[OwnAccount, ...]:
    by = Actor(ActorKind.SUBJECT, subject)
    return accounts.show_profile(by=by, subject=subject, now=NOW).accounts


def told(subject: SubjectId, kind: str) -> list[dict[str, object]]:
    entries = Entry.objects.filter(kind=kind, subject=subject).order_by("number")
    return [ledger.fields_of(each, sealer()) for each in entries]


def test_until_it_is_taken_an_offer_changes_nothing() -> None:
    alice, bob, account = offered()

    assert roles_in(account) == [(alice, "owner"), (bob, "billing")]
    (found,) = handing_over.list_offers_to(bob, now=OFFERED)
    assert (found.owner, found.account, found.stays) == (alice, account, True)
    assert handing_over.find_offer(account, now=OFFERED) == found
    assert told(alice, "account.offered") == [{"by": f"subject:{alice}"}]
    assert told(bob, "membership.changed")[-1]["change"] == "offered"


def test_who_takes_it_owns_it_and_the_former_owner_looks_on() -> None:
    alice, bob, account = offered()
    (before,) = own(alice)

    handing_over.accept(subject=bob, account=account, now=TAKEN)

    assert roles_in(account) == [(bob, "owner"), (alice, "read_only")]
    first, taken = own(bob)
    assert (first.kind, taken) == (AccountKind.PERSONAL, before)
    assert own(alice) == ()
    assert told(alice, "account.handed_over") == [{"change": "given", "by": f"subject:{bob}"}]
    assert told(bob, "account.handed_over") == [{"change": "taken", "by": f"subject:{bob}"}]
    assert not Handover.objects.exists()


def test_what_was_sealed_opens_with_the_new_key_alone() -> None:
    alice, bob, account = offered(stays=False)

    handing_over.accept(subject=bob, account=account, now=TAKEN)
    vault.erase_person(alice, now=NOW)

    assert own(bob)[1].business_name == BUSINESS
    assert BUSINESS not in "\n".join(rows())
    assert roles_in(account) == [(bob, "owner")]


def test_what_the_former_owner_called_the_others_and_their_invitations_are_gone() -> None:
    alice, bob, account = offered()
    charlie = join(alice, account, "charlie")
    actions.invite(owner=alice, account=account, role=MemberRole.BILLING, label="X", now=NOW)

    handing_over.accept(subject=bob, account=account, now=TAKEN)

    assert not MemberLabel.objects.exists()
    assert not Invitation.objects.exists()
    actions.call(owner=bob, account=account, member=charlie, label="Shop", now=NOW)
    team = actions.show_team(owner=bob, account=account, now=NOW)
    assert {each.label for each in team.members} == {"", "Shop"}
    with pytest.raises(NoSuchMember):
        actions.call(owner=bob, account=account, member=bob, label="Me", now=NOW)
    with pytest.raises(FieldWrong):
        actions.call(owner=bob, account=account, member=charlie, label=" ", now=NOW)


def test_the_lines_of_an_account_go_with_it() -> None:
    row = CustomerRow(1, "OLD-1", "Zoe Ray", "zoe@old.example", lines=("+12075550100",))
    importing.import_customers([row], by=OPERATOR, seen=SeenInFile(), now=NOW)
    found = Account.objects.get(number_index=account_index("OLD-1"))
    zoe, account = SubjectId(found.owner), found.pk
    prove(zoe)
    bob = join(zoe, account)
    handing_over.offer(owner=zoe, account=account, member=bob, stays=True, now=OFFERED)

    handing_over.accept(subject=bob, account=account, now=TAKEN)

    assert queries.list_by_line("+12075550100") == (bob,)
    assert queries.list_by_account_number("OLD-1") == (bob,)
    vault.erase_person(zoe, now=NOW)
    assert [each.number for each in own(bob)][1] == "OLD-1"


def test_an_account_with_a_balance_of_before_stays_with_its_owner() -> None:
    row = CustomerRow(1, "OLD-1", "Zoe Ray", "zoe@old.example", balance=1250)
    importing.import_customers([row], by=OPERATOR, seen=SeenInFile(), now=NOW)
    found = Account.objects.get(number_index=account_index("OLD-1"))
    zoe = SubjectId(found.owner)
    prove(zoe)
    bob = join(zoe, found.pk)

    with pytest.raises(BalanceWaits):
        handing_over.offer(owner=zoe, account=found.pk, member=bob, stays=True, now=OFFERED)


def test_only_a_member_is_offered_it_and_only_one_at_a_time() -> None:
    alice, bob, account = offered()
    charlie, eve = join(alice, account, "charlie"), make_customer("eve")

    for owner, member, refused in (
        (alice, eve, NoSuchMember),
        (alice, alice, NoSuchMember),
        (alice, charlie, OfferWaits),
        (bob, charlie, NotTheOwner),
        (eve, eve, NotTheOwner),
    ):
        with pytest.raises(refused):
            handing_over.offer(owner=owner, account=account, member=member, stays=True, now=OFFERED)
    later = OFFERED + OFFER_WINDOW
    handing_over.offer(owner=alice, account=account, member=charlie, stays=True, now=later)
    assert [each.member for each in handing_over.list_offers_to(charlie, now=later)] == [charlie]
    assert handing_over.list_offers_to(bob, now=later) == ()


def test_nobody_takes_what_is_not_offered_to_them_or_no_longer() -> None:
    alice, bob, account = offered()
    charlie = join(alice, account, "charlie")

    for subject, now in ((charlie, TAKEN), (alice, TAKEN), (bob, OFFERED + OFFER_WINDOW)):
        with pytest.raises(NoSuchOffer):
            handing_over.accept(subject=subject, account=account, now=now)
    for subject in (charlie, make_customer("eve")):
        with pytest.raises(NoSuchOffer):
            handing_over.decline(subject=subject, account=account, now=OFFERED)
    handing_over.take_back(owner=alice, account=account, now=OFFERED)
    with pytest.raises(NoSuchOffer):
        handing_over.accept(subject=bob, account=account, now=TAKEN)

    assert roles_in(account)[0] == (alice, "owner")


def test_a_member_may_say_no_and_both_see_it() -> None:
    alice, bob, account = offered()

    handing_over.decline(subject=bob, account=account, now=OFFERED)

    for subject, kind in ((alice, "team.changed"), (bob, "membership.changed")):
        assert told(subject, kind)[-1]["change"] == "offer_declined"
    assert handing_over.find_offer(account, now=OFFERED) is None


def test_who_leaves_or_is_removed_is_offered_nothing_any_more() -> None:
    alice, bob, account = offered()

    actions.leave(subject=bob, account=account, now=NOW)

    assert not Handover.objects.exists()
    with pytest.raises(NoSuchOffer):
        handing_over.accept(subject=bob, account=account, now=TAKEN)
    with pytest.raises(NoSuchMember):
        actions.leave(subject=alice, account=account, now=NOW)
    with pytest.raises(NoSuchMember):
        actions.leave(subject=alice, account=account + 1_000, now=NOW)


@pytest.mark.parametrize("who", [0, 1], ids=["its owner", "who is to take it"])
def test_nothing_is_handed_over_by_or_to_somebody_who_is_leaving(who: int) -> None:
    *people, account = offered()
    alice, bob = people
    closing = people[who]
    accounts.close_account(by=Actor(ActorKind.SUBJECT, closing), subject=closing, now=NOW)

    with pytest.raises(Closing):
        handing_over.accept(subject=bob, account=account, now=TAKEN)
    handing_over.take_back(owner=alice, account=account, now=OFFERED)
    with pytest.raises(Closing):
        handing_over.offer(owner=alice, account=account, member=bob, stays=True, now=OFFERED)

    assert roles_in(account) == [(alice, "owner"), (bob, "billing")]


def test_offers_that_nobody_took_are_erased() -> None:
    offered()

    early = handing_over.erase_expired(now=OFFERED + OFFER_WINDOW - timedelta(seconds=1))

    assert (early, handing_over.erase_expired(now=OFFERED + OFFER_WINDOW)) == (0, 1)


def test_a_taken_account_is_handed_on_and_is_not_erased_with_its_former_owner() -> None:
    alice, bob, account = offered()
    handing_over.accept(subject=bob, account=account, now=TAKEN)
    prove(bob)
    charlie = join(bob, account, "charlie")
    with pytest.raises(TakenLately):
        handing_over.offer(owner=bob, account=account, member=charlie, stays=False, now=TAKEN)
    later = TAKEN + RETURN_WINDOW
    handing_over.offer(owner=bob, account=account, member=charlie, stays=False, now=later)
    handing_over.accept(subject=charlie, account=account, now=later + OFFER_WAIT)

    accounts.erase(alice, NOW)
    accounts.erase(bob, NOW)

    assert own(charlie)[1].business_name == BUSINESS
    assert roles_in(account) == [(charlie, "owner")]


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_press_take_at_once_one_takes_it() -> None:
    alice, bob, account = offered()

    ends = at_once([partial(handing_over.accept, subject=bob, account=account, now=TAKEN)] * MANY)

    assert ends.count(None) == 1
    assert {type(each) for each in ends if each} == {NoSuchOffer}
    assert Entry.objects.filter(kind="account.handed_over").count() == 2
    assert roles_in(account) == [(bob, "owner"), (alice, "read_only")]


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_take_an_account_or_take_the_offer_back_at_once_one_does() -> None:
    alice, bob, account = offered()
    kinds = [
        partial(handing_over.accept, subject=bob, account=account, now=TAKEN),
        partial(handing_over.take_back, owner=alice, account=account, now=TAKEN),
    ]

    ends = at_once(kinds * (MANY // len(kinds)))

    is_taken = ends.index(None) % len(kinds) == 0
    assert ends.count(None) == 1
    assert {type(each) for each in ends if each} <= {NoSuchOffer, NotTheOwner}
    assert is_taken or NotTheOwner not in {type(each) for each in ends}
    assert roles_in(account)[0] == (bob if is_taken else alice, "owner")
    assert Entry.objects.filter(kind="account.handed_over").count() == 2 * is_taken
    assert not Handover.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whatever_happens_at_once_an_account_has_one_owner() -> None:
    alice, bob, account = offered()
    kinds = [
        partial(handing_over.accept, subject=bob, account=account, now=TAKEN),
        partial(handing_over.take_back, owner=alice, account=account, now=TAKEN),
        partial(actions.leave, subject=bob, account=account, now=NOW),
        partial(actions.leave, subject=alice, account=account, now=NOW),
        partial(actions.remove, owner=alice, account=account, member=bob, now=NOW),
    ]

    ends = at_once(kinds * (MANY // len(kinds)))

    owners = Member.objects.filter(account_id=account, role=MemberRole.OWNER)
    (owner,) = owners.values_list("subject", flat=True)
    assert Account.objects.get(pk=account).owner == owner
    assert {name for name in map(name_of, ends) if name != "done"} <= {
        *("NoSuchOffer", "NoSuchMember", "NotTheOwner", "OperationalError"),
    }


def name_of(end: BaseException | None) -> str:
    return "done" if end is None else type(end).__name__


def test_who_locks_their_account_offers_it_to_nobody_any_more() -> None:
    alice, bob, account = offered()

    assert handing_over.withdraw_all(alice) == 1

    with pytest.raises(NoSuchOffer):
        handing_over.accept(subject=bob, account=account, now=TAKEN)


def test_for_three_days_nobody_takes_it_and_its_owner_may_take_it_back() -> None:
    alice, bob, account = offered()

    with pytest.raises(OfferTooNew):
        handing_over.accept(subject=bob, account=account, now=TAKEN - timedelta(seconds=1))
    handing_over.take_back(owner=alice, account=account, now=TAKEN - timedelta(seconds=1))
    handing_over.offer(owner=alice, account=account, member=bob, stays=True, now=TAKEN)

    with pytest.raises(OfferTooNew):
        handing_over.accept(subject=bob, account=account, now=TAKEN)
    assert roles_in(account)[0] == (alice, "owner")


def test_nobody_is_offered_an_account_before_they_acted_in_it_for_three_days() -> None:
    alice = make_business()
    account = queries.list_owned(alice)[0].account
    bob = join(alice, account)
    early = OFFERED - timedelta(seconds=1)

    with pytest.raises(MemberTooNew):
        handing_over.offer(owner=alice, account=account, member=bob, stays=True, now=early)

    assert handing_over.find_offer(account, now=early) is None


@pytest.mark.parametrize(
    "way", ["never confirmed", "confirmed too late", "replaced by another", "no letter goes there"]
)
def test_who_cannot_take_the_account_back_by_a_letter_offers_it_to_nobody(way: str) -> None:
    alice = make_customer("alice")
    account = queries.list_owned(alice)[0].account
    bob = join(alice, account)
    if way == "confirmed too late":
        prove(alice, now=OFFERED + timedelta(minutes=1))
    elif way == "replaced by another":
        replace(alice, now=NOW + timedelta(days=1))
    elif way == "no letter goes there":
        prove(alice)
        row = EmailAddress.objects.get(subject=alice)
        row.address = "a\u200balice@mail.example"
        row.save()

    with pytest.raises(NoLetterGoes, match="Confirm your e-mail address first"):
        handing_over.offer(owner=alice, account=account, member=bob, stays=True, now=OFFERED)

    assert handing_over.find_offer(account, now=OFFERED) is None


@pytest.mark.parametrize("act", ["invite", "call", "set_role", "remove", "offer"])
def test_who_handed_an_account_over_a_moment_ago_says_nothing_in_it_any_more(act: str) -> None:
    alice, bob, account = offered()
    charlie = join(alice, account, "charlie")
    role, its = MemberRole.READ_ONLY, account
    acts = dict[str, Callable[[], object]](
        invite=lambda: actions.invite(owner=alice, account=its, role=role, label="X", now=TAKEN),
        call=lambda: actions.call(owner=alice, account=its, member=charlie, label="X", now=TAKEN),
        set_role=lambda: actions.set_role(
            owner=alice, account=its, member=charlie, role=role, now=TAKEN
        ),
        remove=lambda: actions.remove(owner=alice, account=its, member=charlie, now=TAKEN),
        offer=lambda: handing_over.offer(
            owner=alice, account=its, member=charlie, stays=True, now=TAKEN
        ),
    )

    taken = partial(handing_over.accept, subject=bob, account=account, now=TAKEN)
    with (
        connection.execute_wrapper(Meanwhile("SAVEPOINT", taken)),
        pytest.raises(NotTheOwner),
    ):
        acts[act]()

    expected = {(bob, "owner"), (alice, "read_only"), (charlie, "billing")}
    assert set(roles_in(account)) == expected
    assert not Invitation.objects.exists()


def give_back_all(former: SubjectId, *, since: datetime = TAKEN, now: datetime = TAKEN) -> int:
    returns = handing_over.ask_to_return(former, since=since, now=now)
    note = safeguards.ask_to_note_customer(now)
    for each in returns:
        handing_over.give_back(each, former=former, note=note, now=now)
    return len(returns)


@pytest.mark.parametrize("stays", [True, False])
def test_who_owned_it_takes_it_back_with_all_that_is_in_it(stays: bool) -> None:  # noqa: FBT001  # a parameter of the test
    alice, bob, account = offered(stays=stays)
    charlie = join(alice, account, "charlie")
    (before,) = own(alice)
    handing_over.accept(subject=bob, account=account, now=TAKEN)
    actions.invite(owner=bob, account=account, role=MemberRole.BILLING, label="Y", now=TAKEN)

    assert give_back_all(alice) == 1

    assert set(roles_in(account)) == {(alice, "owner"), (charlie, "billing")}
    vault.erase_person(bob, now=TAKEN)
    assert own(alice) == (before,)
    assert not Invitation.objects.exists()
    for subject in (alice, bob):
        # Who follows the link of a letter is not known.
        entry = {"change": "returned", "by": "job:taken_back"}
        assert told(subject, "account.handed_over")[-1] == entry
    assert give_back_all(alice) == 0


def test_what_was_given_back_is_handed_on_to_nobody_for_thirty_days() -> None:
    """So whoever sold it and took it back sells it to nobody else meanwhile."""
    alice, bob, account = offered()
    charlie = join(alice, account, "charlie")
    handing_over.accept(subject=bob, account=account, now=TAKEN)
    later = TAKEN + timedelta(days=9)
    give_back_all(alice, now=later)
    hand_on = partial(handing_over.offer, owner=alice, account=account, member=charlie, stays=True)

    with pytest.raises(TakenLately):
        hand_on(now=later + RETURN_WINDOW - timedelta(seconds=1))
    hand_on(now=later + RETURN_WINDOW)

    assert handing_over.find_offer(account, now=later + RETURN_WINDOW) is not None


def test_what_was_taken_too_long_ago_or_before_the_change_stays_where_it_is() -> None:
    alice, bob, account = offered()
    handing_over.accept(subject=bob, account=account, now=TAKEN)

    assert give_back_all(alice, since=TAKEN + timedelta(seconds=1)) == 0
    assert give_back_all(alice, now=TAKEN + RETURN_WINDOW) == 0
    assert give_back_all(bob) == 0

    assert roles_in(account)[0] == (bob, "owner")
    assert handing_over.erase_expired(now=TAKEN + RETURN_WINDOW) == 1
    assert not TakenOver.objects.exists()


def test_of_two_who_take_back_at_once_one_does() -> None:
    alice, bob, account = offered()
    handing_over.accept(subject=bob, account=account, now=TAKEN)
    (each,) = handing_over.ask_to_return(alice, since=TAKEN, now=TAKEN)
    note = safeguards.ask_to_note_customer(TAKEN)

    for _ in range(2):
        handing_over.give_back(each, former=alice, note=note, now=TAKEN)

    assert roles_in(account) == [(alice, "owner")]
    assert len(told(bob, "account.handed_over")) == 2
