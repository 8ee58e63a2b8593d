"""Undoing what somebody else did to an account: its closing, its age, where its bills go."""

from datetime import datetime
from typing import Final

from django.db import transaction

from clearline.kit.errors import Conflict
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.actions import (
    AlreadyOpen,
    close_account,
    end_closing,
    lock_holder,
)
from clearline.service.accounts.models import CustomerInvitation, Holder, PostalAddress
from clearline.service.accounts.queries import list_owned
from clearline.service.accounts.undoing import came_in
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import queries as ledger_queries
from clearline.trust.ledger.entries.accounts import AccountClosed, AgeChanged
from clearline.trust.safeguards import actions as safeguards


class SeveralAccounts(Conflict):
    code = "several_accounts"

    def __init__(self, accounts: int) -> None:
        super().__init__(
            f"Accounts of the owner of this one: {accounts}. All of them close, and are erased, "
            f"together. Nothing was changed. If that is meant, say `--accounts {accounts}`."
        )


BY: Final = Actor(ActorKind.JOB, "taken_back")  # who follows the link of a letter is not known


def reopen(subject: SubjectId, *, since: datetime, permit: Permit, now: datetime) -> None:
    """Open an account that was closed since a moment, in the caller's transaction.

    Also one that was closed for good since then. What was said of the age at that is forgotten and
    asked again; the answers "no" that came of it stay. Nothing happens where it was not closed
    since.
    Source: clauses account.holder, account.age.
    """
    rows = Holder.objects.select_for_update().filter(subject=subject, closed_at__isnull=False)
    holder = rows.first()
    # `closed_at` is the first closing; it may have become one for good since.
    if holder is None or not ledger_queries.has_happened(AccountClosed.kind, subject, since=since):
        return
    open_again(holder, by=BY, permit=permit, now=now)


def reopen_by_word(*, by: Actor, subject: SubjectId, now: datetime) -> None:
    """Open an account again for somebody who is answered for, also one that was closed for good.

    For those whom no letter with a link reached. Raises NoSuchCustomer, AlreadyOpen,
    gate.UseDenied, NoEditionInForce. Source: clauses account.holder, account.age.
    """
    permit = safeguards.ask_to_note_customer(now)

    with transaction.atomic():
        holder = lock_holder(subject)
        if holder.closed_at is None:
            raise AlreadyOpen
        open_again(holder, by=by, permit=permit, now=now)


def close_by_word(*, by: Actor, subject: SubjectId, accounts: int, now: datetime) -> None:
    """Close what somebody has here, who is answered for: all their accounts, as they have one key.

    `accounts` is how many that is said to be. Raises SeveralAccounts, NoSuchCustomer,
    AlreadyClosed, gate.UseDenied, NoEditionInForce. Source: clauses account.holder, account.acts.
    """
    owned = len(list_owned(subject))
    if owned != accounts:
        raise SeveralAccounts(owned)
    close_account(by=by, subject=subject, now=now)


def open_again(holder: Holder, *, by: Actor, permit: Permit, now: datetime) -> None:
    """Open an account that the caller's transaction holds; an age that closed it is forgotten.

    The link of an invitation that nobody came in by works again, if it is not too old.
    """
    if holder.is_final:
        holder.age_range = None
    holder.is_final = False
    holder.save(update_fields=["age_range", "is_final"])
    open_link(SubjectId(holder.subject))
    end_closing(holder, by=by, permit=permit, now=now)


def open_link(subject: SubjectId) -> None:
    """Let the link work again that closed the account of who never came in, in a transaction."""
    links = CustomerInvitation.objects.filter(subject=subject, used_at__isnull=False)
    links.exclude(came_in()).update(used_at=None)


def forget_age(subject: SubjectId, *, since: datetime) -> None:
    """Forget what was said of somebody's age since a moment, in the caller's transaction.

    It is asked again before the account serves on. Source: clause account.age.
    """
    if ledger_queries.has_happened(AgeChanged.kind, subject, since=since):
        Holder.objects.filter(subject=subject).update(age_range=None)


def take_out_addresses(subject: SubjectId, *, since: datetime) -> tuple[str, ...]:
    """Erase the postal addresses that were told since a moment, in the caller's transaction.

    Those that they replaced were erased when they were. Returns their fields. Source: clause
    account.address.
    """
    rows = PostalAddress.objects.filter(subject=subject, told_at__gte=since)
    kinds = sorted(rows.select_for_update().values_list("kind", flat=True))
    rows.filter(kind__in=kinds).delete()
    return tuple(f"{kind}_address" for kind in kinds)
