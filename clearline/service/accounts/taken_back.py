"""Opening an account again that somebody else closed."""

from datetime import datetime

from django.db.models import Q

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.models import Holder
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import AccountReopened


def reopen(subject: SubjectId, *, since: datetime, permit: Permit, now: datetime) -> bool:
    """Open an account that was closed since a moment, or for good, in the caller's transaction.

    What was said of the age when it was closed for good is forgotten with that; the answers "no"
    that came of it stay. Returns whether it had been closed.
    Source: clauses account.holder, account.age.
    """
    is_due = Q(closed_at__gte=since) | Q(is_final=True)
    holder = Holder.objects.select_for_update().filter(is_due, subject=subject).first()
    if holder is None:
        return False
    if holder.is_final:
        holder.age_range = None
    holder.closed_at, holder.is_final = None, False
    holder.save(update_fields=["age_range", "closed_at", "is_final"])
    entry = AccountReopened(by=str(Actor(ActorKind.SUBJECT, subject)))
    ledger.append(entry, subject=subject, permit=permit, now=now)
    return True
