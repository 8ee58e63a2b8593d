"""What is held of a person while it stays shut, and the receipts of their own entries."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from clearline.policy.edition import Edition
from clearline.policy.vocabulary import Category, ClauseId, SubjectId
from clearline.rights.my_data.held import UNSEALED, Held, Keeping, in_order, keepings_of
from clearline.service.accounts import queries as accounts
from clearline.service.teams import handing_over
from clearline.trust.gate import queries as gate
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.queries import Receipt
from clearline.trust.vault import queries as vault

HANDED_OVER: Final = Category.ACCOUNT  # of what kind it is that an account was another's before
HANDOVER_CLAUSE: Final = ClauseId("account.handover")


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
    handed = {HANDED_OVER: tuple(keepings_of_handover(subject, edition, now))}
    more = [category for category, keepings in handed.items() if keepings]
    return tuple(
        Held(
            category,
            sealed[category],
            (*keepings_of(category, clauses, closed_at), *handed.get(category, ())),
        )
        for category in in_order([*sealed, *UNSEALED, *more])
    )


def keepings_of_handover(subject: SubjectId, edition: Edition, now: datetime) -> Iterator[Keeping]:
    """Yield until when it is kept who owned an account before, where one changed hands."""
    until = handing_over.find_kept_until(subject, now=now)
    clause = edition.find_clause(HANDOVER_CLAUSE)
    if until is not None and clause is not None:
        yield Keeping(clause.id, clause.kept, is_after_closing=False, ends_on=until.date())


def refuse_anothers(entry_id: str, subject: SubjectId) -> None:
    """Return if an entry is about this person. Raises NoSuchEntry."""
    ledger.number_about(entry_id, subject)


def receipt(entry_id: str, subject: SubjectId) -> Receipt:
    """Return the proof of one of a person's own entries. Raises NoSuchEntry, NotInTree."""
    return ledger.receipt_about(entry_id, subject)
