"""Files replaced whole: readers and a crash see the old one or the new one, never a part."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file. Its bytes are on the disk on return, its name once its folder is synced.

    Raises OSError; the old file then stands.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def replace_durably(path: Path, content: bytes) -> None:
    """Replace a file; all of it is on the disk on return. Raises OSError."""
    replace_file(path, content)
    sync_directory(path.parent)


def sync_file(path: Path) -> None:
    """Return when what was written to a file, and its name, are on the disk."""
    sync(path, os.O_RDONLY)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Return when the names in a directory are on the disk."""
    sync(directory, os.O_RDONLY | os.O_DIRECTORY)


def sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is made if need be; wait while another process holds it."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
