"""Where events are safe before they are answered: a directory of segments with one writer.

A segment is allocated whole before a byte is written: a full disk is then known before anything is
half written, and a sync has no length to store.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from clearline.edge.collector.segment import CLOSED, OPEN, framed
from clearline.kit.errors import Conflict, Unavailable
from clearline.kit.files import sync_directory

SEGMENT_BYTES: Final = 8 * 1024 * 1024
# Then it is closed, so that what is loaded lies no longer where nobody reads it. The loader closes
# one that its writer left behind as late.
SEGMENT_S: Final = 3600.0
LEFT_BYTES: Final = 1024 * 1024  # of a disk that fills, for the loader, which frees segments
DIRECTORIES_MAX: Final = 64
BOOT_DIGITS: Final = 14  # of the milliseconds with which the names of a writer's segments begin
# O_DSYNC: a write returns when its bytes are on the disk, as after fdatasync, in one call.
FLAGS: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_DSYNC
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class JournalTaken(Conflict):
    """Another process writes in this directory."""


class JournalFull(Unavailable):
    """The disk takes no more."""


class JournalBroken(Unavailable):
    """The disk failed in some other way."""


class Journal:
    """The one writer of a directory. `write` returns when the bytes are on the disk."""

    def __init__(self, directory: Path, lock: int, segment_bytes: int) -> None:
        self.directory = directory
        self.lock = lock
        self.segment_bytes = segment_bytes
        self.boot = f"{time.time_ns() // 1_000_000:0{BOOT_DIGITS}d}-{secrets.token_hex(4)}"
        self.number = 0
        self.segment: Path | None = None
        self.handle = -1
        self.offset = 0
        self.begun_s = 0.0
        self.looked_s = time.monotonic()

    @classmethod
    def open(cls, directory: Path, *, segment_bytes: int = SEGMENT_BYTES) -> Self:
        """Take a directory and close the segments that the writer before left open.

        Raises JournalTaken while another process has it.
        """
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            message = f"{directory} is written by another process"
            raise JournalTaken(message) from None
        journal = cls(directory, lock, segment_bytes)
        try:
            journal.close_others()
        except OSError:
            os.close(lock)
            raise
        return journal

    @classmethod
    def open_free(cls, root: Path, *, segment_bytes: int = SEGMENT_BYTES) -> Self:
        """Take the first directory of `root` that nobody has, so that collectors can be many."""
        for number in range(DIRECTORIES_MAX):
            try:
                return cls.open(root / f"collector-{number}", segment_bytes=segment_bytes)
            except JournalTaken:
                continue
        message = f"{DIRECTORIES_MAX} collectors already write below {root}"
        raise JournalTaken(message)

    def write(self, payloads: Sequence[bytes]) -> None:
        """Write all payloads and return when they are durable; on failure none of them counts.

        Closes first what was begun an hour ago, though there be no payload, and once an hour what
        the disk did not let close.
        Raises JournalFull, JournalBroken; the next call tries anew in a new segment.
        """
        now_s = time.monotonic()
        if self.segment is not None and now_s - self.begun_s > SEGMENT_S:
            self.abandon_segment()
        if now_s - self.looked_s > SEGMENT_S:
            self.looked_s = now_s
            with contextlib.suppress(OSError):  # the disk is ill still: in an hour again
                self.close_others()
        if not payloads:
            return
        block = b"".join(framed(payload) for payload in payloads)
        try:
            if self.segment is None or self.offset + len(block) > self.segment_bytes:
                self.begin_segment(len(block))
            write_whole(self.handle, block, self.offset)
        except OSError as error:
            self.abandon_segment()
            if error.errno in NO_ROOM:
                message = "the disk is full; make room and events are taken again"
                raise JournalFull(message) from None
            message = f"the disk failed: {os.strerror(error.errno or 0)}"
            raise JournalBroken(message) from None
        self.offset += len(block)

    def begin_segment(self, size_bytes_min: int) -> None:
        self.close_segment()
        size_bytes = max(self.segment_bytes, size_bytes_min)
        require_room(self.directory, size_bytes + LEFT_BYTES)
        self.number += 1
        path = self.directory / f"{self.boot}-{self.number:06d}{OPEN}"
        self.handle = os.open(path, FLAGS, 0o600)
        self.segment, self.offset, self.begun_s = path, 0, time.monotonic()
        os.posix_fallocate(self.handle, 0, size_bytes)
        os.fsync(self.handle)
        sync_directory(self.directory)

    def close_segment(self) -> None:
        """Cut the segment to what was written and let the loader know that it is whole."""
        if self.segment is None:
            return
        path, self.segment = self.segment, None
        try:
            os.ftruncate(self.handle, self.offset)
            os.fsync(self.handle)
        finally:
            os.close(self.handle)
        if self.offset:
            path.replace(path.with_suffix(CLOSED))
        else:
            path.unlink()

    def abandon_segment(self) -> None:
        """After a failure: cut the half-written tail back and leave the segment for good.

        A file whose sync failed once is never trusted again.
        """
        try:
            self.close_segment()
        except OSError:
            # The disk is ill: a later look at the directory closes it, and the loader steps over a
            # tail that is not whole.
            self.segment = None

    def close_others(self) -> None:
        """Close each segment that is left open and not written: nobody else writes here."""
        for path in self.directory.glob(f"*{OPEN}"):
            if path != self.segment:
                path.replace(path.with_suffix(CLOSED))

    def close(self) -> None:
        self.abandon_segment()
        os.close(self.lock)


def booted_at(path: Path) -> datetime | None:
    """Return when the writer of a segment began, None where its name does not say so."""
    told, _, _ = path.name.partition("-")
    is_told = len(told) == BOOT_DIGITS and told.isdecimal()
    return datetime.fromtimestamp(int(told) / 1000, UTC) if is_told else None


def close_left_open(directory: Path) -> None:
    """Close the segments of a directory in which no process writes any more."""
    with contextlib.suppress(JournalTaken):
        Journal.open(directory).close()


def require_room(directory: Path, size_bytes: int) -> None:
    """Raise OSError unless the disk has that many bytes free."""
    state = os.statvfs(directory)
    if state.f_bavail * state.f_frsize < size_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def write_whole(handle: int, block: bytes, offset: int) -> None:
    view = memoryview(block)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written
