"""P14, clause account.team.

"You may let others act in your account. Of each we keep what they may do there and what you call
them, sealed under your key, until you or they end it. An invitation is a code that works once and
for seven days, and names nobody."
"""

from datetime import timedelta

import pytest

from clearline.service.accounts import queries
from clearline.service.accounts.roles import MemberRole
from clearline.service.teams import actions
from clearline.service.teams.actions import NoSuchInvitation
from clearline.service.teams.models import Invitation, MemberLabel
from tests.promises.provider import everything, work
from tests.service.accounts.people import NOW, make_customer

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


def test_an_invitation_names_nobody_works_once_and_is_erased_after_seven_days() -> None:
    code = invite()
    kept = everything()
    assert code not in kept
    assert LABEL not in kept

    with pytest.raises(NoSuchInvitation):
        actions.accept(subject=make_customer("bob"), code=code, now=NOW + timedelta(days=7))
    work(NOW + timedelta(days=7))

    assert not Invitation.objects.exists()
