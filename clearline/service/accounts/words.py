"""What people type about themselves, read strictly and kindly. Pure."""

import re
import unicodedata
from typing import Final

from clearline.kit.errors import Invalid

NAME_MAX: Final = 200
SCREEN_NAME_MAX: Final = 40
EMAIL_MAX: Final = 254  # RFC 5321 4.5.3.1.3, less the two brackets
LOCAL_MAX: Final = 64
# One @, a host with a dot, no spaces or controls: all else only the mail itself can tell.
EMAIL: Final = re.compile(
    r"[^\s@<>(),;:\\\"\[\]]{1,64}@([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}", re.ASCII | re.IGNORECASE
)
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


def read_screen_name(text: str) -> str | None:
    """Return the name to be called by, None when there is none. Raises FieldWrong."""
    if not text.strip():
        return None
    return read_words("screen_name", text, length_max=SCREEN_NAME_MAX, missing="")


def read_words(field: str, text: str, *, length_max: int, missing: str) -> str:
    told = " ".join(unicodedata.normalize("NFC", text).split())
    if not told:
        raise FieldWrong(missing, field=field)
    if len(told) > length_max:
        message = f"Use at most {length_max} characters."
        raise FieldWrong(message, field=field)
    if any(unicodedata.category(each) in UNSEEN and each not in JOINERS for each in told):
        message = "There is a sign in it that cannot be seen. Type it anew."
        raise FieldWrong(message, field=field)
    return told


def read_email(text: str) -> str:
    """Return an e-mail address as it is written. Raises FieldWrong."""
    told = unicodedata.normalize("NFC", text).strip()
    message = "Write an address like name@example.com." if told else "Write your e-mail address."
    if len(told) > EMAIL_MAX or not EMAIL.fullmatch(told):
        raise FieldWrong(message, field="email")
    return told
