"""The form of a segment: records one after the other, each with a mark, its length and a CRC-32.

A segment is named `*.open` while it is written and `*.closed` when it never will be again. What
follows the last record is zeros.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAYLOAD_BYTES_MAX: Final = 256 * 1024
READ_BYTES: Final = 1024 * 1024

MARK: Final = b"CLJ1"
HEAD: Final = struct.Struct("<4sII")  # mark, length of the payload, CRC-32 of length and payload
LENGTH: Final = struct.Struct("<I")
RECORD_BYTES_MAX: Final = HEAD.size + PAYLOAD_BYTES_MAX

OPEN, CLOSED = ".open", ".closed"


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a segment that are no record. `is_torn`: what a dying writer did not finish."""

    start: int
    content: bytes
    is_torn: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Payloads with the offset after the last of them, and what had to be stepped over."""

    payloads: tuple[bytes, ...]
    offset: int
    damages: tuple[Damage, ...] = ()
    is_all: bool = False  # when it was read, nothing whole stood behind `offset`
    is_finished: bool = False  # nothing more will ever stand in this segment


def framed(payload: bytes) -> bytes:
    size = len(payload)
    if not 0 < size <= PAYLOAD_BYTES_MAX:
        message = f"a record has 1 to {PAYLOAD_BYTES_MAX} bytes, not {size}"
        raise ValueError(message)
    return HEAD.pack(MARK, size, zlib.crc32(payload, zlib.crc32(LENGTH.pack(size)))) + payload


def read_segment(path: Path, offset: int) -> Reading:
    """Return the next records of a segment from `offset` on, at most a megabyte of them.

    An open segment is read up to the first place without a whole record: what stands there is
    still being written, and of a write that runs the later bytes may be seen before the earlier.
    What follows damage in a closed one is read; what was damaged is told. Raises OSError.
    """
    content = read_bytes(path, offset, READ_BYTES)
    if path.suffix == OPEN:
        whole, place = take_whole(content, 0)
        # The rest of a record that ends behind what was read comes with the next reading.
        is_all = len(content) < READ_BYTES or len(content) - place >= RECORD_BYTES_MAX
        return Reading(tuple(whole), offset + place, is_all=is_all)
    payloads, damaged, place = walk(content)
    damages = [Damage(offset + start, content[start:end]) for start, end in damaged]
    if place and len(content) == READ_BYTES:
        return Reading(tuple(payloads), offset + place, tuple(damages))
    size = path.stat().st_size
    is_last = skip_zeros(path, offset + len(content)) >= size
    # Of a record that ends behind what was read the rest comes with the next reading.
    rest = content[place:].rstrip(b"\0") if is_last else content[:-RECORD_BYTES_MAX]
    if rest:
        is_torn = is_last and is_cut_short(rest)
        damages.append(Damage(offset + place, rest, is_torn=is_torn))
    end = max(size, offset) if is_last else offset + len(rest)
    return Reading(tuple(payloads), end, tuple(damages), is_all=is_last, is_finished=is_last)


def read_bytes(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        return file.read(size)


def skip_zeros(path: Path, offset: int) -> int:
    """Return where the zeros that a dead writer left behind its last record end."""
    while content := read_bytes(path, offset, READ_BYTES):
        rest = content.lstrip(b"\0")
        offset += len(content) - len(rest)
        if rest:
            break
    return offset


def take_whole(content: bytes, place: int) -> tuple[list[bytes], int]:
    """Return the payloads of the whole records from `place` on, and where the last of them ends."""
    payloads: list[bytes] = []
    while (payload := find_payload(content, place)) is not None:
        payloads.append(payload)
        place += HEAD.size + len(payload)
    return payloads, place


def walk(content: bytes) -> tuple[list[bytes], list[tuple[int, int]], int]:
    """Return the payloads, the stretches between them that are none, and where the last ends."""
    payloads, place = take_whole(content, 0)
    damaged: list[tuple[int, int]] = []
    while (following := find_following(content, place)) is not None:
        damaged.append((place, following))
        more, place = take_whole(content, following)
        payloads += more
    return payloads, damaged, place


def find_payload(content: bytes, place: int) -> bytes | None:
    """Return the payload of the record at `place`, or None when no whole record stands there."""
    if len(content) - place < HEAD.size:
        return None
    mark, size, crc = HEAD.unpack_from(content, place)
    start = place + HEAD.size
    if mark != MARK or not 0 < size <= PAYLOAD_BYTES_MAX or start + size > len(content):
        return None
    payload = content[start : start + size]
    return payload if zlib.crc32(payload, zlib.crc32(LENGTH.pack(size))) == crc else None


def find_following(content: bytes, place: int) -> int | None:
    """Return where the next whole record after a bad place begins, or None."""
    start = content.find(MARK, place + 1)
    while start != -1:
        if find_payload(content, start) is not None:
            return start
        start = content.find(MARK, start + 1)
    return None


def is_cut_short(rest: bytes) -> bool:
    """Tell a record that a dying writer did not finish from one that was whole and has changed.

    `rest` is what stands behind the last record, without the zeros at its end.
    """
    if len(rest) < HEAD.size:
        return True
    mark, size, _ = HEAD.unpack_from(rest)
    return bool(mark == MARK and HEAD.size + size > len(rest))
