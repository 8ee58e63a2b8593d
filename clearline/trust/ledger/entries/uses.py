"""What the ledger says of the policy, of choices, and of uses that were granted or refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ChoiceMethod, ChoiceSurface, ClauseId
from clearline.trust.ledger.entries.entry import LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRecorded(LedgerEntry):
    """What a person answered, where, under which edition, and the words they saw.

    `by_signal` names what Global Privacy Control answered in their place, so it says nothing of a
    signal that changed nothing. `before` is the id of the choice that this one replaces, or "".
    """

    kind: ClassVar[str] = "choice.recorded"
    rests_on: ClassVar[ClauseId | None] = ClauseId("choices.keep")
    kept: ClassVar[Retention | None] = None  # CCPA records: 24 months at least
    DATA: ClassVar[Mapping[str, str]] = {
        "yes": "names of choices",
        "no": "names of choices",
        "method": "how a choice was told",
        "surface": "where a choice was told",
        "edition": "a day",
        "text": "words of ours",
        "by_signal": "names of choices",
        "before": "an entry by random number",
    }

    yes: tuple[str, ...]
    no: tuple[str, ...]
    method: ChoiceMethod
    surface: ChoiceSurface
    edition: str
    text: str
    by_signal: tuple[str, ...]
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UseDenied(LedgerEntry):
    """A use that the gate refused, with the reason."""

    kind: ClassVar[str] = "use.denied"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")  # of staff, by random number
    kept: ClassVar[Retention | None] = Retention.from_text("3 years")
    DATA: ClassVar[Mapping[str, str]] = {
        "purpose": "a word of the vocabulary",
        "categories": "words of the vocabulary",
        "recipient": "a word of the vocabulary and a company",
        "by": "a job, or staff by random number",
        "reason": "a word of a closed list",
        "clause": "a clause",
        "edition": "a day",
    }

    purpose: str
    categories: tuple[str, ...]
    recipient: str
    by: str
    reason: str
    clause: str
    edition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UseGranted(LedgerEntry):
    """A use that the gate permitted and that left no other entry."""

    kind: ClassVar[str] = "use.granted"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = Retention.from_text("3 years")
    DATA: ClassVar[Mapping[str, str]] = {
        "purpose": "a word of the vocabulary",
        "categories": "words of the vocabulary",
        "recipient": "a word of the vocabulary and a company",
        "by": "a job, or staff by random number",
    }

    purpose: str
    categories: tuple[str, ...]
    recipient: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPublished(LedgerEntry):
    """An edition of the policy went on the shelf; its hash shows that it was never changed."""

    kind: ClassVar[str] = "edition.published"
    rests_on: ClassVar[ClauseId | None] = None  # of nobody: the policy itself
    # The policy itself is public: there is nothing to expire.
    kept: ClassVar[Retention | None] = Retention.from_text("100 years")
    DATA: ClassVar[Mapping[str, str]] = {
        "date": "its first day",
        "sha256": "a hash of the edition's text",
        "is_material": "of an edition",
        "uses_found": "a count",
        "uses_covered": "a count",
    }

    date: str
    sha256: str
    is_material: bool
    uses_found: int
    uses_covered: int

    @property
    def source_key(self) -> str:
        """Return what keeps the edition to one entry, and finds it again."""
        return key_of_edition(self.sha256)


def key_of_edition(sha256: str) -> str:
    return f"edition:{sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsLoaded(LedgerEntry):
    """One batch of visitors' events, by its manifest: how many, decided how, and their hash."""

    kind: ClassVar[str] = "events.loaded"
    rests_on: ClassVar[ClauseId | None] = None  # of nobody: counts of a batch
    kept: ClassVar[Retention | None] = Retention.from_text("3 years")
    DATA: ClassVar[Mapping[str, str]] = {
        "batch": "the name of a batch",
        "rows": "a count",
        "sha256": "a hash of the batch's lines",
        "counts": "counts",
    }

    batch: str
    rows: int
    sha256: str
    counts: tuple[str, ...]  # "reason=number", sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportExported(LedgerEntry):
    """Figures about visitors left as a file."""

    kind: ClassVar[str] = "report.exported"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = Retention.from_text("3 years")
    DATA: ClassVar[Mapping[str, str]] = {
        "report": "the name of a report",
        "query": "the question that a report answers",
        "by": "a job, or staff by random number",
        "format": "the kind of a file",
    }

    report: str
    query: str
    by: str
    format: str
