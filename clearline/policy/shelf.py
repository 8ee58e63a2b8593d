"""The published editions of one instance: which is in force, which is coming, what is wrong."""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from clearline.kit.errors import Unavailable
from clearline.policy.compile import CompiledPolicy, compile_edition
from clearline.policy.difference import is_material
from clearline.policy.edition import EditionBroken, parse_edition

PUBLISHED: Final = "published.json"
LOOK_EVERY: Final = timedelta(seconds=5)
EDITIONS_MAX: Final = 1_000
STEPS_REMEMBERED: Final = 16  # asked on every page while an edition is coming
TOLD_MAX: Final = 3  # of the editions that are broken, at one time
REST_STANDS: Final = "The editions that were read before, or can be, stay in use."
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
    """One published edition. `date` is its first day, the provider's; `text` its exact words."""

    date: date
    sha256: str
    published_at: datetime
    text: str
    policy: CompiledPolicy


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A published edition that cannot be read as it was published, and why."""

    date: date
    kind: type[PolicyBroken]
    text: str


@dataclass(slots=True)
class Shelf:
    """Editions in the order of their dates. `trouble` says, in plain words, what is wrong now.

    Their days are days of `zone`, the provider's: an edition binds from 0:00 there.
    """

    folder: Path
    zone: ZoneInfo
    editions: tuple[Published, ...]
    stamp: int
    unreadable: tuple[Unreadable, ...] = ()
    trouble: str = ""
    looked_at: datetime = LONG_AGO

    @classmethod
    def open(cls, folder: Path, zone: ZoneInfo) -> Self:
        """Read what was published; an edition that cannot be relied on is told in `trouble`.

        Raises PolicyBroken when it cannot be known what was published.
        """
        shelf = cls(folder, zone, (), stamp_of(folder))
        shelf.take(read_published(folder))
        return shelf

    @classmethod
    def open_whole(cls, folder: Path, zone: ZoneInfo) -> Self:
        """Read what was published. Raises PolicyBroken when any of it cannot be relied on."""
        shelf = cls.open(folder, zone)
        for each in shelf.unreadable:
            raise each.kind(each.text)
        return shelf

    def refresh(self, now: datetime) -> None:
        """Look again, at most every 5 s of `now`; on a broken file the last good ones stay."""
        if timedelta() <= now - self.looked_at < LOOK_EVERY:
            return
        self.looked_at = now
        try:
            stamp = stamp_of(self.folder)
            if stamp == self.stamp and not self.trouble:
                return
            self.take(read_published(self.folder))
        except PolicyBroken as broken:
            self.trouble = f"{broken} {REST_STANDS}"
        else:
            self.stamp = stamp

    def take(self, found: "Found") -> None:
        """Put what was found in the place of what stood; what broke since stays as it was."""
        by_date = {each.date: each for each in self.editions}
        # The table of an edition that did not change is kept: callers compare by identity.
        known = {each.sha256: each for each in self.editions}
        good = [known.get(each.sha256, each) for each in found.editions]
        broken = found.unreadable
        stayed = [by_date[each.date] for each in broken if each.date in by_date]
        self.editions = tuple(sorted([*good, *stayed], key=lambda each: each.date))
        self.unreadable = tuple(each for each in broken if each.date not in by_date)
        self.trouble = " ".join([*(each.text for each in broken[:TOLD_MAX]), REST_STANDS])
        if not broken:
            self.trouble = ""

    def today(self, now: datetime) -> date:
        """Return the provider's day at `now`."""
        return now.astimezone(self.zone).date()

    def in_force(self, now: datetime) -> CompiledPolicy:
        """Return the edition whose first day came last.

        Raises NoEditionInForce, and PolicyBroken when that edition cannot be relied on.
        """
        today = self.today(now)
        standing = next((each for each in reversed(self.editions) if each.date <= today), None)
        for each in self.unreadable:
            if each.date <= today and (standing is None or standing.date < each.date):
                raise each.kind(each.text)
        if standing is not None:
            return standing.policy
        message = (
            "No edition of the privacy policy is in force. Publish one: clearline policy publish."
        )
        raise NoEditionInForce(message)

    def coming(self, now: datetime) -> CompiledPolicy | None:
        """Return the next edition that is published but not yet in force."""
        today = self.today(now)
        return next((each.policy for each in self.editions if each.date > today), None)

    def announced(self, now: datetime) -> tuple[CompiledPolicy, CompiledPolicy] | None:
        """Return the next edition that people must be told of, after the one that it replaces."""
        return next(iter(self.all_announced(now)), None)

    def all_announced(self, now: datetime) -> list[tuple[CompiledPolicy, CompiledPolicy]]:
        """Return each edition to come that people must be told of, after the one it replaces."""
        today = self.today(now)
        steps = [(old.policy, new.policy) for old, new in pairwise(self.editions)
                 if new.date > today]  # fmt: skip
        return [step for step in steps if is_material_step(*step)]

    def find(self, day: date) -> Published | None:
        return next((each for each in self.editions if each.date == day), None)


@lru_cache(maxsize=STEPS_REMEMBERED)
def is_material_step(old: CompiledPolicy, new: CompiledPolicy) -> bool:
    return is_material(old.edition, new.edition)


def stamp_of(folder: Path) -> int:
    """Return a number that changes when a file of the folder is written, made or removed.

    Raises PolicyBroken when the folder cannot be looked at.
    """
    told = []
    try:
        for path in (folder / PUBLISHED, *sorted(folder.glob("*.toml"))[:EDITIONS_MAX]):
            with contextlib.suppress(FileNotFoundError):
                state = path.stat()
                told.append((path.name, state.st_mtime_ns, state.st_size, state.st_ino))
    except OSError as error:
        message = f"{folder} cannot be read ({error.strerror})."
        raise PolicyBroken(message) from None
    return hash(tuple(told))


class Found(NamedTuple):
    """What a folder holds of what was published, by date."""

    editions: tuple[Published, ...]
    unreadable: tuple[Unreadable, ...]


class Listed(NamedTuple):
    """A line of the list of what was published."""

    date: date
    sha256: str
    published_at: datetime


def list_published(folder: Path) -> list[Listed]:
    """Return what was published, by date, whatever became of the texts. Raises PolicyBroken."""
    try:
        listed = json.loads((folder / PUBLISHED).read_text(encoding="utf-8"))
        rows = [
            Listed(
                date.fromisoformat(row["date"]),
                str(row["sha256"]),
                datetime.fromisoformat(row["published_at"]),
            )
            for row in listed
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        message = f"{folder / PUBLISHED} cannot be read ({error.strerror})."
        raise PolicyBroken(message) from None
    except (ValueError, KeyError, TypeError, RecursionError) as broken:
        message = f"{folder / PUBLISHED} cannot be read: {broken}. Restore it from your backup."
        raise PolicyBroken(message) from None
    return sorted(rows)


def read_published(folder: Path) -> Found:
    """Return the published editions. Raises PolicyBroken when their list cannot be read."""
    editions: list[Published] = []
    unreadable: list[Unreadable] = []
    for day, sha256, published_at in list_published(folder):
        try:
            editions.append(read_one(folder, day, sha256, published_at))
        except PolicyBroken as broken:
            unreadable.append(Unreadable(day, type(broken), str(broken)))
    return Found(tuple(editions), tuple(unreadable))


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
