"""P14, clause account.team.

"You may let others act in an account that you own; nobody else invites into it, whatever they may
do there. Of each we keep what they may do there and what you call them, sealed under your key,
until you or they end it, or your account or theirs is erased. An invitation is a code that works
once and for seven days, and names nobody. Who invites, joins, sets or ends something proves again
who they are. Inviting is written of you, each other change and such an end of you both; who it is
written of is told at once by letter. When you take a change back that somebody else made, who has
joined since the day before it acts in your account no more."
"""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from clearline.policy.use import Actor, ActorKind
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import queries
from clearline.service.accounts.roles import MemberRole
from clearline.service.contacts import notices
from clearline.service.mail.models import Letter
from clearline.service.teams import actions
from clearline.service.teams.actions import NoSuchInvitation, NotTheOwner
from clearline.service.teams.models import Invitation, MemberLabel
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import fields_of, list_about
from tests.browser_client import browser
from tests.promises.provider import Clock, everything, work
from tests.service.accounts.people import NOW, PASSWORD, make_customer
from tests.service.contacts.contacts import confirmed, key_in, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
LABEL = "Qwzx Front Desk"


def invite() -> str:
    alice = make_customer("alice")
    role = MemberRole.BILLING
    return actions.invite(owner=alice, role=role, label=LABEL, now=NOW).code


def test_what_they_may_do_and_what_you_call_them_is_kept_sealed_until_it_is_ended() -> None:
    code, bob = invite(), make_customer("bob")
    actions.accept(subject=bob, code=code, now=NOW)
    (_, theirs) = queries.list_memberships(bob)
    assert theirs.role is MemberRole.BILLING
    assert LABEL not in everything()

    actions.leave(subject=bob, account=theirs.account, now=NOW)

    assert not MemberLabel.objects.exists()
    assert len(queries.list_memberships(bob)) == 1


def test_what_an_owner_calls_them_rests_on_this_clause_and_on_no_other() -> None:
    alice = make_customer("alice")

    assert actions.ask_for_team(alice, NOW).clause == "account.team"


def test_who_invites_joins_or_ends_something_proves_again_who_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(NOW)
    monkeypatch.setattr(timezone, "now", clock)
    code, bob = invite(), browser()
    make_customer("bob")
    bob.post("/account/sign-in/", {"user_id": "bob", "password": PASSWORD})
    clock.now += timedelta(minutes=16)

    for path, form in (("", {"act": "invite"}), ("", {"act": "leave"}), ("join/", {"code": code})):
        led = bob.post(f"/account/team/{path}", form)
        assert led["Location"].startswith("/account/prove/")

    assert Invitation.objects.exists()
    bob.post("/account/prove/", {"password": PASSWORD})
    assert bob.post("/account/team/join/", {"code": code}).status_code == 302
    assert not Invitation.objects.exists()


def test_each_change_is_written_of_both_and_told_to_both_at_once() -> None:
    alice, bob, now = confirmed(), confirmed("bob"), NOW + timedelta(days=40)
    account = queries.list_owned(alice)[0].account
    made = actions.invite(owner=alice, role=MemberRole.BILLING, label=LABEL, now=now)
    look_only = MemberRole.READ_ONLY
    changes = (
        partial(actions.accept, subject=bob, code=made.code),
        partial(actions.set_role, owner=alice, member=bob, role=look_only),
        partial(actions.leave, subject=bob, account=account),
    )

    for change in changes:
        tell(now=now)
        Letter.objects.all().delete()
        change(now=now)
        tell(now=now)
        told = set(Letter.objects.values_list("subject", "template"))
        assert told == {(alice, "change_notice"), (bob, "membership_notice")}

    for subject, kind in ((alice, "team.changed"), (bob, "membership.changed")):
        assert [each.kind for each in list_about(subject).entries].count(kind) == len(changes)


@pytest.mark.parametrize("role", [each for each in MemberRole if each is not MemberRole.OWNER])
def test_nobody_but_the_owner_invites_whatever_they_may_do(role: MemberRole) -> None:
    alice, bob = make_customer("alice"), make_customer("bob")
    made = actions.invite(owner=alice, role=role, label=LABEL, now=NOW)
    actions.accept(subject=bob, code=made.code, now=NOW)
    account = queries.list_owned(alice)[0].account

    with pytest.raises(NotTheOwner):
        actions.invite(owner=bob, account=account, role=role, label=LABEL, now=NOW)


@pytest.mark.parametrize("who", [0, 1], ids=["its owner's", "the member's"])
def test_it_ends_when_either_account_is_erased_and_the_other_reads_and_hears_of_it(
    who: int,
) -> None:
    people = alice, bob = confirmed(), confirmed("bob")
    now = NOW + timedelta(days=40)
    made = actions.invite(owner=alice, role=MemberRole.BILLING, label=LABEL, now=now)
    actions.accept(subject=bob, code=made.code, now=now)
    gone, other = people[who], people[1 - who]
    accounts.close_account(by=Actor(ActorKind.SUBJECT, gone), subject=gone, now=now)
    tell(now=now)
    Letter.objects.all().delete()
    day = now + timedelta(days=31)

    accounts.erase_closed(policy_in_force(day), now=day)
    tell(now=day)
    work(day)

    assert len(queries.list_memberships(other)) == 1
    assert not MemberLabel.objects.exists()
    kind, template = (
        ("membership.changed", "membership_notice")
        if other == bob
        else ("team.changed", "change_notice")
    )
    newest = Entry.objects.filter(subject=other, kind=kind).latest("number")
    assert fields_of(newest, sealer()) == {"change": "ended", "role": "", "by": "job:erasing"}
    assert set(Letter.objects.values_list("subject", "template")) == {(other, template)}


def test_who_joined_since_the_day_before_a_change_that_is_taken_back_acts_there_no_more() -> None:
    alice, now = confirmed(), NOW + timedelta(days=40)
    account = queries.list_owned(alice)[0].account
    charlie, mallory = make_customer("charlie"), make_customer("mallory")
    for member, joined_at in ((charlie, now - timedelta(days=9)), (mallory, now)):
        made = actions.invite(owner=alice, role=MemberRole.BILLING, label=LABEL, now=joined_at)
        actions.accept(subject=member, code=made.code, now=joined_at)
    links = [filled["link"] for _, filled in tell(now=now)]

    notices.take_back(token=key_in(links[-1]), now=now)

    assert [each.subject for each in queries.list_members(account)] == [alice, charlie]


def test_an_invitation_names_nobody_works_once_and_is_erased_after_seven_days() -> None:
    code = invite()
    kept = everything()
    assert code not in kept
    assert LABEL not in kept

    with pytest.raises(NoSuchInvitation):
        actions.accept(subject=make_customer("bob"), code=code, now=NOW + timedelta(days=7))
    work(NOW + timedelta(days=7))

    assert not Invitation.objects.exists()
