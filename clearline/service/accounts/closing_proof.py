"""The address at which the proof of an erasure will stand, told to whoever closes an account."""

from datetime import date, datetime

from django.conf import settings
from django.utils.formats import date_format

from clearline.kit.errors import Conflict
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.models import Holder
from clearline.service.accounts.queries import erased_on
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.entries.accounts import AccountReopened


class NothingErased(Conflict):
    """The account is closed, and its holder may still take that back."""

    code = "nothing_erased"

    def __init__(self, day: date | None) -> None:
        until = f" on {date_format(day, 'j F Y')}" if day else ""
        super().__init__(
            f"This account is closed. All that it holds is to be erased{until}; from then on the "
            "proof of that stands at this address. Keep it: nothing here leads to you any more by "
            "then."
        )


class ClosingTakenBack(Conflict):
    code = "closing_taken_back"

    def __init__(self) -> None:
        super().__init__(
            "The closing that this address belongs to was taken back, so nothing was erased by it. "
            "Whoever closes the account again gets another address."
        )


def find_address(subject: SubjectId) -> str:
    """Return where the proof will stand that a closed account was erased; "" while it is open."""
    path = find_path(subject)
    return settings.ENV.url + path if path else ""


def find_path(subject: SubjectId) -> str:
    """Return that address as the path on our site, for apps, which know where that is."""
    closed = Holder.objects.filter(subject=subject, closed_at__isnull=False)
    proof = closed.values_list("closing_proof", flat=True).first()
    return f"/privacy/receipt/{proof}/" if proof else ""


def refuse_unerased(entry_id: str, *, now: datetime) -> None:
    """Return but for the number of an erasure that is still to come, or that never will.

    Raises NothingErased, ClosingTakenBack, NoEditionInForce, PolicyBroken.
    """
    closed = Holder.objects.filter(closing_proof=entry_id, closed_at__isnull=False)
    closed_at = closed.values_list("closed_at", flat=True).first()
    if closed_at is not None:
        raise NothingErased(erased_on(closed_at, now=now))
    if ledger.find_kind(entry_id) == AccountReopened.kind:
        raise ClosingTakenBack
