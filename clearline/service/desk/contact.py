"""The contact at hand, which is the reason to open a customer. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from clearline.kit.errors import Invalid

REFERENCE_MAX: Final = 40
# An account or a telephone number has as many digits; the number of a contact has fewer in a row.
OF_A_PERSON: Final = re.compile(r"[0-9]{9}", re.ASCII)
REFERENCE: Final = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", re.ASCII)


class Channel(StrEnum):
    """How a customer came to us."""

    MESSAGE = "message"
    CALL = "call"
    VISIT = "visit"


class ContactWrong(Invalid):
    """One field of the reason cannot be taken; `field` is its name in the form."""

    code = "contact_wrong"

    def __init__(self, text: str, *, field: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Contact:
    """One message, call or visit, by the number that it has with us: never a person's name."""

    channel: Channel
    reference: str

    @classmethod
    def read(cls, channel: str, reference: str) -> Self:
        """Return the contact that a form names. Raises ContactWrong."""
        if channel not in set(Channel):
            message = "Say whether it is a message, a call or a visit."
            raise ContactWrong(message, field="channel")
        told = reference.strip()
        if not told:
            message = "Write the number that this contact has with us, such as C-1042."
            raise ContactWrong(message, field="reference")
        if len(told) > REFERENCE_MAX or not REFERENCE.fullmatch(told):
            message = (
                f"Use letters, digits and single dashes, at most {REFERENCE_MAX}: only the number "
                "that this contact has with us. The customer will read it, and nothing about a "
                "person should stand in it."
            )
            raise ContactWrong(message, field="reference")
        if OF_A_PERSON.search(told):
            message = (
                "This looks like a telephone or account number. Write the number that the contact "
                "has with us; break it with dashes if it is so long."
            )
            raise ContactWrong(message, field="reference")
        return cls(Channel(channel), told.upper())
