"""Which of a person's e-mail addresses is that of record, and which is told of changes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# 47 CFR 64.2003(b): an address of record, postal or electronic, is one that was tied to the account
# for "at least 30 days". The section makes no exception for the first address of a new account. The
# one exception that there is, 64.2010(f)(1), is of notices, which are not owed "at service start".
OF_RECORD_AFTER: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Tie:
    """From when to when an address was somebody's, and when a code from there proved it.

    `row` is the number of its row.
    """

    row: int
    added_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None

    def is_of_age(self, now: datetime) -> bool:
        """Say whether it was tied for 30 days, be it before another one replaced it."""
        return (self.ended_at or now) - self.added_at >= OF_RECORD_AFTER

    @property
    def of_record_at(self) -> datetime:
        return self.added_at + OF_RECORD_AFTER


def current(ties: Iterable[Tie]) -> Tie | None:
    return next((each for each in ties if each.ended_at is None), None)


def of_record(ties: Iterable[Tie], now: datetime) -> Tie | None:
    """Return the address of record: of those confirmed and tied for 30 days the one added last.

    So one that was replaced stays it until the new one has been theirs for 30 days.
    """
    known = [each for each in ties if each.confirmed_at and each.is_of_age(now)]
    return max(known, key=lambda each: each.added_at, default=None)


def trusted(ties: Iterable[Tie], now: datetime) -> Tie | None:
    """Return where a code may go that lets somebody in, and how to take a change back.

    That is the address of record; while an account is too young to have one, the first of its
    addresses that was confirmed, which no later change can have brought in.
    """
    known = [each for each in ties if each.confirmed_at]
    first = min(known, key=lambda each: each.added_at, default=None)
    return of_record(known, now) or first


def told_of_change(ties: Iterable[Tie], *, changed_at: datetime, now: datetime) -> Tie | None:
    """Return where a notice of a change goes: never to what the change itself brought in.

    Where nothing was confirmed yet, to the last one that was tied for 30 days; else to none.
    """
    before = [each for each in ties if each.added_at < changed_at]
    of_age = [each for each in before if each.is_of_age(now)]
    return trusted(before, now) or max(of_age, key=lambda each: each.added_at, default=None)
