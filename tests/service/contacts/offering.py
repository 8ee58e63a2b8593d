"""An account that is offered and into which somebody is invited."""

from datetime import datetime

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.queries import list_owned
from clearline.service.accounts.roles import MemberRole
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over
from tests.service.accounts.people import make_customer


def offered_and_invited(owner: SubjectId, now: datetime) -> tuple[str, int]:
    """Return the code of an invitation that waits, and the account, which is offered too."""
    account = list_owned(owner)[0].account
    member, joined_at = make_customer("mallory"), now - handing_over.MEMBER_WAIT
    made = teams.invite(owner=owner, role=MemberRole.BILLING, label="M", now=joined_at)
    teams.accept(subject=member, code=made.code, now=joined_at)
    handing_over.offer(owner=owner, account=account, member=member, stays=False, now=now)
    waiting = teams.invite(owner=owner, role=MemberRole.BILLING, label="E", now=now)
    return waiting.code, account
