"""What is done with visits that are stored: erasing them in time, letting figures out as a file."""

from datetime import date, datetime
from typing import Final, NamedTuple

from clearline.kit.columnstore.client import ColumnStore, Parameter
from clearline.policy.compile import CompiledPolicy
from clearline.policy.use import Actor
from clearline.reach.visitors import statements
from clearline.reach.visitors.export import Format, query_in_words
from clearline.reach.visitors.report import COUNTED, MEASURED, Report
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries import ReportExported

ERASE_S_MAX: Final = 600.0


class Erased(NamedTuple):
    events: int


def erase_expired(store: ColumnStore, policy: CompiledPolicy, *, now: datetime) -> int:
    """Erase visits older than their clause keeps them, and the sums of those days.

    Returns how many events went. A clause that the policy no longer has keeps nothing.
    Raises StoreDown, StoreOverloaded, StoreRefused. Source: `kept` of the policy in force.
    """
    erased = 0
    for agreed, clause_id in ((1, MEASURED), (0, COUNTED)):
        clause = policy.edition.find_clause(clause_id)
        kept_from = clause.kept.cutoff(now).date() if clause else now.date()
        erased += erase_before(store, kept_from, agreed)
    return erased


def erase_before(store: ColumnStore, kept_from: date, agreed: int) -> int:
    told: dict[str, Parameter] = {"kept_from": kept_from, "agreed": agreed}
    (old,) = store.query(statements.COUNT_EXPIRED_EVENTS, Erased, told)
    if old.events:
        # Sums first: after a crash between the two the events that are left bring it here again.
        for statement in (statements.ERASE_SUMS, statements.ERASE_EVENTS):
            store.command(statement, told, seconds_max=ERASE_S_MAX)
    return old.events


def export_report(report: Report, *, by: Actor, file_format: Format, now: datetime) -> None:
    """Note that figures leave as a file: who took them, which, in what form."""
    entry = ReportExported(
        report="popularity",
        query=query_in_words(report.query),
        by=f"{by.kind}:{by.name}",
        format=file_format,
    )
    ledger.append(entry, subject=None, permit=None, now=now)
