"""What the ledger says of how people are reached, and of getting back in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ClauseId
from clearline.trust.ledger.entries.entry import LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCodeSent(LedgerEntry):
    """A code was sent to prove an e-mail address; never where to."""

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
    """Somebody said that second factors which were to go are theirs, and they stayed."""

    kind: ClassVar[str] = "contact.factors_kept"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeSent(LedgerEntry):
    """Somebody asked to get back into an account, and a code went to its address of record."""

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
    """A new password, and perhaps a new user ID, was set by a code; all sessions ended."""

    kind: ClassVar[str] = "account.recovered"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"fields": "names of columns"}

    fields: tuple[str, ...]
