"""What is held of a person while it stays shut, and the receipts of their own entries."""

from collections import Counter
from datetime import datetime

from clearline.policy.vocabulary import SubjectId
from clearline.rights.my_data.held import UNSEALED, Held, in_order, keepings_of
from clearline.service.accounts import queries as accounts
from clearline.trust.gate import queries as gate
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.queries import Receipt
from clearline.trust.vault import queries as vault


def list_held(subject: SubjectId, *, now: datetime) -> tuple[Held, ...]:
    """Return each kind of data that is held of a customer, without opening anything.

    Raises NoEditionInForce.
    """
    edition = gate.policy_in_force(now).edition
    clauses = [
        each
        for each in edition.clauses
        if each.id not in accounts.IMPORT_CLAUSES or accounts.was_imported(subject)
    ]
    closed_at = accounts.find_closed_at(subject)
    sealed = Counter(each.category for each in vault.list_sealed(subject))
    return tuple(
        Held(category, sealed[category], tuple(keepings_of(category, clauses, closed_at)))
        for category in in_order([*sealed, *UNSEALED])
    )


def refuse_anothers(entry_id: str, subject: SubjectId) -> None:
    """Return if an entry is about this person. Raises NoSuchEntry."""
    ledger.number_about(entry_id, subject)


def receipt(entry_id: str, subject: SubjectId) -> Receipt:
    """Return the proof of one of a person's own entries. Raises NoSuchEntry, NotInTree."""
    return ledger.receipt_about(entry_id, subject)
