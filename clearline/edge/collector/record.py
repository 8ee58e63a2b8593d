"""What one record of the journal says: events kept on one clause, or how many were turned away."""

from typing import Final, TypeAlias

import msgspec

from clearline.reach.visitors.event import StoredEvent


class Kept(msgspec.Struct, frozen=True, array_like=True, tag="kept"):
    """The events of one request, and the edition and clause that let them be kept."""

    edition: str
    clause: str
    events: tuple[StoredEvent, ...]


class Tally(msgspec.Struct, frozen=True, array_like=True, tag="tally"):
    """How many events and requests were not kept since the tally before, by reason."""

    counts: dict[str, int]


Record: TypeAlias = Kept | Tally

ENCODER: Final = msgspec.msgpack.Encoder()
DECODER: Final[msgspec.msgpack.Decoder[Record]] = msgspec.msgpack.Decoder(Record)


def to_bytes(record: Record) -> bytes:
    return ENCODER.encode(record)


def find_record(payload: bytes) -> Record | None:
    """Return what a payload says, or None when it is no record of ours."""
    try:
        return DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
