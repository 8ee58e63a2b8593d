"""What each process last said of itself, one small file each, for the health page and doctor."""

import contextlib
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

STATUS_BYTES_MAX: Final = 64 * 1024
STATUSES_MAX: Final = 256


def write_status(directory: Path, name: str, payload: Mapping[str, object], now: datetime) -> None:
    """Replace what process `name` says, with `at` added; readers see the old or the new whole.

    Raises OSError when the disk takes no more.
    """
    text = json.dumps({**payload, "at": now.isoformat()}, default=str)
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / f".{name}.{os.getpid()}"
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(directory / f"{name}.json")
    finally:
        draft.unlink(missing_ok=True)


def read_statuses(directory: Path) -> dict[str, dict[str, object]]:
    """Return what every process last said, by name; a file that cannot be read is left out."""
    said: dict[str, dict[str, object]] = {}
    for path in sorted(directory.glob("*.json"))[:STATUSES_MAX]:
        with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
            payload = json.loads(file.read(STATUS_BYTES_MAX))
            if isinstance(payload, dict):
                said[path.stem] = payload
    return said
