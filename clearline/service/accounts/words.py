"""What people type about themselves, read strictly and kindly. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from clearline.kit.errors import Invalid

TYPED_MAX: Final = 1_000  # to normalise many combining marks takes their number squared
NAME_MAX: Final = 200
SCREEN_NAME_MAX: Final = 40
EMAIL_MAX: Final = 254  # RFC 5321 4.5.3.1.3, less the two brackets
LOCAL_MAX: Final = 64
# One @, a host with a dot, no spaces or controls: all else only the mail itself can tell.
EMAIL: Final = re.compile(
    r"[^\s@<>(),;:\\\"\[\]]{1,64}@([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}", re.ASCII | re.IGNORECASE
)
STREET_MAX, PLACE_MAX, POSTAL_CODE_MAX, COUNTRY_MAX = 200, 100, 16, 60
OWN_COUNTRY: Final = frozenset({"united states", "united states of america", "usa", "us"})
ZIP: Final = re.compile(r"[0-9]{5}(-[0-9]{4})?", re.ASCII)
# ITU-T E.164: at most 15 digits with the country's, which never begin with 0. Nothing else is
# needed of a number that nobody dials by program, so no list of national plans is kept up.
E164: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
NATIONAL: Final = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}", re.ASCII)
BETWEEN_DIGITS: Final = str.maketrans("", "", " ().-\u00a0")
# Marks that turn or hide what is around them (Unicode TR 36), and what no keyboard types.
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
JOINERS: Final = "\u200c\u200d"  # names in Persian and in Indic scripts need them


class FieldWrong(Invalid):
    """One field of a form cannot be taken; `field` is its name there."""

    code = "field_wrong"

    def __init__(self, text: str, *, field: str) -> None:
        super().__init__(text)
        self.field = field


def read_name(text: str) -> str:
    """Return a person's name in one form: any script, one to 200 characters. Raises FieldWrong."""
    return read_words("name", text, length_max=NAME_MAX, missing="Write your name.")


def read_business_name(text: str) -> str:
    """Return the name of a business: any script, one to 200 characters. Raises FieldWrong."""
    missing = "Write the name of the business."
    return read_words("business_name", text, length_max=NAME_MAX, missing=missing)


def read_screen_name(text: str) -> str | None:
    """Return the name to be called by, None when there is none. Raises FieldWrong."""
    if not text.strip():
        return None
    return read_words("screen_name", text, length_max=SCREEN_NAME_MAX, missing="")


def read_words(field: str, text: str, *, length_max: int, missing: str) -> str:
    is_long = len(text) > TYPED_MAX
    told = "" if is_long else " ".join(unicodedata.normalize("NFC", text).split())
    if not told and not is_long:
        raise FieldWrong(missing, field=field)
    if is_long or len(told) > length_max:
        message = f"Use at most {length_max} characters."
        raise FieldWrong(message, field=field)
    if any(unicodedata.category(each) in UNSEEN and each not in JOINERS for each in told):
        message = "There is a sign in it that cannot be seen. Type it anew."
        raise FieldWrong(message, field=field)
    return told


def read_email(text: str) -> str:
    """Return an e-mail address as it is written. Raises FieldWrong."""
    told = unicodedata.normalize("NFC", text[:TYPED_MAX]).strip()  # too long stays too long
    message = "Write an address like name@example.com." if told else "Write your e-mail address."
    if len(told) > EMAIL_MAX or not EMAIL.fullmatch(told) or not told.isprintable():
        raise FieldWrong(message, field="email")
    return told


def read_phone(text: str) -> str:
    """Return a telephone number like +12075550100 (E.164). Raises FieldWrong.

    Ten digits alone are a number of the North American plan; spaces and marks are left out.
    """
    told = text.strip().translate(BETWEEN_DIGITS)
    if not told:
        message = "Write a telephone number."
        raise FieldWrong(message, field="phone")
    number = f"+1{told}" if NATIONAL.fullmatch(told) else told
    if not E164.fullmatch(number):
        message = "Write the number with its country, like +1 207 555 0100."
        raise FieldWrong(message, field="phone")
    return number


@dataclass(frozen=True, slots=True, repr=False)
class Postal:
    """A postal address; of what a country does not use nothing is asked."""

    street: str
    city: str
    state: str
    postal_code: str
    country: str

    def lines(self) -> tuple[str, ...]:
        """Return it as it stands on an envelope, each line that is not empty."""
        state = " ".join(filter(None, (self.state, self.postal_code)))
        place = ", ".join(filter(None, (self.city, state)))
        return tuple(filter(None, (self.street, place, self.country)))


def read_postal(typed: Postal) -> Postal:
    """Return an address in one form. Raises FieldWrong.

    One in the United States has a state and a ZIP code; elsewhere a city and a country are enough,
    for many places have no streets, and many countries no codes.
    """
    country = read_words(
        "country", typed.country, length_max=COUNTRY_MAX, missing="Write the country."
    )
    city = read_words("city", typed.city, length_max=PLACE_MAX, missing="Write the city or place.")
    state = read_open("state", typed.state, PLACE_MAX)
    code = read_open("postal_code", typed.postal_code, POSTAL_CODE_MAX).upper()
    if country.casefold().replace(".", "") in OWN_COUNTRY:
        if not ZIP.fullmatch(code):
            message = "A ZIP code has five digits, or nine like 04101-1234."
            raise FieldWrong(message, field="postal_code")
        if not state:
            message = "Write the state."
            raise FieldWrong(message, field="state")
    return Postal(read_open("street", typed.street, STREET_MAX), city, state, code, country)


def read_open(field: str, text: str, length_max: int) -> str:
    """Return words that may be missing, then "". Raises FieldWrong."""
    return read_words(field, text, length_max=length_max, missing="") if text.strip() else ""
