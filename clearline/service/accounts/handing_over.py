"""Making a member the owner of an account: what is sealed in it gets the key of the new owner."""

from datetime import datetime

from clearline.kit.errors import Conflict
from clearline.policy.use import Actor, Use
from clearline.policy.vocabulary import Category, Purpose, SubjectId, SubjectKind
from clearline.service.accounts.actions import NoSuchAccount
from clearline.service.accounts.members import NoSuchMember
from clearline.service.accounts.models import (
    Account,
    Holder,
    ImportedCustomer,
    ImportedLine,
    Member,
)
from clearline.service.accounts.roles import MemberRole
from clearline.trust.gate.permit import Permit
from clearline.trust.vault import queries as vault


class Closing(Conflict):
    code = "closing"

    def __init__(self) -> None:
        super().__init__(
            "One of you two has closed what they hold here. Who wants to go on takes that back."
        )


class BalanceWaits(Conflict):
    code = "balance_waits"

    def __init__(self) -> None:
        super().__init__(
            "This account has a balance that we took over from our earlier records. Until it "
            "stands in our books the account stays with who owns it."
        )


def use_to_hand_over(by: Actor, owner: SubjectId) -> Use:
    """Return the use of what is sealed in an account when it gets another owner.

    Source: clause account.handover.
    """
    return Use(
        by=by,
        subject=owner,
        categories=frozenset(
            {Category.ACCOUNT, Category.CONTACT_ORGANIZATION, Category.CONTACT_PHONE_NUMBER}
        ),
        purpose=Purpose.ESSENTIAL_SERVICE_OPERATIONS,
        about=SubjectKind.CUSTOMER,
    )


def refuse_balance(account: int) -> None:
    """Return if no balance of an earlier system waits in an account. Raises BalanceWaits."""
    came = Account.objects.filter(pk=account).values_list("owner", "opened_at")
    for owner, opened_at in came:
        if ImportedCustomer.objects.filter(
            subject=owner, imported_at=opened_at, balance__isnull=False
        ).exists():
            raise BalanceWaits


def refuse_closing(old: SubjectId, new: SubjectId) -> None:
    """Return if both are open, and hold them so, in the caller's transaction. Raises Closing."""
    # In one order, so that two who hand over to each other do not wait for each other for ever.
    holders = Holder.objects.select_for_update().filter(subject__in=(old, new)).order_by("pk")
    if [each.closed_at for each in holders] != [None, None]:
        raise Closing


def hand_over(
    *, account: int, old: SubjectId, new: SubjectId, stays: bool, permit: Permit, now: datetime
) -> None:
    """Make a member the owner of an account, in the caller's transaction, which holds the account.

    Who owned it looks on from then, or is no member any more. `permit` is the old owner's, for
    `use_to_hand_over`. Raises NoSuchAccount, NoSuchMember, Closing, BalanceWaits.
    """
    row = Account.objects.filter(pk=account, owner=old).first()
    if row is None:
        raise NoSuchAccount
    refuse_closing(old, new)
    refuse_balance(account)

    members = Member.objects.filter(account=row)
    was = members.filter(subject=old, role=MemberRole.OWNER)
    had = was.update(role=MemberRole.READ_ONLY, since=now) if stays else was.delete()[0]
    others = members.filter(subject=new).exclude(role=MemberRole.OWNER)
    if not had or not others.update(role=MemberRole.OWNER, since=now):
        raise NoSuchMember
    seal_anew(row, new, permit, now)


def give_back(
    *, account: int, taker: SubjectId, former: SubjectId, permit: Permit, now: datetime
) -> None:
    """Make who owned an account its owner again, in the caller's transaction, which holds it.

    Whoever took it is no member any more, and it does not matter who has closed what meanwhile.
    `permit` is the taker's, for `use_to_hand_over`. Raises NoSuchAccount.
    """
    row = Account.objects.filter(pk=account, owner=taker).first()
    if row is None:
        raise NoSuchAccount
    members = Member.objects.filter(account=row)
    members.filter(subject=taker).delete()
    members.update_or_create(
        account=row, subject=former, defaults={"role": MemberRole.OWNER, "since": now}
    )
    seal_anew(row, former, permit, now)


def seal_anew(row: Account, new: SubjectId, permit: Permit, now: datetime) -> None:
    """Put what an account holds under the key of its new owner."""
    number, name = row.number, row.business_name
    row.owner, row.number = new, vault.open_sealed(number, permit=permit, now=now)
    row.business_name = vault.open_sealed(name, permit=permit, now=now) if name else None
    row.save(update_fields=["owner", "number", "business_name"])
    for line in ImportedLine.objects.filter(account=row):
        line.subject, line.number = new, vault.open_sealed(line.number, permit=permit, now=now)
        line.save(update_fields=["subject", "number"])
