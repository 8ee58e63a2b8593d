"""Teams: one code lets one person in, the owner stays the owner, and everything can be ended."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection

from clearline.kit.errors import Refusal
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import members, queries
from clearline.service.accounts.members import AlreadyMember, NoSuchMember, TeamFull
from clearline.service.accounts.models import Member
from clearline.service.accounts.roles import MemberRole
from clearline.service.accounts.words import FieldWrong
from clearline.service.teams import actions
from clearline.service.teams.actions import (
    CODE_WINDOW,
    INVITATIONS_MAX,
    NoInvitableRole,
    NoSuchInvitation,
    NotTheOwner,
    TooManyInvitations,
)
from clearline.service.teams.models import Invitation, MemberLabel
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from tests.promises.provider import rows
from tests.service.accounts.people import NOW, make_customer

pytestmark = pytest.mark.django_db
MANY = 50


def invite(owner: SubjectId, role: MemberRole = MemberRole.BILLING) -> str:
    return actions.invite(owner=owner, role=role, label="Front Desk", now=NOW).code


def joined(owner: SubjectId, user_id: str = "bob") -> SubjectId:
    subject = make_customer(user_id)
    actions.accept(subject=subject, code=invite(owner), now=NOW)
    return subject


def told_of(subject: SubjectId, kind: str) -> list[dict[str, object]]:
    entries = Entry.objects.filter(kind=kind, subject=subject).order_by("number")
    return [ledger.fields_of(each, sealer()) for each in entries]


def test_who_has_the_code_may_act_in_the_account_as_invited() -> None:
    alice = make_customer("alice")

    bob = joined(alice)

    owner, member = actions.show_team(owner=alice, now=NOW).members
    assert (owner.subject, owner.role, owner.label) == (alice, MemberRole.OWNER, "")
    assert (member.subject, member.role, member.label) == (bob, MemberRole.BILLING, "Front Desk")
    assert [each.role for each in queries.list_memberships(bob)] == ["owner", "billing"]


def test_an_invitation_waits_until_it_is_used_and_names_nobody_in_the_tables() -> None:
    alice = make_customer("alice")

    code = invite(alice)

    (waiting,) = actions.show_team(owner=alice, now=NOW).invitations
    assert (waiting.role, waiting.label) == (MemberRole.BILLING, "Front Desk")
    assert waiting.expires_at == NOW + CODE_WINDOW
    kept = "\n".join(rows())
    assert code not in kept
    assert "Front Desk" not in kept


@pytest.mark.parametrize("typed", ["{code}", " {code} ", "{upper}", "{dashed}"])
def test_a_code_works_however_it_is_typed(typed: str) -> None:
    code = invite(make_customer("alice"))
    dashed = "-".join(code[place : place + 5] for place in range(0, 20, 5))

    told = typed.format(code=code, upper=code.upper(), dashed=dashed)
    actions.accept(subject=make_customer("bob"), code=told, now=NOW)

    assert Member.objects.count() == 3


def test_a_code_works_once_and_for_seven_days() -> None:
    alice = make_customer("alice")
    bob, charlie = make_customer("bob"), make_customer("charlie")
    used, old = invite(alice), invite(alice)
    actions.accept(subject=bob, code=used, now=NOW)

    for code, now in ((used, NOW), (old, NOW + CODE_WINDOW), ("", NOW), ("x" * 20, NOW)):
        with pytest.raises(NoSuchInvitation, match="ask for a new one"):
            actions.accept(subject=charlie, code=code, now=now)


def test_who_may_act_already_uses_up_no_code() -> None:
    alice = make_customer("alice")
    bob = joined(alice)
    code = invite(alice)

    for subject in (alice, bob):
        with pytest.raises(AlreadyMember):
            actions.accept(subject=subject, code=code, now=NOW)

    assert Invitation.objects.count() == 1


def test_an_invitation_that_was_withdrawn_opens_nothing() -> None:
    alice = make_customer("alice")
    code = invite(alice)
    (waiting,) = actions.show_team(owner=alice, now=NOW).invitations

    actions.withdraw(owner=alice, number=waiting.number, now=NOW)

    with pytest.raises(NoSuchInvitation):
        actions.accept(subject=make_customer("bob"), code=code, now=NOW)
    with pytest.raises(NoSuchInvitation):
        actions.withdraw(owner=alice, number=waiting.number, now=NOW)


def test_the_owner_sets_and_ends_what_a_member_may_do_and_a_member_leaves() -> None:
    alice = make_customer("alice")
    bob, charlie = joined(alice), joined(alice, "charlie")
    account = queries.find_owned(alice)
    assert account is not None

    actions.set_role(owner=alice, member=bob, role=MemberRole.READ_ONLY, now=NOW)
    actions.remove(owner=alice, member=charlie, now=NOW)

    assert [each.role for each in queries.list_members(account)] == ["owner", "read_only"]
    actions.leave(subject=bob, account=account, now=NOW)
    assert len(queries.list_members(account)) == 1
    assert not MemberLabel.objects.exists()


def test_a_role_that_a_member_has_already_is_no_change_and_is_written_of_nobody() -> None:
    """Each would write to both; an owner could fill the mailbox of a member."""
    alice = make_customer("alice")
    bob = joined(alice)
    before = Entry.objects.count()

    actions.set_role(owner=alice, member=bob, role=MemberRole.BILLING, now=NOW)

    assert Entry.objects.count() == before
    actions.set_role(owner=alice, member=bob, role=MemberRole.READ_ONLY, now=NOW)
    assert [each["change"] for each in told_of(bob, "membership.changed")] == ["joined", "set"]


def test_nobody_touches_a_team_that_is_anothers() -> None:
    alice, eve = make_customer("alice"), make_customer("eve")
    bob = joined(alice)
    invite(alice)
    (waiting,) = actions.show_team(owner=alice, now=NOW).invitations

    acts: list[Callable[[], None]] = [
        lambda: actions.set_role(owner=eve, member=bob, role=MemberRole.BILLING, now=NOW),
        lambda: actions.remove(owner=eve, member=bob, now=NOW),
        lambda: actions.remove(owner=bob, member=alice, now=NOW),
        lambda: actions.withdraw(owner=eve, number=waiting.number, now=NOW),
        lambda: actions.leave(subject=eve, account=queries.find_owned(alice) or 0, now=NOW),
    ]
    for act in acts:
        with pytest.raises((NoSuchMember, NoSuchInvitation)):
            act()

    assert len(queries.list_members(queries.find_owned(alice) or 0)) == 2


def test_the_owner_stays_the_owner() -> None:
    alice = make_customer("alice")
    account = queries.find_owned(alice) or 0

    with pytest.raises(NoInvitableRole):
        invite(alice, MemberRole.OWNER)
    with pytest.raises(NoInvitableRole):
        actions.set_role(owner=alice, member=alice, role=MemberRole.OWNER, now=NOW)
    with pytest.raises(NoSuchMember):
        actions.set_role(owner=alice, member=alice, role=MemberRole.BILLING, now=NOW)
    with pytest.raises(NoSuchMember):
        actions.leave(subject=alice, account=account, now=NOW)
    with pytest.raises(NotTheOwner):
        invite(SubjectId("0" * 32))


def test_there_is_an_end_to_invitations_and_members(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = make_customer("alice")
    codes = [invite(alice) for _ in range(INVITATIONS_MAX)]

    with pytest.raises(TooManyInvitations, match="Withdraw one first"):
        invite(alice)
    with pytest.raises(FieldWrong):
        actions.invite(owner=alice, role=MemberRole.BILLING, label=" ", now=NOW)
    monkeypatch.setattr(members, "MEMBERS_MAX", 2)
    actions.accept(subject=make_customer("bob"), code=codes[0], now=NOW)
    with pytest.raises(TeamFull):
        actions.accept(subject=make_customer("charlie"), code=codes[1], now=NOW)
    assert invite(alice)


def test_each_change_is_written_of_owner_and_member() -> None:
    alice = make_customer("alice")
    bob = joined(alice)

    actions.set_role(owner=alice, member=bob, role=MemberRole.READ_ONLY, now=NOW)
    actions.remove(owner=alice, member=bob, now=NOW)

    told = [
        {"role": "billing", "by": f"subject:{bob}", "change": "joined"},
        {"role": "read_only", "by": f"subject:{alice}", "change": "set"},
        {"role": "", "by": f"subject:{alice}", "change": "ended"},
    ]
    assert told_of(bob, "membership.changed") == told_of(alice, "team.changed") == told
    (invited,) = Entry.objects.filter(kind="team.invited", subject=alice)
    expected = {"role": "billing", "by": f"subject:{alice}"}
    assert ledger.fields_of(invited, sealer()) == expected


def test_old_invitations_and_names_of_those_who_are_gone_are_erased() -> None:
    alice = make_customer("alice")
    bob, charlie = joined(alice), joined(alice, "charlie")
    invite(alice)
    Member.objects.filter(subject=bob, role=MemberRole.BILLING).delete()  # as an erasure does

    erased = actions.erase_expired(now=NOW + CODE_WINDOW - timedelta(seconds=1))
    later = actions.erase_expired(now=NOW + CODE_WINDOW)

    assert (erased, later) == (1, 1)
    assert list(MemberLabel.objects.values_list("member", flat=True)) == [charlie]


def at_once(acts: Sequence[Callable[[], object]]) -> list[BaseException | None]:
    """Do all at the same moment, each on a connection of its own; return what each raised."""
    outcomes: list[BaseException | None] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int) -> None:
        try:
            start.wait()
            acts[place]()
        except (Refusal, OperationalError) as refused:
            outcomes[place] = refused
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_one_code_at_once_one_joins() -> None:
    alice = make_customer("alice")
    people = [make_customer(f"person{number}") for number in range(6)]
    code = invite(alice)

    def accept(subject: SubjectId) -> Callable[[], None]:
        return lambda: actions.accept(subject=subject, code=code, now=NOW)

    outcomes = at_once([accept(subject) for subject in people])

    assert outcomes.count(None) == 1
    assert all(isinstance(each, NoSuchInvitation) for each in outcomes if each)
    assert len(queries.list_members(queries.find_owned(alice) or 0)) == 2


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_join_by_a_code_or_withdraw_it_at_once_one_does() -> None:
    alice, bob = make_customer("alice"), make_customer("bob")
    code = invite(alice)
    (waiting,) = actions.show_team(owner=alice, now=NOW).invitations
    kinds = [
        partial(actions.accept, subject=bob, code=code, now=NOW),
        partial(actions.withdraw, owner=alice, number=waiting.number, now=NOW),
    ]

    outcomes = at_once(kinds * (MANY // len(kinds)))

    assert outcomes.count(None) == 1
    assert {type(each) for each in outcomes if each} == {NoSuchInvitation}
    has_joined = outcomes.index(None) % len(kinds) == 0
    assert len(queries.list_members(queries.find_owned(alice) or 0)) == 1 + has_joined
    assert Entry.objects.filter(kind="team.changed").count() == 1
    assert Entry.objects.filter(kind="membership.changed").count() == has_joined
    assert MemberLabel.objects.count() == has_joined
    assert not Invitation.objects.exists()
