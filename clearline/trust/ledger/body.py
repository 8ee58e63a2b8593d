"""The exact bytes of an entry: its head, its words, a salt, and the commitment to all. Pure.

Specified with test vectors in `docs/ledger-format.md`.
"""

import dataclasses
import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import msgspec

from clearline.kit.errors import Invalid
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.kinds import KINDS

DOMAIN: Final = b"clearline.entry.v2\n"
WORDS_DOMAIN: Final = b"clearline.words.v2\n"
SALT_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32
BODY_BYTES_MAX: Final = 16 * 1024
INTEGER_MAX: Final = 2**53 - 1  # what RFC 8785 can say exactly
BODY_KEYS: Final = frozenset({"clause", "edition", "fields", "subject"})
FIELDS: Final = {
    kind: tuple(field.name for field in dataclasses.fields(entry)) for kind, entry in KINDS.items()
}
ENTRY_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
MOMENT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
HEAD: Final = re.compile(
    f'{{"at":"{MOMENT}","expires":"({MOMENT})","id":"[0-9a-f]{{32}}","kind":"[a-z_.]{{1,64}}"}}',
    re.ASCII,
)

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


def to_head(*, entry_id: str, kind: str, at: datetime, expires_at: datetime) -> bytes:
    """Return what is still told of an entry when its words are destroyed: canonical JSON."""
    moments = f'"at":"{at_text(at)}","expires":"{at_text(expires_at)}"'
    return f'{{{moments},"id":"{entry_id}","kind":"{kind}"}}'.encode()


def to_body(entry: LedgerEntry, *, subject: str | None, footing: Footing) -> bytes:
    """Return the body of an entry, at most 16 KiB. Raises EntryInvalid."""
    names = FIELDS.get(entry.kind)
    if names is None:
        message = f"{entry.kind} is no kind of entry; name it in clearline/trust/ledger/entries/."
        raise EntryInvalid(message)
    told = {
        "clause": footing.clause,
        "edition": footing.edition,
        "fields": {name: checked(getattr(entry, name)) for name in names},
        "subject": subject or "",
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


@lru_cache(maxsize=64)  # the entries of a batch share their moments
def at_text(at: datetime) -> str:
    """Return a moment as bodies write it: `2026-11-24T03:59:44.123456Z`."""
    if at.tzinfo is None:
        message = "A moment without its zone is no moment."
        raise EntryInvalid(message)
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def hash_words(salt: bytes, body: bytes) -> bytes:
    """Return what stays of the words for ever, and says nothing of them."""
    return hashlib.sha256(WORDS_DOMAIN + salt + body).digest()


def commit(words_hash: bytes, head: bytes) -> bytes:
    """Return the commitment: what stands in the public tree, and says nothing of the entry."""
    return hashlib.sha256(DOMAIN + words_hash + head).digest()


def expiry_of(head: bytes) -> str:
    """Return when the words of an entry may be destroyed, as `at_text` writes it.

    Raises BodyBroken when these bytes are not the one way to write a head.
    """
    match = HEAD.fullmatch(head.decode("latin-1"))
    if match is None:
        message = "the bytes are no head of an entry"
        raise BodyBroken(message)
    return match.group(1)


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
