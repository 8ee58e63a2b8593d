"""Money as integers: amounts in millionths of a currency unit, read from and shown as text."""

import re
from dataclasses import dataclass
from typing import Final

MICROS: Final = 1_000_000
AMOUNT: Final = re.compile(r"(\d{1,9})(?:\.(\d{1,6}))?")
SIGNS: Final = {"USD": "$", "CAD": "CA$", "MXN": "MX$", "AUD": "A$", "EUR": "€", "GBP": "£"}
DECIMALS_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount, zero or more: `micros` millionths of one unit of `currency` (ISO 4217)."""

    micros: int
    currency: str

    @classmethod
    def from_text(cls, amount: str, currency: str) -> "Money":
        """Read "12.50". Raises ValueError, saying what to write instead."""
        match = AMOUNT.fullmatch(amount)
        if match is None:
            message = f"{amount!r} is no amount; write one like 12.50, with at most 6 decimals"
            raise ValueError(message)
        whole, decimals = match.group(1), match.group(2) or ""
        return cls(int(whole) * MICROS + int(decimals.ljust(6, "0")), currency)

    def __str__(self) -> str:
        """Return "$12.50", "$54" or "$0.004": never rounded, no idle zeros."""
        return self.with_decimals(0 if self.micros % MICROS == 0 else DECIMALS_MIN)

    def with_decimals(self, least: int) -> str:
        """Return the exact text with at least so many decimals, so that a column lines up."""
        whole, rest = divmod(self.micros, MICROS)
        decimals = f"{rest:06d}".rstrip("0").ljust(least, "0")
        sign = SIGNS.get(self.currency, self.currency + "\u00a0")
        return f"{sign}{whole:,}{'.' if decimals else ''}{decimals}"
