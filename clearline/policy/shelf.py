"""The published editions of one instance: which is in force, which is coming, what is wrong."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

from clearline.kit.errors import Unavailable
from clearline.policy.compile import CompiledPolicy, compile_edition
from clearline.policy.difference import is_material
from clearline.policy.edition import EditionBroken, parse_edition

PUBLISHED: Final = "published.json"
LOOK_EVERY: Final = timedelta(seconds=5)
EDITIONS_MAX: Final = 1_000
STEPS_REMEMBERED: Final = 16  # asked on every page while an edition is coming
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class PolicyBroken(Unavailable):
    """What was published cannot be read as it was published."""

    code = "policy_broken"


class EditionChanged(PolicyBroken):
    """A published edition is not, byte for byte, what was published."""

    code = "edition_changed"


class NoEditionInForce(Unavailable):
    code = "no_edition_in_force"


@dataclass(frozen=True, slots=True)
class Published:
    """One published edition. `date` is its first day, UTC; `text` its exact words."""

    date: date
    sha256: str
    published_at: datetime
    text: str
    policy: CompiledPolicy


@dataclass(slots=True)
class Shelf:
    """Editions in the order of their dates. `trouble` says, in plain words, what is wrong now."""

    folder: Path
    editions: tuple[Published, ...]
    stamp: int
    trouble: str = ""
    looked_at: datetime = LONG_AGO

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read what was published. Raises PolicyBroken when any of it cannot be relied on."""
        stamp = stamp_of(folder)
        return cls(folder, read_published(folder), stamp)

    def refresh(self, now: datetime) -> None:
        """Look again, at most every 5 s of `now`; on a broken file the last good ones stay."""
        if timedelta() <= now - self.looked_at < LOOK_EVERY:
            return
        self.looked_at = now
        stamp = stamp_of(self.folder)
        if stamp == self.stamp and not self.trouble:
            return
        try:
            self.editions = self.with_kept_tables(read_published(self.folder))
        except PolicyBroken as broken:
            self.trouble = f"{broken} The last good editions stay in use."
        else:
            self.trouble = ""
            self.stamp = stamp

    def with_kept_tables(self, fresh: tuple[Published, ...]) -> tuple[Published, ...]:
        """Keep the table of an edition that did not change: callers compare by identity."""
        known = {each.sha256: each for each in self.editions}
        return tuple(known.get(each.sha256, each) for each in fresh)

    def in_force(self, now: datetime) -> CompiledPolicy:
        """Return the edition whose first day came last. Raises NoEditionInForce."""
        today = now.astimezone(UTC).date()
        for each in reversed(self.editions):
            if each.date <= today:
                return each.policy
        message = (
            "No edition of the privacy policy is in force. Publish one: clearline policy publish."
        )
        raise NoEditionInForce(message)

    def coming(self, now: datetime) -> CompiledPolicy | None:
        """Return the next edition that is published but not yet in force."""
        today = now.astimezone(UTC).date()
        return next((each.policy for each in self.editions if each.date > today), None)

    def announced(self, now: datetime) -> tuple[CompiledPolicy, CompiledPolicy] | None:
        """Return the next edition that people must be told of, after the one that it replaces."""
        today = now.astimezone(UTC).date()
        steps = ((old.policy, new.policy) for old, new in pairwise(self.editions)
                 if new.date > today)  # fmt: skip
        return next((step for step in steps if is_material_step(*step)), None)

    def find(self, day: date) -> Published | None:
        return next((each for each in self.editions if each.date == day), None)


@lru_cache(maxsize=STEPS_REMEMBERED)
def is_material_step(old: CompiledPolicy, new: CompiledPolicy) -> bool:
    return is_material(old.edition, new.edition)


def stamp_of(folder: Path) -> int:
    """Return a number that changes when a file of the folder is written, made or removed."""
    paths = [folder / PUBLISHED, *sorted(folder.glob("*.toml"))[:EDITIONS_MAX]]
    told = []
    for path in paths:
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        told.append((path.name, state.st_mtime_ns, state.st_size, state.st_ino))
    return hash(tuple(told))


def read_published(folder: Path) -> tuple[Published, ...]:
    """Return the published editions, by date. Raises PolicyBroken or EditionChanged."""
    try:
        listed = json.loads((folder / PUBLISHED).read_text(encoding="utf-8"))
        rows = [
            (
                date.fromisoformat(row["date"]),
                str(row["sha256"]),
                datetime.fromisoformat(row["published_at"]),
            )
            for row in listed
        ]
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError, RecursionError) as broken:
        message = f"{folder / PUBLISHED} cannot be read: {broken}. Restore it from your backup."
        raise PolicyBroken(message) from None
    return tuple(read_one(folder, *row) for row in sorted(rows))


def read_one(folder: Path, day: date, sha256: str, published_at: datetime) -> Published:
    path = folder / f"{day.isoformat()}.toml"
    try:
        raw = path.read_bytes()
    except OSError as error:
        message = f"{path} was published but cannot be read ({error.strerror}). Restore it."
        raise PolicyBroken(message) from None
    if hashlib.sha256(raw).hexdigest() != sha256:
        message = (
            f"{path} is not what was published on {published_at.date().isoformat()}. Restore the "
            "published text, and write changes as a new edition with a later date."
        )
        raise EditionChanged(message)
    text = raw.decode("utf-8", errors="replace")
    try:
        policy = compile_edition(parse_edition(text, source=path.name))
    except EditionBroken as broken:
        message = f"{path} cannot be read by this release: {broken}"
        raise PolicyBroken(message) from None
    return Published(day, sha256, published_at, text, policy)
