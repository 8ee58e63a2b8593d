"""What the ledger says of letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ClauseId
from clearline.trust.ledger.entries.entry import LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSent(LedgerEntry):
    """The mail server took a letter to the entry's subject. `template` is which kind of letter.

    One with a code that proves an address is noted of nobody.
    """

    kind: ClassVar[str] = "mail.sent"
    rests_on: ClassVar[ClauseId | None] = ClauseId("mail.note")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "template": "a word of a closed list",
    }

    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFailed(LedgerEntry):
    """A letter to the entry's subject, or as above of nobody, could not be delivered."""

    kind: ClassVar[str] = "mail.failed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("mail.note")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "template": "a word of a closed list",
    }

    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionTold(LedgerEntry):
    """A letter to the entry's subject about a coming edition of the policy was written."""

    kind: ClassVar[str] = "edition.told"
    rests_on: ClassVar[ClauseId | None] = ClauseId("mail.note")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"edition": "a day"}

    edition: str
