"""What the ledger says of how people are reached, and of getting back in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ClauseId
from clearline.trust.ledger.entries.entry import LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCodeSent(LedgerEntry):
    """A person asked for a code to prove an e-mail address; never which, nor if a letter went."""

    kind: ClassVar[str] = "contact.code_sent"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"what": "a word of a closed list"}

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactConfirmed(LedgerEntry):
    """A person proved by a code that their e-mail address is theirs."""

    kind: ClassVar[str] = "contact.confirmed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactReplaced(LedgerEntry):
    """A person put another e-mail address, proved by a code, in the place of theirs."""

    kind: ClassVar[str] = "contact.replaced"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTakenBack(LedgerEntry):
    """Who holds the address that was told of a change said that it was not them."""

    kind: ClassVar[str] = "contact.taken_back"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"fields": "names of columns"}

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorsQuestioned(LedgerEntry):
    """A change was taken back around which second factors came: they go in a day."""

    kind: ClassVar[str] = "contact.factors_questioned"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorsKept(LedgerEntry):
    """Second factors which were to go stayed: somebody said so, or the password needs them.

    `by` is "" for who said so by the link in a letter.
    """

    kind: ClassVar[str] = "contact.factors_kept"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"by": "themselves, or a job"}

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryLetterSent(LedgerEntry):
    """Somebody asked to get back into an account; a letter went to its address of record."""

    kind: ClassVar[str] = "recovery.code_sent"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryRefused(LedgerEntry):
    """Wrong codes were typed where somebody asked to get back into an account."""

    kind: ClassVar[str] = "recovery.refused"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"count": "a count"}

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecovered(LedgerEntry):
    """A new password, perhaps a new user ID too, was set by a letter; all sessions ended."""

    kind: ClassVar[str] = "account.recovered"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"fields": "names of columns"}

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBackAsked(LedgerEntry):
    """Who lost every way in showed a document at the desk; a second one of the staff decides."""

    kind: ClassVar[str] = "way_back.asked"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.way_back")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "document": "a word of a closed list: which kind of document, nothing on it",
        "why": "a word of a closed list",
        "by": "staff by random number",
    }

    document: str
    why: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBackBlocked(LedgerEntry):
    """A document with another name than the customer's was shown, and nothing was begun."""

    kind: ClassVar[str] = "way_back.blocked"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.way_back")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "document": "a word of a closed list: which kind of document, nothing on it",
        "why": "a word of a closed list",
        "by": "staff by random number",
    }

    document: str
    why: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBackConfirmed(LedgerEntry):
    """A second one of the staff looked too; a letter with a code went to the address of record."""

    kind: ClassVar[str] = "way_back.confirmed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.way_back")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "document": "a word of a closed list: which kind of document, nothing on it",
        "asked_by": "staff by random number",
        "by": "staff by random number",
    }

    document: str
    asked_by: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBackDeclined(LedgerEntry):
    """What was begun was declined by another one of the staff, or taken back."""

    kind: ClassVar[str] = "way_back.declined"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.way_back")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "asked_by": "staff by random number",
        "by": "staff by random number",
    }

    asked_by: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBackUsed(LedgerEntry):
    """By the code of that letter a new password was chosen; second factors and sessions ended."""

    kind: ClassVar[str] = "way_back.used"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.way_back")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "fields": "names of columns",
    }

    fields: tuple[str, ...]
