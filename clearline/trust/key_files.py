"""Numbered key files of the instance: `NAME` is number 1, `NAME-2` number 2, the highest in use."""

import os
import re
import secrets
from pathlib import Path

from clearline.kit.files import sync_file
from clearline.trust.envelope import KEY_BYTES


def numbers(keys: Path, first: str) -> list[int]:
    """Return the numbers of the key files that there are, the one in use last."""
    name = re.compile(rf"{first}(?:-([2-9]|[1-9][0-9]{{1,5}}))?", re.ASCII)
    matches = [name.fullmatch(path.name) for path in keys.glob(f"{first}*")]
    return sorted(int(match.group(1) or 1) for match in matches if match)


def path_of(keys: Path, first: str, number: int) -> Path:
    return keys / (first if number == 1 else f"{first}-{number}")


def make(path: Path) -> None:
    """Write a new key, durably and for the owner alone. Raises OSError where there is one."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_file(path)
