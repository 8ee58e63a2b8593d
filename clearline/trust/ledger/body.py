"""The exact bytes of an entry: canonical JSON, a salt, and the commitment to both. Pure.

Specified with test vectors in `docs/ledger-format.md`.
"""

import dataclasses
import hashlib
import re
from datetime import UTC, datetime
from typing import Final

import msgspec

from clearline.kit.errors import Invalid
from clearline.trust.ledger.entries import KINDS, LedgerEntry

DOMAIN: Final = b"clearline.entry.v1\n"
SALT_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32
BODY_BYTES_MAX: Final = 16 * 1024
INTEGER_MAX: Final = 2**53 - 1  # what RFC 8785 can say exactly
BODY_KEYS: Final = frozenset({"id", "kind", "at", "fields", "clause", "edition"})
FIELDS: Final = {
    kind: tuple(field.name for field in dataclasses.fields(entry)) for kind, entry in KINDS.items()
}
ENTRY_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)

# For text, whole numbers, yes and no these are the bytes of RFC 8785, forty times as fast as
# rfc8785 writes them: names are ASCII, so code points and UTF-16 units sort alike. Property tests
# hold the two against each other.
ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class EntryInvalid(Invalid):
    """The entry holds what a body cannot say, or is too long."""

    code = "entry_invalid"


class BodyBroken(Invalid):
    """These bytes are no body of an entry."""

    code = "body_broken"


@dataclasses.dataclass(frozen=True, slots=True)
class Footing:
    """What an entry rests on: the clause that permitted it and the clause's edition, or nothing."""

    clause: str = ""
    edition: str = ""


def to_body(entry: LedgerEntry, *, entry_id: str, at: str, footing: Footing) -> bytes:
    """Return the body of an entry, at most 16 KiB; `at` is from `at_text`. Raises EntryInvalid."""
    names = FIELDS.get(entry.kind)
    if names is None:
        message = f"{entry.kind} is no kind of entry; name it in clearline/trust/ledger/entries.py."
        raise EntryInvalid(message)
    told = {
        "at": at,
        "clause": footing.clause,
        "edition": footing.edition,
        "fields": {name: checked(getattr(entry, name)) for name in names},
        "id": entry_id,
        "kind": entry.kind,
    }
    try:
        body = ENCODER.encode(told)
    except UnicodeEncodeError:
        message = f"An entry of kind {entry.kind} holds half a character."
        raise EntryInvalid(message) from None
    if len(body) > BODY_BYTES_MAX:
        message = f"An entry of kind {entry.kind} is longer than {BODY_BYTES_MAX} bytes."
        raise EntryInvalid(message)
    return body


def checked(value: object) -> object:
    """Return a field's value as a body holds it: plain text also for members of an enumeration."""
    if isinstance(value, str):
        return str.__str__(value)
    if value is True or value is False:
        return value
    if isinstance(value, int) and -INTEGER_MAX <= value <= INTEGER_MAX:
        return int(value)
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        return [str.__str__(each) for each in value]
    message = "Fields of an entry are text, whole numbers up to 2^53, yes or no, or tuples of text."
    raise EntryInvalid(message)


def at_text(at: datetime) -> str:
    """Return a moment as bodies write it: `2026-11-24T03:59:44.123456Z`."""
    if at.tzinfo is None:
        message = "A moment without its zone is no moment."
        raise EntryInvalid(message)
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def commit(salt: bytes, body: bytes) -> bytes:
    """Return the commitment: what stands in the public tree, and says nothing of the body."""
    return hashlib.sha256(DOMAIN + salt + body).digest()


def parse_body(body: bytes) -> dict[str, object]:
    """Return what a body says, if these bytes are the one way to write it. Raises BodyBroken."""
    try:
        told = msgspec.json.decode(body) if len(body) <= BODY_BYTES_MAX else None
        is_exact = ENCODER.encode(told) == body
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        is_exact, told = False, None
    if not is_exact or not isinstance(told, dict) or told.keys() != BODY_KEYS:
        message = "the bytes are not the canonical JSON of an entry"
        raise BodyBroken(message)
    return told
