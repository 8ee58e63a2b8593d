"""What the loader brought to the store goes into the ledger: one entry for each batch, by the hour.

A batch has a hash of its rows, so an entry made at once would tell to the second of visits of which
the minute alone is stored. It waits until the hour of its last visit is over.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings

from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.uses import EventsLoaded

MANIFESTS_MAX: Final = 1_000  # in one turn, one commit
BYTES_MAX: Final = 256 * 1024
HOUR_S: Final = 3600
NUMBER_MAX: Final = 2**53 - 1
TOKEN: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
COUNTED: Final = re.compile(r"[a-z0-9_.: -]{1,100}", re.ASCII)
BROKEN: Final = ".broken"

log = structlog.get_logger()


class ManifestBroken(Exception):
    """The file is no manifest."""


def record_manifests(now: datetime) -> int:
    """Enter each batch of visits of the hours that are over, then remove its file; return how many.

    A file that cannot be understood is set aside as `NAME.broken`.
    """
    folder = Path(settings.ENV.data_dir) / "manifests"
    read: list[tuple[Path, EventsLoaded]] = []
    for path in sorted(folder.glob("*.json")):
        if len(read) >= MANIFESTS_MAX:
            break
        try:
            told = read_file(path)
            if hour(last_at_s(told)) < hour(now.timestamp()):
                read.append((path, to_entry(told, path.stem)))
        except ManifestBroken as broken:
            log.warning("manifest.broken", file=path.name, reason=str(broken))
            path.replace(path.with_name(path.name + BROKEN))
    if not read:
        return 0
    ledger.append_many(
        [(entry, None) for _, entry in read],
        permit=None,
        now=now,
        source_keys=[entry.batch for _, entry in read],
    )
    # Only now: a crash before this enters nothing twice, for the batch names the entry.
    for path, _ in read:
        path.unlink(missing_ok=True)
    return len(read)


def hour(moment_s: float) -> int:
    return int(moment_s // HOUR_S)


def last_at_s(told: dict[str, object]) -> float:
    """Return when the last visit of a batch was; 0 of one that holds none."""
    if told.get("last_at_ms") is None:
        return 0
    return number_in(told["last_at_ms"], "last_at_ms") / 1000


def read_file(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        raw = file.read(BYTES_MAX + 1)
    try:
        told = json.loads(raw) if len(raw) <= BYTES_MAX else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        message = "no JSON object, or too long"
        raise ManifestBroken(message)
    return told


def to_entry(told: dict[str, object], name: str) -> EventsLoaded:
    batch = text_of(told, "batch", TOKEN)
    if name != batch:
        message = "the file is not named after its batch"
        raise ManifestBroken(message)
    return EventsLoaded(
        batch=batch,
        rows=number_in(told.get("events"), "events"),
        sha256=text_of(told, "sha256", SHA256),
        counts=tuple(sorted(counts_in(told))),
    )


def counts_in(told: dict[str, object]) -> list[str]:
    """Return `clause.EDITION NAME=n`, `dropped.REASON=n`, `recognised=n` and `replayed=n`."""
    counts = [f"{key}={number_in(told.get(key), key)}" for key in ("recognised", "replayed")]
    for key, prefix in (("by_clause", "clause"), ("dropped", "dropped")):
        some = told.get(key)
        if not isinstance(some, dict) or not all(map(COUNTED.fullmatch, some)):
            message = f"{key} does not count what it should"
            raise ManifestBroken(message)
        counts += [f"{prefix}.{name}={number_in(count, key)}" for name, count in some.items()]
    return counts


def text_of(told: dict[str, object], key: str, pattern: re.Pattern[str]) -> str:
    value = told.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        message = f"{key} is not what it should be"
        raise ManifestBroken(message)
    return value


def number_in(value: object, key: str) -> int:
    if type(value) is not int or not 0 <= value <= NUMBER_MAX:
        message = f"{key} is no count"
        raise ManifestBroken(message)
    return value
