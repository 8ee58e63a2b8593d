"""Money as integers: amounts in millionths of a currency unit, read from and shown as text."""

import re
from dataclasses import dataclass
from typing import Final

MICROS: Final = 1_000_000
AMOUNT: Final = re.compile(r"(\d{1,9})(?:\.(\d{1,6}))?")
SIGNS: Final = {"USD": "$", "CAD": "CA$", "MXN": "MX$", "AUD": "A$", "EUR": "€", "GBP": "£"}
DECIMALS_MIN: Final = 2
# The currencies that people pay in: ISO 4217, without funds, metals and codes for tests.
CODES: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS
    KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
    TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW
    ZWG
"""
CURRENCIES: Final = frozenset(CODES.split())


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
