"""What a customer may be looked for by, told from the form of what was typed. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from clearline.service.accounts.customer_file import NUMBER, USER_ID
from clearline.service.accounts.words import FieldWrong, read_phone

TERM_MAX: Final = 254


class Term(StrEnum):
    """What a customer is looked for by."""

    EMAIL = "email"
    TELEPHONE = "telephone"
    USER_ID = "user_id"
    ACCOUNT_NUMBER = "account_number"


def terms_in(text: str) -> Mapping[Term, str]:
    """Return all that a typed text may be, in the form in which each is kept; {} for nothing."""
    typed = text.strip()
    if len(typed) > TERM_MAX:
        return {}
    number = phone_in(typed)
    shapes = (
        (Term.EMAIL, typed, "@" in typed[1:-1]),
        (Term.TELEPHONE, number, bool(number)),
        (Term.USER_ID, typed, bool(USER_ID.fullmatch(typed))),
        (Term.ACCOUNT_NUMBER, typed, bool(NUMBER.fullmatch(typed))),
    )
    return {term: told for term, told, fits in shapes if fits}


def phone_in(typed: str) -> str:
    """Return a telephone number in the form in which all are kept, "" for what is none."""
    try:
        return read_phone(typed)
    except FieldWrong:
        return ""
