"""Undoing what somebody else did to an account: that it was closed, and where its bills go."""

from datetime import datetime
from typing import Final

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.models import Holder, PostalAddress
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger import queries as ledger_queries
from clearline.trust.ledger.entries.accounts import AccountClosed, AccountReopened

BY: Final = Actor(ActorKind.JOB, "taken_back")  # who follows the link of a letter is not known


def reopen(subject: SubjectId, *, since: datetime, permit: Permit, now: datetime) -> None:
    """Open an account that was closed since a moment, in the caller's transaction.

    Also one that was closed for good since then. What was said of the age at that is forgotten; the
    answers "no" that came of it stay. Nothing happens where it was not closed since.
    Source: clauses account.holder, account.age.
    """
    rows = Holder.objects.select_for_update().filter(subject=subject, closed_at__isnull=False)
    holder = rows.first()
    # `closed_at` is the first closing; it may have become one for good since.
    if holder is None or not ledger_queries.has_happened(AccountClosed.kind, subject, since=since):
        return
    if holder.is_final:
        holder.age_range = None
    holder.closed_at, holder.is_final = None, False
    holder.save(update_fields=["age_range", "closed_at", "is_final"])
    ledger.append(AccountReopened(by=str(BY)), subject=subject, permit=permit, now=now)


def take_out_addresses(subject: SubjectId, *, since: datetime) -> tuple[str, ...]:
    """Erase the postal addresses that were told since a moment, in the caller's transaction.

    Those that they replaced were erased when they were. Returns their fields. Source: clause
    account.address.
    """
    rows = PostalAddress.objects.filter(subject=subject, told_at__gte=since)
    kinds = sorted(rows.select_for_update().values_list("kind", flat=True))
    rows.filter(kind__in=kinds).delete()
    return tuple(f"{kind}_address" for kind in kinds)
