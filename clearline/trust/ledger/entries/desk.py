"""What the staff do at the customers' desk: whom they looked for how, and whom they opened why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ClauseId
from clearline.trust.ledger.entries.entry import LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSearched(LedgerEntry):
    """Someone of the staff looked for a customer: by what kind of thing, never by which one."""

    kind: ClassVar[str] = "customer.searched"
    rests_on: ClassVar[ClauseId | None] = ClauseId("support.open")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "terms": "words of a closed list",
        "found": "a count",
        "by": "staff by random number",
    }

    terms: tuple[str, ...]
    found: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOpened(LedgerEntry):
    """The entry's subject was opened to someone of the staff, at which contact, with what.

    `reference` is the number that the contact has with us; `fields` are what the roles may see.
    """

    kind: ClassVar[str] = "customer.opened"
    rests_on: ClassVar[ClauseId | None] = ClauseId("support.open")
    kept: ClassVar[Retention | None] = None
    DATA: ClassVar[Mapping[str, str]] = {
        "channel": "a word of a closed list",
        "reference": "the number of a contact: letters, digits and dashes",
        "fields": "names of columns",
        "roles": "words of a closed list",
        "by": "staff by random number",
    }

    channel: str
    reference: str
    fields: tuple[str, ...]
    roles: tuple[str, ...]
    by: str
