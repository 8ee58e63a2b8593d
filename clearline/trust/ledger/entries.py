"""What the ledger can say: each kind of entry, its fields, and how long its words are kept.

The commitment of an entry stays for ever; after `kept` its words cannot be read any more. Where
`kept` is None they are kept as long as the clause says that the entry rests on.
`docs/ledger.md` lists the kinds with the rule that each retention comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ChoiceMethod, ChoiceSurface, ClauseId


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One fact. Fields are text, whole numbers, yes or no, or tuples of text: nothing else.

    `rests_on` is the clause that promises an end of it, and DATA why each field tells of nobody.
    """

    kind: ClassVar[str]
    rests_on: ClassVar[ClauseId | None]
    kept: ClassVar[Retention | None]
    DATA: ClassVar[Mapping[str, str]]


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
class StaffSignedIn(LedgerEntry):
    """Someone of the staff signed in; `login` is the random public id."""

    kind: ClassVar[str] = "staff.signed_in"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
    }

    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCreated(LedgerEntry):
    """Someone of the staff was given a way in, with these roles."""

    kind: ClassVar[str] = "staff.created"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.login")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "roles": "words of a closed list",
        "by": "a job, or staff by random number",
    }

    login: str
    roles: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRolesChanged(LedgerEntry):
    """What someone of the staff may do was changed, or their way in was taken or given back."""

    kind: ClassVar[str] = "staff.roles_changed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.login")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "roles": "words of a closed list",
        "is_active": "of a login of staff",
        "by": "a job, or staff by random number",
    }

    login: str
    roles: tuple[str, ...]
    is_active: bool
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPasswordChanged(LedgerEntry):
    """Someone of the staff replaced their password, which ended their other sessions."""

    kind: ClassVar[str] = "staff.password_changed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
    }

    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRefused(LedgerEntry):
    """A page was not open to someone of the staff, or a wrong password was given for them.

    `page` is the page's name in the program, `staff_sign_in` or `staff_password` for a password.
    """

    kind: ClassVar[str] = "staff.refused"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "page": "the name of a page of the console",
    }

    login: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSignedIn(LedgerEntry):
    """A customer, the entry's subject, signed in."""

    kind: ClassVar[str] = "customer.signed_in"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRefused(LedgerEntry):
    """A wrong password was given for a customer, the entry's subject. `page` is where."""

    kind: ClassVar[str] = "customer.refused"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "page": "the name of a page of the account",
    }

    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPasswordChanged(LedgerEntry):
    """A customer, the entry's subject, replaced their password; other sessions ended by it."""

    kind: ClassVar[str] = "customer.password_changed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSignedOut(LedgerEntry):
    """A sign-in of a customer's app ended before its time: by them, or by a key used twice."""

    kind: ClassVar[str] = "customer.app_signed_out"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "why": "a word of a closed list",
    }

    why: str


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
    """Who may act in an account was changed; the subject is whose access it is, or the owner."""

    kind: ClassVar[str] = "team.changed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "change": "a word of a closed list",
        "role": "a word of a closed list",
        "by": "the person themselves, a job, or staff by random number",
    }

    change: str
    role: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersImported(LedgerEntry):
    """One batch of an earlier system's customers came in: how many, and the hash of their lines."""

    kind: ClassVar[str] = "customers.imported"
    rests_on: ClassVar[ClauseId | None] = None  # of nobody: a count of a batch
    kept: ClassVar[Retention | None] = Retention.from_text("6 years")
    DATA: ClassVar[Mapping[str, str]] = {
        "customers": "a count",
        "sha256": "a hash of the batch's lines",
        "by": "a job, or staff by random number",
    }

    customers: int
    sha256: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSent(LedgerEntry):
    """The mail server took a letter to the entry's subject. `template` is which kind of letter."""

    kind: ClassVar[str] = "mail.sent"
    rests_on: ClassVar[ClauseId | None] = ClauseId("mail.note")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "template": "a word of a closed list",
    }

    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFailed(LedgerEntry):
    """A letter to the entry's subject could not be delivered and was given up."""

    kind: ClassVar[str] = "mail.failed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("mail.note")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "template": "a word of a closed list",
    }

    template: str


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


KINDS: Final[dict[str, type[LedgerEntry]]] = {
    entry.kind: entry
    for entry in (
        ChoiceRecorded,
        UseDenied,
        UseGranted,
        EditionPublished,
        EventsLoaded,
        StaffSignedIn,
        StaffCreated,
        StaffRolesChanged,
        StaffPasswordChanged,
        StaffRefused,
        CustomerSignedIn,
        CustomerRefused,
        CustomerPasswordChanged,
        AppSignedOut,
        AccountOpened,
        PolicyAgreed,
        AccountClosed,
        AccountReopened,
        AccountErased,
        ProfileShown,
        ProfileChanged,
        TeamChanged,
        DataShown,
        DataExported,
        CustomersImported,
        MailSent,
        MailFailed,
        ReportExported,
    )
}
