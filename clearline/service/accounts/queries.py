"""What is known of accounts without opening what is sealed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from clearline.policy.vocabulary import ClauseId, SubjectId
from clearline.service.accounts.models import Agreement, Holder
from clearline.trust.blind_index import blind_index, folded

HOLDER_CLAUSE: Final = ClauseId("account.holder")  # says how long a closed account is kept


@dataclass(frozen=True, slots=True)
class Agreed:
    """The newest edition that somebody agreed to, when, and the entry that proves it."""

    edition: date
    at: datetime
    proof: str


def find_agreed(subject: SubjectId) -> Agreed | None:
    row = Agreement.objects.filter(subject=subject).order_by("-edition").first()
    return None if row is None else Agreed(row.edition, row.agreed_at, row.proof)


def find_closed_at(subject: SubjectId) -> datetime | None:
    """Return when somebody closed their account; None while it is open."""
    return Holder.objects.filter(subject=subject).values_list("closed_at", flat=True).first()


def email_index(address: str) -> bytes:
    return blind_index(b"email", folded(address))


def account_index(number: str) -> bytes:
    return blind_index(b"account", number)
