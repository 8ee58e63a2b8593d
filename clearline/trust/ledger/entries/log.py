"""What the ledger says of itself: that it goes on as another log, since the one before was lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ClauseId
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.uses import key_of_edition


def key_of_log(name: str) -> str:
    """Return by what the entry is found that says of a log that it began."""
    return f"log:{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBegun(LedgerEntry):
    """Another log began, for the one before was lost and no backup had all of it.

    `seen` is how many entries the newest checkpoint that was left of that one names, 0 where none
    was; `left` how many of them a backup had, which stand at the beginning of this log.
    """

    kind: ClassVar[str] = "log.begun"
    rests_on: ClassVar[ClauseId | None] = None  # of nobody: the ledger itself
    kept: ClassVar[Retention | None] = Retention.from_text("100 years")
    DATA: ClassVar[Mapping[str, str]] = {
        "log": "the name of a log",
        "earlier_vkey": "the public key of a log",
        "seen": "a count",
        "left": "a count",
    }

    log: str
    earlier_vkey: str
    seen: int
    left: int

    @property
    def source_key(self) -> str:
        return key_of_log(self.log)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionCarried(LedgerEntry):
    """An edition stands in the list of what was published, and its entry was lost with a log."""

    kind: ClassVar[str] = "edition.carried"
    rests_on: ClassVar[ClauseId | None] = None  # of nobody: the policy itself
    kept: ClassVar[Retention | None] = Retention.from_text("100 years")
    DATA: ClassVar[Mapping[str, str]] = {
        "date": "its first day",
        "sha256": "a hash of the edition's text",
    }

    date: str
    sha256: str

    @property
    def source_key(self) -> str:
        """Return what stands for the lost entry where editions are looked for in the ledger."""
        return key_of_edition(self.sha256)
