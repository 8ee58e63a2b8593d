"""What the ledger can say: each kind of entry, its fields, and how long its words are kept.

The commitment of an entry stays for ever; after `kept` its words cannot be read any more. Where
`kept` is None they are kept as long as the clause says that permitted what is noted.
`docs/ledger.md` lists the kinds with the rule that each retention comes from.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from clearline.policy.retention import Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One fact. Fields are text, whole numbers, yes or no, or tuples of text: nothing else."""

    kind: ClassVar[str]
    kept: ClassVar[Retention | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRecorded(LedgerEntry):
    """What a person answered, where, under which edition, and the words they saw.

    `by_signal` names what Global Privacy Control answered in their place, so it says nothing of a
    signal that changed nothing. `before` is the id of the choice that this one replaces, or "".
    """

    kind: ClassVar[str] = "choice.recorded"
    kept: ClassVar[Retention | None] = None  # clause choices.keep; CCPA records: 24 months at least

    yes: tuple[str, ...]
    no: tuple[str, ...]
    method: str
    surface: str
    edition: str
    text: str
    by_signal: tuple[str, ...]
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UseDenied(LedgerEntry):
    """A use that the gate refused, with the reason."""

    kind: ClassVar[str] = "use.denied"
    kept: ClassVar[Retention | None] = Retention.from_text("3 years")

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
    kept: ClassVar[Retention | None] = Retention.from_text("3 years")

    purpose: str
    categories: tuple[str, ...]
    recipient: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPublished(LedgerEntry):
    """An edition of the policy went on the shelf; its hash shows that it was never changed."""

    kind: ClassVar[str] = "edition.published"
    # The policy itself is public: there is nothing to expire.
    kept: ClassVar[Retention | None] = Retention.from_text("100 years")

    date: str
    sha256: str
    is_material: bool
    uses_found: int
    uses_covered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsLoaded(LedgerEntry):
    """One batch of visitors' events, by its manifest: how many, decided how, and their hash."""

    kind: ClassVar[str] = "events.loaded"
    kept: ClassVar[Retention | None] = Retention.from_text("3 years")

    batch: str
    rows: int
    sha256: str
    counts: tuple[str, ...]  # "reason=number", sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignedIn(LedgerEntry):
    """Someone of the staff signed in; `login` is the random public id."""

    kind: ClassVar[str] = "staff.signed_in"
    kept: ClassVar[Retention | None] = None  # clause staff.acts

    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCreated(LedgerEntry):
    """Someone of the staff was given a way in, with these roles."""

    kind: ClassVar[str] = "staff.created"
    kept: ClassVar[Retention | None] = None  # clause staff.login

    login: str
    roles: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRolesChanged(LedgerEntry):
    """What someone of the staff may do was changed, or their way in was taken or given back."""

    kind: ClassVar[str] = "staff.roles_changed"
    kept: ClassVar[Retention | None] = None  # clause staff.login

    login: str
    roles: tuple[str, ...]
    is_active: bool
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPasswordChanged(LedgerEntry):
    """Someone of the staff replaced their password, which ended their other sessions."""

    kind: ClassVar[str] = "staff.password_changed"
    kept: ClassVar[Retention | None] = None  # clause staff.acts

    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRefused(LedgerEntry):
    """A page was not open to someone of the staff, or a wrong password was given for them.

    `page` is the page's name in the program, `staff_sign_in` or `staff_password` for a password.
    """

    kind: ClassVar[str] = "staff.refused"
    kept: ClassVar[Retention | None] = None  # clause staff.acts

    login: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportExported(LedgerEntry):
    """Figures about visitors left as a file."""

    kind: ClassVar[str] = "report.exported"
    kept: ClassVar[Retention | None] = Retention.from_text("3 years")

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
        ReportExported,
    )
}
