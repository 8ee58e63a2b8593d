"""A batch whose content is fixed on disk before it is first sent, and how far the loader has read.

A batch holds its events, so that nothing that happens to the journal changes it: after a crash it
is known what was sent, and the store is brought to have just that.
"""

import contextlib
import errno
import hashlib
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from clearline.edge.collector.record import Tally, find_record
from clearline.kit.files import replace_durably
from clearline.reach.visitors.event import StoredEvent

FILE_BYTES_MAX: Final = 16 * 1024 * 1024
RESERVE_BYTES: Final = 4 * 1024 * 1024  # more than the largest batch takes
DIGEST_BYTES: Final = 32
UNREADABLE: Final = "unreadable"  # a reason of the loader's own, beside those of collectors
ENCODER: Final = msgspec.msgpack.Encoder()


class Stretch(msgspec.Struct, frozen=True, array_like=True):
    """Bytes `start` to `end` of one segment, named by directory and name without its ending."""

    segment: str
    start: int
    end: int


class Batch(msgspec.Struct, frozen=True):
    """What is sent to the store under one token."""

    number: int
    token: str
    stretches: tuple[Stretch, ...]
    events: tuple[StoredEvent, ...]
    footings: tuple[str, ...]  # of each event, "<edition> <clause>"
    dropped: dict[str, int]
    replayed: int  # events of the stretches that were stored before, and are left out
    sha256: str  # of the rows as they are sent


class Progress(msgspec.Struct, frozen=True):
    """How far each segment is loaded, after how many batches, and by when that was all."""

    number: int = 0
    offsets: dict[str, int] = {}
    whole_until: datetime | None = None  # None where an earlier release noted it


AnyState = TypeVar("AnyState", Batch, Progress)


@dataclass(frozen=True, slots=True)
class Contents:
    """What stretches of the journal say."""

    events: tuple[StoredEvent, ...]
    footings: tuple[str, ...]
    dropped: Counter[str]


class Unwritten(Exception):
    """The disk did not take a file of the loader's; nothing has changed."""


def read_contents(payloads: Iterable[bytes]) -> Contents:
    """Return the events of journal payloads in order; what is no record is counted as dropped."""
    events: list[StoredEvent] = []
    footings: list[str] = []
    dropped: Counter[str] = Counter()
    for payload in payloads:
        record = find_record(payload)
        if record is None:
            dropped[UNREADABLE] += 1
        elif isinstance(record, Tally):
            dropped.update(record.counts)
        else:
            events += record.events
            footings += [f"{record.edition} {record.clause}"] * len(record.events)
    return Contents(tuple(events), tuple(footings), dropped)


def make_batch(
    number: int, stretches: tuple[Stretch, ...], contents: Contents, repeated: Sequence[int]
) -> Batch:
    """Return a batch under a new token; `repeated` are the places of events stored before."""
    gone = frozenset(repeated)
    places = [place for place in range(len(contents.events)) if place not in gone]
    events = tuple(contents.events[place] for place in places)
    return Batch(
        number=number,
        token=secrets.token_hex(16),
        stretches=stretches,
        events=events,
        footings=tuple(contents.footings[place] for place in places),
        dropped=dict(contents.dropped),
        replayed=len(gone),
        sha256=digest(events),
    )


def digest(events: tuple[StoredEvent, ...]) -> str:
    return hashlib.sha256(ENCODER.encode(events)).hexdigest()


class Room:
    """The loader's own small files, each replaced whole and synced, with room kept for a full disk.

    When the journal has filled the disk, the reserve is given up so that the loader can go on and
    free the journal's segments.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.reserve = directory / "reserve"
        directory.mkdir(parents=True, exist_ok=True)
        self.keep_reserve()

    def read(self, name: str, kind: type[AnyState]) -> AnyState | None:
        """Return what a file says, or None when there is none or it is damaged."""
        try:
            with (self.directory / name).open("rb") as file:
                content = file.read(FILE_BYTES_MAX)
        except FileNotFoundError:
            return None
        body = content[DIGEST_BYTES:]
        if hashlib.sha256(body).digest() != content[:DIGEST_BYTES]:
            return None
        try:
            return msgspec.msgpack.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def write(self, name: str, state: Batch | Progress) -> None:
        """Replace a file. Raises Unwritten."""
        body = ENCODER.encode(state)
        content = hashlib.sha256(body).digest() + body
        self.with_reserve(lambda: replace_durably(self.directory / name, content))
        self.keep_reserve()

    def with_reserve(self, write: Callable[[], None]) -> None:
        """Run a write, giving up the reserve if the disk is full. Raises Unwritten."""
        for path in (self.reserve, None):
            try:
                write()
            except OSError as error:
                if path is None or error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                    raise Unwritten(os.strerror(error.errno or 0)) from None
                path.unlink(missing_ok=True)
            else:
                return

    def keep_reserve(self) -> None:
        if self.reserve.exists():
            return
        # There will be room when a segment is freed.
        with contextlib.suppress(OSError):
            handle = os.open(self.reserve, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(handle, 0, RESERVE_BYTES)
            except OSError:
                self.reserve.unlink()
            finally:
                os.close(handle)

    def forget(self, name: str) -> None:
        (self.directory / name).unlink(missing_ok=True)
