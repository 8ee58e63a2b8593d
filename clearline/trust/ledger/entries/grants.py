"""Roles of staff that one administrator asks for and another gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ClauseId
from clearline.trust.ledger.entries.entry import LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAsked(LedgerEntry):
    """An administrator asked that someone of the staff be given roles; another must confirm."""

    kind: ClassVar[str] = "role.asked"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.login")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "roles": "words of a closed list",
        "by": "staff by random number",
    }

    login: str
    roles: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted(LedgerEntry):
    """A second administrator confirmed roles that were asked for, and they were given."""

    kind: ClassVar[str] = "role.granted"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.login")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "roles": "words of a closed list",
        "asked_by": "staff by random number",
        "by": "staff by random number",
    }

    login: str
    roles: tuple[str, ...]
    asked_by: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDeclined(LedgerEntry):
    """Roles that were asked for were declined by another administrator, or taken back."""

    kind: ClassVar[str] = "role.declined"
    rests_on: ClassVar[ClauseId | None] = ClauseId("staff.login")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "login": "staff by random number",
        "roles": "words of a closed list",
        "asked_by": "staff by random number",
        "by": "staff by random number",
    }

    login: str
    roles: tuple[str, ...]
    asked_by: str
    by: str
