"""Taking a whole list of customers, a thousand rows at once, whoever brings it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from clearline.service.accounts.customer_file import CustomerFile, CustomerRow, RowWrong, still
from clearline.service.accounts.importing import ROWS_AT_ONCE, Batch, SeenInFile

Take: TypeAlias = Callable[[Sequence[CustomerRow], SeenInFile], Batch]


@dataclass(slots=True)
class Told:
    """What became of a list so far."""

    taken: int = 0
    here_already: int = 0
    wrong: int = 0


def take_all(
    customers: CustomerFile, *, take: Take, tell: Callable[[Sequence[RowWrong]], object]
) -> Told:
    """Give each batch of rows to `take`; `tell` hears of what was wrong in it, in order."""
    told, seen = Told(), SeenInFile()
    for rows, broken in batches(customers.rows()):
        batch = take(rows, seen)
        wrong = sorted((*broken, *batch.wrong), key=lambda each: each.line)
        told.taken += batch.taken
        told.here_already += batch.here_already
        told.wrong += len(wrong)
        tell(wrong)
    return told


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
