"""A sealed value, and the bytes that it is made of. Pure.

What is sealed is padded to full blocks first, so that the length of a column does not tell an
adult from a child or a short name from a long one.
"""

from dataclasses import dataclass
from typing import Final

from clearline.kit.errors import Invalid, Unavailable
from clearline.policy.vocabulary import Category, SubjectId
from clearline.trust.envelope import Sealer

FORMAT: Final = b"\x01"
BLOCK_BYTES: Final = 32
PAD: Final = b"\x80"  # then zeros to the end of the block, as ISO/IEC 7816-4 pads


class TooLong(Invalid):
    code = "too_long"


class SealedUnknown(Unavailable):
    """The bytes are of a format that this release does not know, or are no padded text."""

    code = "sealed_unknown"


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """One protected value as it is stored. It opens with a permit only and prints as `Sealed(…)`.

    `column` and `category` are bound into the seal together with the person: a value that is moved
    to another column or another person does not open.
    """

    stored: bytes
    column: str
    category: Category

    def __repr__(self) -> str:
        return "Sealed(…)"


def seal_text(
    text: str, *, key: Sealer, subject: SubjectId, column: str, category: Category
) -> Sealed:
    plain = text.encode() + PAD
    padded = plain.ljust(-(-len(plain) // BLOCK_BYTES) * BLOCK_BYTES, b"\0")
    context = context_of(subject, column, category)
    return Sealed(FORMAT + key.seal(padded, context=context), column, category)


def open_text(value: Sealed, *, key: Sealer, subject: SubjectId) -> str:
    """Return the text of a value. Raises SealBroken, SealedUnknown."""
    if value.stored[:1] != FORMAT:
        message = "A sealed value is of a format that this release does not know."
        raise SealedUnknown(message)
    context = context_of(subject, value.column, value.category)
    plain, mark, rest = key.open(value.stored[1:], context=context).rpartition(PAD)
    if not mark or rest.strip(b"\0"):
        message = "A sealed value holds no padded text."
        raise SealedUnknown(message)
    return plain.decode()


def context_of(subject: SubjectId, column: str, category: Category) -> bytes:
    """Return what a seal is bound to; no part may hold a line break."""
    return f"value\n{subject}\n{column}\n{category}".encode()
