"""What the ledger says of customers' accounts, and of what was shown of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ClauseId
from clearline.trust.ledger.entries.entry import LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened(LedgerEntry):
    """A person opened an account, under the edition that they agreed to with it."""

    kind: ClassVar[str] = "account.opened"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.agreement")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "edition": "a day",
        "text": "words of ours",
    }

    edition: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAgreed(LedgerEntry):
    """A customer agreed to a later edition, after being shown what changed, in these words."""

    kind: ClassVar[str] = "policy.agreed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.agreement")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "edition": "a day",
        "text": "words of ours",
    }

    edition: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClosed(LedgerEntry):
    """An account was closed; it is erased later, and may be taken back until then."""

    kind: ClassVar[str] = "account.closed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "by": "the person themselves, a job, or staff by random number",
    }

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReopened(LedgerEntry):
    """The closing of an account was taken back."""

    kind: ClassVar[str] = "account.reopened"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "by": "the person themselves, a job, or staff by random number",
    }

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountErased(LedgerEntry):
    """All that a closed account held was erased, and the person's key destroyed."""

    kind: ClassVar[str] = "account.erased"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileShown(LedgerEntry):
    """What an account holds of a person was opened for them, or for who `by` names."""

    kind: ClassVar[str] = "account.shown"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.show")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "fields": "names of columns",
        "by": "the person themselves, a job, or staff by random number",
    }

    fields: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged(LedgerEntry):
    """Something that an account holds of a person was corrected; what it was is not told."""

    kind: ClassVar[str] = "account.changed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "fields": "names of columns",
        "by": "the person themselves, a job, or staff by random number",
    }

    fields: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChanged(LedgerEntry):
    """The name of the entry's subject was corrected; neither name is told.

    It stands beside `account.changed`, so that a letter can tell of it.
    """

    kind: ClassVar[str] = "account.renamed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "by": "the person themselves, a job, or staff by random number",
    }

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChanged(LedgerEntry):
    """The address for bills or that of a service was given, changed or taken out; never which.

    It stands beside `account.changed`, so that a letter can tell of it.
    """

    kind: ClassVar[str] = "account.address_changed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "by": "the person themselves, a job, or staff by random number",
    }

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeChanged(LedgerEntry):
    """The range of somebody's age was set anew, and their account stays; neither range is told.

    It stands beside `account.changed`, so that a letter can tell of it. Of one under 13 the account
    closes, which is told instead.
    """

    kind: ClassVar[str] = "account.age_changed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "by": "the person themselves, a job, or staff by random number",
    }

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataShown(LedgerEntry):
    """All that is held of the entry's subject was opened, for who `by` names; never what it was."""

    kind: ClassVar[str] = "data.shown"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.show")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "categories": "words of the vocabulary",
        "by": "the person themselves, a job, or staff by random number",
    }

    categories: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataExported(LedgerEntry):
    """All that is held of the entry's subject left as a file, for who `by` names."""

    kind: ClassVar[str] = "data.exported"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.show")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "categories": "words of the vocabulary",
        "format": "the kind of a file",
        "by": "the person themselves, a job, or staff by random number",
    }

    categories: tuple[str, ...]
    format: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamChanged(LedgerEntry):
    """Who may act in an account was changed; the subject is its owner."""

    kind: ClassVar[str] = "team.changed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "change": "a word of a closed list",
        "role": "a word of a closed list",
        "by": "the owner or the member by random number",
    }

    change: str
    role: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipChanged(LedgerEntry):
    """What somebody may do in another's account was changed; the subject is that member."""

    kind: ClassVar[str] = "membership.changed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "change": "a word of a closed list",
        "role": "a word of a closed list",
        "by": "the owner or the member by random number",
    }

    change: str
    role: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited(LedgerEntry):
    """The owner of an account made a code by which somebody may join it."""

    kind: ClassVar[str] = "team.invited"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "role": "a word of a closed list",
        "by": "the person themselves by random number",
    }

    role: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOffered(LedgerEntry):
    """The owner of an account offered it to one of its members, who has not answered yet."""

    kind: ClassVar[str] = "account.offered"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"by": "the person themselves by random number"}

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHandedOver(LedgerEntry):
    """An account got another owner; the subject is who owned it, or who owns it now."""

    kind: ClassVar[str] = "account.handed_over"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "change": "a word of a closed list",
        "by": "who took it, by random number",
    }

    change: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerInvited(LedgerEntry):
    """A customer of an earlier system was sent a letter by which they choose how to sign in."""

    kind: ClassVar[str] = "account.invited"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.invitation")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "by": "the person themselves, a job, or staff by random number",
    }

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersCompared(LedgerEntry):
    """A list of customers was compared with those who are here, to try it or to bring it in."""

    kind: ClassVar[str] = "customers.compared"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")  # of nobody else
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "what": "a word of a closed list",
        "count": "a count",
        "here_already": "a count",
        "by": "a job, or staff by random number",
    }

    what: str
    count: int
    here_already: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersImported(LedgerEntry):
    """One batch of an earlier system's customers came in: how many, and the hash of their lines."""

    kind: ClassVar[str] = "customers.imported"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")  # of nobody else
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "customers": "a count",
        "sha256": "a hash of the batch's lines",
        "by": "a job, or staff by random number",
    }

    customers: int
    sha256: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBackAsked(LedgerEntry):
    """One of the staff asked that a list of customers be taken back; another must confirm."""

    kind: ClassVar[str] = "list.back_asked"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")  # of nobody else
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "count": "a count",
        "by": "a job, or staff by random number",
    }

    count: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTakenBack(LedgerEntry):
    """Another confirmed it: all who came in by that list are erased."""

    kind: ClassVar[str] = "list.taken_back"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")  # of nobody else
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "count": "a count",
        "asked_by": "staff by random number",
        "by": "a job, or staff by random number",
    }

    count: int
    asked_by: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStays(LedgerEntry):
    """It was declined by another, or taken back: the list stays."""

    kind: ClassVar[str] = "list.stays"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")  # of nobody else
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "asked_by": "staff by random number",
        "by": "a job, or staff by random number",
    }

    asked_by: str
    by: str
