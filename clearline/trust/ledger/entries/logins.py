"""What the ledger says of signing in, of what one signs in by, and of roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ClauseId
from clearline.trust.ledger.entries.entry import LedgerEntry


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
class CustomerUserIdChanged(LedgerEntry):
    """A customer, the entry's subject, chose another user ID; never which."""

    kind: ClassVar[str] = "customer.user_id_changed"
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
class StaffFactorAdded(LedgerEntry):
    """Someone of the staff can sign in by one more thing. `factor` is its kind."""

    kind: ClassVar[str] = "staff.factor_added"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "factor": "a word of a closed list",
    }

    login: str
    factor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFactorRemoved(LedgerEntry):
    """Someone of the staff can no more sign in by one thing. `factor` is its kind."""

    kind: ClassVar[str] = "staff.factor_removed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "factor": "a word of a closed list",
    }

    login: str
    factor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffProved(LedgerEntry):
    """Someone of the staff proved who they are, by a second factor or again."""

    kind: ClassVar[str] = "staff.proved"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "factor": "a word of a closed list",
    }

    login: str
    factor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSessionsEnded(LedgerEntry):
    """Someone of the staff signed themselves out elsewhere."""

    kind: ClassVar[str] = "staff.sessions_ended"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "count": "a count",
    }

    login: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFactorRefused(LedgerEntry):
    """What was given to prove that it is someone of the staff proved nothing. `page` is where."""

    kind: ClassVar[str] = "staff.factor_refused"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "page": "the name of a page of the console",
    }

    login: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFactorRefused(LedgerEntry):
    """What was given to prove that it is the entry's subject proved nothing. `page` is where."""

    kind: ClassVar[str] = "customer.factor_refused"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"page": "the name of a page of the account"}

    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFactorAdded(LedgerEntry):
    """A customer, the entry's subject, can sign in by one more thing. `factor` is its kind."""

    kind: ClassVar[str] = "customer.factor_added"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"factor": "a word of a closed list"}

    factor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFactorRemoved(LedgerEntry):
    """A customer, the entry's subject, can no more sign in by one thing. `factor` is its kind."""

    kind: ClassVar[str] = "customer.factor_removed"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "factor": "a word of a closed list",
        "by": "themselves, or a job",
    }

    factor: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerProved(LedgerEntry):
    """A customer, the entry's subject, proved who they are, by a second factor or again."""

    kind: ClassVar[str] = "customer.proved"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"factor": "a word of a closed list"}

    factor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSessionsEnded(LedgerEntry):
    """A customer, the entry's subject, signed themselves out elsewhere."""

    kind: ClassVar[str] = "customer.sessions_ended"
    rests_on: ClassVar[ClauseId | None] = ClauseId("account.acts")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {"count": "a count"}

    count: int
