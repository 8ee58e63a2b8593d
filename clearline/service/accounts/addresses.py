"""Which of a person's e-mail addresses is that of record, and which is told of changes. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# 47 CFR 64.2003(b): an address of record, postal or electronic, is one that was tied to the account
# for "at least 30 days". The section makes no exception for the first address of a new account. The
# one exception that there is, 64.2010(f)(1), is of notices, which are not owed "at service start".
OF_RECORD_AFTER: Final = timedelta(days=30)
TOLD_BESIDE_MAX: Final = 5  # letters about one change, beside those to where it is told and present


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

    def was_present_after(self, moment: datetime) -> bool:
        return self.ended_at is None or self.ended_at > moment

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

    That is the address of record; while an account is too young to have one, its very first
    address, once that was confirmed: no later change can have brought it in.
    """
    known = list(ties)
    first = min(known, key=lambda each: each.added_at, default=None)
    is_proved = first is not None and first.confirmed_at is not None
    return of_record(known, now) or (first if is_proved else None)


def told_of_change(ties: Iterable[Tie], *, changed_at: datetime) -> Tie | None:
    """Return where a notice of a change goes: never to what the change itself brought in.

    Where none may be trusted yet, to the last one that was tied for 30 days; else to the first one
    that was confirmed. These are told without a way to take it back.
    """
    before = stood_at(ties, changed_at)
    of_age = [each for each in before if each.is_of_age(changed_at)]
    proved = [each for each in before if each.confirmed_at]
    return (
        trusted(before, changed_at)
        or max(of_age, key=lambda each: each.added_at, default=None)
        or min(proved, key=lambda each: each.added_at, default=None)
    )


def told_beside(
    ties: Iterable[Tie], first: Tie, *, at: datetime, can_take_back: Collection[int]
) -> tuple[Tie, ...]:
    """Return the addresses that hear of a change beside the one that is told first, as they stood.

    Those that are confirmed, and the present one, or were it until lately, or are in
    `can_take_back`, rows whose letters have a link that works: while one address may still take
    the account over, the others hear of it. Of very many the ones that came first and the present
    one, so nobody who replaces it over and over silences those of before.
    """
    others = [each for each in ties if each.row != first.row]
    heard = [
        each
        for each in sorted(others, key=lambda each: each.added_at)
        if each.confirmed_at
        and (each.was_present_after(at - OF_RECORD_AFTER) or each.row in can_take_back)
    ]
    return (*heard[:TOLD_BESIDE_MAX], *(e for e in heard[TOLD_BESIDE_MAX:] if e.ended_at is None))


def trusted_before(ties: Iterable[Tie], changed_at: datetime) -> Tie | None:
    """Return the address to which the way to undo a change could go when it was made."""
    return trusted(stood_at(ties, changed_at), changed_at)


def stood_at(ties: Iterable[Tie], moment: datetime) -> tuple[Tie, ...]:
    """Return addresses as they stood before what happened at a moment.

    What was added or replaced only then or later, or proved later, does not count.
    """
    return tuple(as_of(each, moment) for each in ties if each.added_at < moment)


def as_of(tie: Tie, moment: datetime) -> Tie:
    is_proved = tie.confirmed_at is not None and tie.confirmed_at <= moment
    has_ended = tie.ended_at is not None and tie.ended_at < moment
    return Tie(
        row=tie.row,
        added_at=tie.added_at,
        confirmed_at=tie.confirmed_at if is_proved else None,
        ended_at=tie.ended_at if has_ended else None,
    )
