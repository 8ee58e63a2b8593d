"""What is seen of a document at a visit by which somebody shows who they are. Pure.

47 CFR 64.2003(r): a valid photo ID is "government-issued means of personal identification with a
photograph" that has not expired. No picture of it and no number on it is taken down anywhere.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from clearline.kit.errors import Invalid

SAME, OTHER = "same", "other"


class Document(StrEnum):
    """Which kind of document was shown."""

    DRIVERS_LICENSE = "drivers_license"
    PASSPORT = "passport"
    STATE_ID = "state_id"
    MILITARY_ID = "military_id"
    OTHER_GOVERNMENT = "other_government"


class Lost(StrEnum):
    """Why somebody has no way in any more."""

    FACTOR = "factor_lost"
    PASSWORD_AND_FACTOR = "all_lost"  # noqa: S105  # a word, not a password
    CODES_FAILED = "codes_failed"


class DocumentWrong(Invalid):
    """One field of the form cannot be taken; `field` is its name there."""

    code = "document_wrong"

    def __init__(self, text: str, *, field: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Shown:
    """What one of the staff saw: which document, whether its name is the customer's, and why."""

    document: Document
    is_same_name: bool
    why: Lost

    @classmethod
    def read(cls, *, document: str, name: str, why: str) -> Self:
        """Return what a form says was seen. Raises DocumentWrong."""
        for field, told, known, message in (
            ("why", why, frozenset(Lost), "Say what they have lost."),
            ("document", document, frozenset(Document), "Say which document you looked at."),
            ("name", name, NAMES, "Say whether the name on it is the one shown here."),
        ):
            if told not in known:
                raise DocumentWrong(message, field=field)
        return cls(Document(document), name == SAME, Lost(why))


NAMES: Final = frozenset({SAME, OTHER})
