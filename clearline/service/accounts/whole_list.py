"""Taking a whole list of customers, a thousand rows at once: to try it, or to bring it in.

Either way it is found out who is here already. So each list is noted, and staff take so many.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final, TypeAlias

from django.db import transaction
from django.utils.formats import get_format

from clearline.kit.errors import TooMany
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind
from clearline.service.accounts import importing
from clearline.service.accounts.customer_file import CustomerFile, CustomerRow, RowWrong, still
from clearline.service.accounts.importing import KEEP_IMPORTED, ROWS_AT_ONCE, Batch, SeenInFile
from clearline.service.accounts.models import ListTaken
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import CustomersCompared

NUMBER_BYTES: Final = 16
LISTS_MAX: Final = 20  # of one of the staff, within an hour
LISTS_WINDOW: Final = timedelta(hours=1)
Take: TypeAlias = Callable[[Sequence[CustomerRow], SeenInFile], Batch]
Tell: TypeAlias = Callable[[Sequence[RowWrong]], object]
Clock: TypeAlias = Callable[[], datetime]


class ListFor(StrEnum):
    """What a list is taken for."""

    TRIAL = "trial"
    IMPORT = "import"


class TooManyLists(TooMany):
    code = "too_many_lists"

    def __init__(self) -> None:
        super().__init__(
            f"You have sent {LISTS_MAX} lists within an hour, which is as many as anybody may. "
            "Wait a while, then go on."
        )


def decimal_mark_of(locale: str) -> str:
    """Return what stands before the cents in a language, like "de-de"."""
    return str(get_format("DECIMAL_SEPARATOR", lang=locale, use_l10n=True))


@dataclass(slots=True)
class Told:
    """What became of a list so far; of who comes in, how many a yes is left out, and why."""

    taken: int = 0
    here_already: int = 0
    wrong: int = 0
    yeses_undated: int = 0
    yeses_old: int = 0

    @property
    def rows(self) -> int:
        return self.taken + self.here_already + self.wrong


def try_list(customers: CustomerFile, *, by: Actor, tell: Tell, clock: Clock) -> Told:
    """Return what would become of a list, and write nothing of it but that it was tried.

    Raises TooManyLists, gate.UseDenied, NoEditionInForce. Source: clause account.import.
    """

    def take(rows: Sequence[CustomerRow], seen: SeenInFile) -> Batch:
        return importing.look_through(rows, seen=seen, now=clock())

    return take_noted(customers, ListFor.TRIAL, by, take=take, tell=tell, clock=clock)


def bring_list(customers: CustomerFile, *, by: Actor, tell: Tell, clock: Clock) -> Told:
    """Bring in whoever of a list is not here yet.

    Raises TooManyLists, ImportedMeanwhile, gate.UseDenied, NoEditionInForce. Source: clause
    account.import.
    """
    number = secrets.token_hex(NUMBER_BYTES)

    def take(rows: Sequence[CustomerRow], seen: SeenInFile) -> Batch:
        return importing.import_customers(rows, by=by, seen=seen, list_number=number, now=clock())

    return take_noted(customers, ListFor.IMPORT, by, take=take, tell=tell, clock=clock)


def take_noted(
    customers: CustomerFile, what: ListFor, by: Actor, *, take: Take, tell: Tell, clock: Clock
) -> Told:
    permit = gate.ask(use=KEEP_IMPORTED, choices=NOTHING_CHOSEN, now=clock())
    if by.kind is ActorKind.STAFF:
        count(ListTaken(staff=by.name, taken_at=clock()))
    told = Told()
    try:
        take_all(customers, told, take=take, tell=tell)
    finally:
        note(told, what, by, permit, clock())
    return told


def note(told: Told, what: ListFor, by: Actor, permit: Permit, now: datetime) -> None:
    entry = CustomersCompared(
        what=what, count=told.rows, here_already=told.here_already, by=str(by)
    )

    with transaction.atomic():
        ledger.append(entry, subject=None, permit=permit, now=now)


def count(taken: ListTaken) -> None:
    """Note that a list is taken. Raises TooManyLists, and then leaves no trace of it."""
    taken.save(force_insert=True)
    lately = ListTaken.objects.filter(staff=taken.staff, taken_at__gt=taken.taken_at - LISTS_WINDOW)
    if lately.count() > LISTS_MAX:
        taken.delete()
        raise TooManyLists


def erase_expired(*, now: datetime) -> int:
    """Erase what is too old to count; return how many rows went."""
    return ListTaken.objects.filter(taken_at__lte=now - LISTS_WINDOW).delete()[0]


def take_all(customers: CustomerFile, told: Told, *, take: Take, tell: Tell) -> None:
    """Give each batch of rows to `take`; `tell` hears of what was wrong in it, in order."""
    seen = SeenInFile()
    for rows, broken in batches(customers.rows()):
        batch = take(rows, seen)
        wrong = sorted((*broken, *batch.wrong), key=lambda each: each.line)
        told.taken += batch.taken
        told.here_already += batch.here_already
        told.wrong += len(wrong)
        told.yeses_undated += batch.yeses_undated
        told.yeses_old += batch.yeses_old
        tell(wrong)


def batches(
    rows: Iterator[CustomerRow | RowWrong],
) -> Iterator[tuple[list[CustomerRow], list[RowWrong]]]:
    while some := list(islice(rows, ROWS_AT_ONCE)):
        good = [row for row in some if isinstance(row, CustomerRow)]
        yield good, [row for row in some if isinstance(row, RowWrong)]


def head_of_rejects(header: Sequence[str]) -> list[str]:
    """Return the first line of a list of rows that cannot come in."""
    return ["row", "reason", *map(still, header)]


def reject(wrong: RowWrong) -> list[str]:
    """Return a row of that list, its cells kept from being formulas."""
    return [str(wrong.line), wrong.reason, *map(still, wrong.cells)]
