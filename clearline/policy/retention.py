"""How long data is kept: one amount of time, as a clause says it."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

AMOUNT_MAX: Final = 1200
FORM: Final = re.compile(r"([1-9][0-9]{0,3}) (day|month|year)s?", re.ASCII)
MONTHS_A_YEAR: Final = 12
DAYS_A_MONTH_MAX: Final = 31
LEAP_CYCLE: Final = tuple(
    datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(1461)
)


class Unit(StrEnum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Retention:
    """`25 months`: data older than that is erased."""

    amount: int
    unit: Unit

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the form that editions use. Raises ValueError, saying what to write instead."""
        match = FORM.fullmatch(text)
        if match is None or int(match.group(1)) > AMOUNT_MAX:
            message = f"{text!r} is no time; write one like 30 days, 25 months or 3 years"
            raise ValueError(message)
        return cls(int(match.group(1)), Unit(match.group(2)))

    def cutoff(self, now: datetime) -> datetime:
        """Return the moment before which data is older than this."""
        return self.moved(now, -self.amount)

    def end(self, start: datetime) -> datetime:
        """Return the moment from which what began at `start` is not kept any more."""
        return self.moved(start, self.amount)

    def moved(self, moment: datetime, amount: int) -> datetime:
        if self.unit is Unit.DAY:
            return moment + timedelta(days=amount)
        months = amount * (MONTHS_A_YEAR if self.unit is Unit.YEAR else 1)
        whole = moment.year * MONTHS_A_YEAR + moment.month - 1 + months
        year, month = divmod(whole, MONTHS_A_YEAR)
        last_day = monthrange(year, month + 1)[1]  # 31 March less a month is 28 or 29 February
        return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))

    def is_longer_than(self, other: Self) -> bool:
        """Say whether there is a day on which this still keeps what the other has erased."""
        if self.unit is other.unit:
            return self.amount > other.amount
        return any(self.cutoff(day) < other.cutoff(day) for day in LEAP_CYCLE)

    @property
    def days_at_most(self) -> int:
        """Return its length in days, rounded up."""
        days = {Unit.DAY: 1, Unit.MONTH: DAYS_A_MONTH_MAX, Unit.YEAR: 366}
        return self.amount * days[self.unit]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"
