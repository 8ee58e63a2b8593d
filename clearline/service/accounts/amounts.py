"""Amounts of money as other systems write them; what may mean two things is refused. Pure."""

import re
from enum import StrEnum
from typing import Final

from clearline.service.accounts.words import FieldWrong

FIELD: Final = "balance"
POINT, COMMA = ".", ","
MINUS: Final = "-\u2212"
WHOLE: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
PLAIN: Final = re.compile(r"([0-9]{1,13})([.,])([0-9]{1,2})", re.ASCII)
GAPS: Final = " '\u2019\u00a0\u202f"  # between thousands, beside point and comma
GROUPED: Final = {
    POINT: re.compile(rf"([0-9]{{1,3}}(?:[,{GAPS}][0-9]{{3}}){{1,4}})\.([0-9]{{1,2}})", re.ASCII),
    COMMA: re.compile(rf"([0-9]{{1,3}}(?:[.{GAPS}][0-9]{{3}}){{1,4}}),([0-9]{{1,2}})", re.ASCII),
}
UNCLEAR: Final = re.compile(rf"[0-9]{{1,3}}(?:[.,{GAPS}][0-9]{{3}})+", re.ASCII)


class Form(StrEnum):
    """How the amounts of a list are written."""

    CENTS = "cents"
    DECIMAL = "decimal"


ALIKE: Final = {
    Form.CENTS: "This list has whole numbers of cents, like 1250. Write this one alike.",
    Form.DECIMAL: "This list has amounts like 12.50, and a whole number may be cents. Write it "
    "like 12.50.",
}


class Amounts:
    """Reads the amounts of one list, which are all written in the form of its first one.

    Else one hundred beside 12.50 would be taken for one. `decimal_mark` is what stands before the
    cents where the site is: a point is known everywhere, a comma only there.
    """

    def __init__(self, *, decimal_mark: str, form: Form | None) -> None:
        self.decimal_mark, self.form = decimal_mark, form

    def read(self, text: str) -> int:
        """Return an amount in minor units. Raises FieldWrong."""
        digits = text[1:] if text[:1] and text[:1] in MINUS else text
        if WHOLE.fullmatch(digits):
            cents, form = int(digits), Form.CENTS if int(digits) else None
        else:
            cents, form = self.read_decimal(digits), Form.DECIMAL
        if form is not None:
            if self.form not in {None, form}:
                raise FieldWrong(ALIKE[self.form or form], field=FIELD)
            self.form = form
        return cents if digits == text else -cents

    def read_decimal(self, digits: str) -> int:
        plain = PLAIN.fullmatch(digits)
        if plain is not None:
            units, mark, rest = plain.groups()
            if mark not in {POINT, self.decimal_mark}:
                message = "A comma is not the decimal mark here. Write it like 12.50."
                raise FieldWrong(message, field=FIELD)
            return to_cents(units, rest)
        for pattern in GROUPED.values():
            grouped = pattern.fullmatch(digits)
            if grouped is not None:
                return to_cents("".join(filter(str.isdecimal, grouped[1])), grouped[2])
        if UNCLEAR.fullmatch(digits):
            message = "It may be thousands or a fraction. Write it like 1234.00."
            raise FieldWrong(message, field=FIELD)
        message = "Write an amount like 12.50 or -3.10, or a whole number of cents, like 1250."
        raise FieldWrong(message, field=FIELD)


def to_cents(units: str, rest: str) -> int:
    return int(units) * 100 + int(rest.ljust(2, "0"))
