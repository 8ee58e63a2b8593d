"""Who may act in an account: one added, their role set or ended, under the account's lock."""

from datetime import datetime

from clearline.kit.errors import Conflict, NotFound
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.actions import NoSuchCustomer
from clearline.service.accounts.models import Account, Member
from clearline.service.accounts.queries import MEMBERS_MAX
from clearline.service.accounts.roles import MemberRole


class AlreadyMember(Conflict):
    code = "already_member"

    def __init__(self) -> None:
        super().__init__("You may act in this account already.")


class TeamFull(Conflict):
    code = "team_full"

    def __init__(self) -> None:
        super().__init__(f"At most {MEMBERS_MAX} people may act in one account.")


class NoSuchMember(NotFound):
    code = "no_such_member"

    def __init__(self) -> None:
        super().__init__("Nobody like that is in this team. Go back to the list.")


def add_member(*, account: int, subject: SubjectId, role: MemberRole, now: datetime) -> None:
    """Let somebody act in an account, in the caller's transaction.

    Raises NoSuchCustomer, AlreadyMember, TeamFull.
    """
    lock_account(account)
    members = Member.objects.filter(account_id=account)
    if members.filter(subject=subject).exists():
        raise AlreadyMember
    if members.count() >= MEMBERS_MAX:
        raise TeamFull
    Member.objects.create(account_id=account, subject=subject, role=role, since=now)


def lock_account(account: int) -> None:
    """Hold an account until the caller's transaction ends: what is counted in it stays so.

    Raises NoSuchCustomer.
    """
    if Account.objects.select_for_update().filter(pk=account).first() is None:
        raise NoSuchCustomer


def set_member(*, account: int, subject: SubjectId, role: MemberRole | None) -> bool:
    """Set what a member may do, or end it with None, in the caller's transaction.

    The owner stays the owner. Returns whether it was another before. Raises NoSuchMember.
    """
    others = Member.objects.exclude(role=MemberRole.OWNER)
    row = others.filter(account_id=account, subject=subject)
    if not row.exists():
        raise NoSuchMember
    return bool(row.exclude(role=role).update(role=role) if role else row.delete()[0])
