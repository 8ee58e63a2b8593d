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
    is_finished: bool = False  # nothing more will ever stand in this segment


def framed(payload: bytes) -> bytes:
    size = len(payload)
    if not 0 < size <= PAYLOAD_BYTES_MAX:
        message = f"a record has 1 to {PAYLOAD_BYTES_MAX} bytes, not {size}"
        raise ValueError(message)
    return HEAD.pack(MARK, size, zlib.crc32(payload, zlib.crc32(LENGTH.pack(size)))) + payload


def read_segment(path: Path, offset: int) -> Reading:
    """Return the next records of a segment from `offset` on, at most a megabyte of them.

    Of an open segment a record that is not whole is left for the next time: it may still be
    written. What follows damage is read; what was damaged is told. Raises OSError.
    """
    content = read_bytes(path, offset, READ_BYTES)
    payloads, damaged, place = walk(content)
    damages = [Damage(offset + start, content[start:end]) for start, end in damaged]
    if path.suffix == OPEN or (place and len(content) == READ_BYTES):
        return Reading(tuple(payloads), offset + place, tuple(damages))
    if not content[place:].strip(b"\0"):
        end = skip_zeros(path, offset + place)
        return Reading(tuple(payloads), end, tuple(damages), is_finished=end >= path.stat().st_size)
    is_last = len(content) < READ_BYTES
    # A record may begin in the last part of what was read and end behind it.
    end = len(content) if is_last else READ_BYTES - RECORD_BYTES_MAX
    is_torn = is_last and is_cut_short(content, place)
    damages.append(Damage(offset + place, content[place:end], is_torn=is_torn))
    return Reading(tuple(payloads), offset + end, tuple(damages), is_finished=is_last)


def read_stretch(path: Path, start: int, end: int) -> list[bytes]:
    """Return the payloads between two offsets that `read_segment` gave. Raises OSError."""
    return walk(read_bytes(path, start, end - start))[0]


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


def walk(content: bytes) -> tuple[list[bytes], list[tuple[int, int]], int]:
    """Return the payloads, the stretches between them that are none, and where the last ends."""
    payloads: list[bytes] = []
    damaged: list[tuple[int, int]] = []
    place = 0
    while True:
        payload = find_payload(content, place)
        if payload is None:
            following = find_following(content, place)
            if following is None:
                return payloads, damaged, place
            damaged.append((place, following))
            place = following
            continue
        payloads.append(payload)
        place += HEAD.size + len(payload)


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


def is_cut_short(content: bytes, place: int) -> bool:
    """Tell a record that a dying writer did not finish from one that was whole and has changed."""
    if len(content) - place < HEAD.size:
        return True
    mark, size, _ = HEAD.unpack_from(content, place)
    end = place + HEAD.size + size
    return bool(mark == MARK and (end > len(content) or content[end - 1] == 0))
