"""The proof of a yes: what every opening and every way out asks for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Never

from clearline.kit.errors import Denied
from clearline.policy.retention import Retention
from clearline.policy.vocabulary import Category, ClauseId, Recipient, SubjectId

LIFETIME: Final = timedelta(seconds=60)
SEAL: Final = object()  # known to this module and to the gate's actions alone


class PermitForged(Denied):
    code = "permit_forged"


NOT_TO_BE_COPIED: Final = PermitForged("A permit cannot be copied or stored. Ask again.")


class PermitExpired(Denied):
    code = "permit_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """One use permitted once: this subject, these categories, this recipient, for 60 seconds.

    Only `gate.ask` makes one. It cannot be copied, changed, pickled or subclassed; a Permit built
    elsewhere raises PermitForged at once.
    """

    clause: ClauseId
    edition: str
    kept: Retention  # as the clause has it
    subject: SubjectId
    categories: frozenset[Category]
    recipient: Recipient
    issued_at: datetime
    seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not SEAL:
            message = "A permit comes from the gate: call gate.ask."
            raise PermitForged(message)

    def __init_subclass__(cls) -> None:
        message = "A permit has no other kinds."
        raise PermitForged(message)

    def is_valid(self, now: datetime) -> bool:
        return timedelta() <= now - self.issued_at <= LIFETIME

    def demand(self, *, subject: SubjectId, category: Category, now: datetime) -> None:
        """Raise unless this permit is for that subject's data of that category, now."""
        if self.seal is not SEAL:
            message = "A permit comes from the gate: call gate.ask."
            raise PermitForged(message)
        if not self.is_valid(now):
            message = "The permit has run out. Ask again."
            raise PermitExpired(message)
        if subject != self.subject or category not in self.categories:
            message = "The permit is for other data. Ask for what you open."
            raise Denied(message)

    def __copy__(self) -> Never:
        raise NOT_TO_BE_COPIED

    def __deepcopy__(self, _memo: object) -> Never:
        raise NOT_TO_BE_COPIED

    def __reduce__(self) -> Never:
        raise NOT_TO_BE_COPIED
