"""What is held of a customer, by kind of data: under which clauses, and until when. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from clearline.policy.compile import asked_bits, covered_bits
from clearline.policy.edition import Clause
from clearline.policy.retention import Retention
from clearline.policy.vocabulary import PROVIDER, Category, ClauseId, SubjectKind

# Held of every customer without being sealed: as keyed codes, a hash, entries of the ledger.
UNSEALED: Final = frozenset(
    {
        Category.AUTHORIZATION_CREDENTIALS,
        Category.DEVICE_IP_ADDRESS,
        Category.PRIVACY_PREFERENCES,
    }
)
# These promise an end that is counted from the closing of the account.
AFTER_CLOSING: Final = frozenset(
    {
        ClauseId("account.address"),
        ClauseId("account.age"),
        ClauseId("account.business"),
        ClauseId("account.device"),
        ClauseId("account.holder"),
        ClauseId("account.import"),
        ClauseId("account.login"),
        ClauseId("account.phone"),
        ClauseId("account.screen_name"),
    }
)

# These open what others hold; what they keep of it is a note in the ledger, which is told there.
OPENS_ONLY: Final = frozenset(
    {ClauseId("account.handover"), ClauseId("account.way_back"), ClauseId("support.open")}
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """A clause under which something is held, and until when.

    `ends_on` is known once the account is closed, and of one that changed hands at once;
    `is_after_closing` says that `kept` begins at the closing.
    """

    clause: ClauseId
    kept: Retention
    is_after_closing: bool
    ends_on: date | None


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """One kind of data that is held: how many sealed values, and under which clauses.

    `values` are the opened ones, each once; None while they are shut.
    """

    category: Category
    sealed: int
    keepings: tuple[Keeping, ...]
    values: tuple[str, ...] | None = None


def keepings_of(
    category: Category, clauses: Iterable[Clause], closed_at: datetime | None
) -> Iterator[Keeping]:
    """Yield each of those clauses that lets us hold data of this kind about customers."""
    for clause in clauses:
        if lets_us_hold(clause, category):
            is_after = clause.id in AFTER_CLOSING
            ends = clause.kept.end(closed_at).date() if closed_at and is_after else None
            yield Keeping(clause.id, clause.kept, is_after, ends)


def lets_us_hold(clause: Clause, category: Category) -> bool:
    if clause.id in OPENS_ONLY:
        return False
    asked = asked_bits(frozenset({category}))
    is_covered = asked & covered_bits(clause.categories) == asked
    return is_covered and PROVIDER in clause.recipients and SubjectKind.CUSTOMER in clause.about


def in_order(categories: Iterable[Category]) -> list[Category]:
    """Return categories each once: what is sealed first, what every customer has last."""
    return sorted(set(categories), key=lambda each: (each in UNSEALED, each))
