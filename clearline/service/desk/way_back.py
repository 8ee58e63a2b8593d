"""Letting back in who lost every way in, at a visit, while the customer is open at the desk."""

from collections.abc import Iterable
from datetime import datetime

from clearline.kit.errors import Denied
from clearline.policy.use import Actor
from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts import way_back
from clearline.service.contacts.documents import Shown
from clearline.service.desk.actions import get_open
from clearline.service.desk.contact import Channel
from clearline.service.desk.queries import OpenNow
from clearline.trust.safeguards.roles import Role


class OnlyAtVisit(Denied):
    code = "only_at_visit"

    def __init__(self) -> None:
        super().__init__(
            "This is done at a visit alone, by support, with the customer and their document there."
        )


def may_begin(opened: OpenNow, roles: Iterable[Role]) -> bool:
    """Say whether a customer who is open is open to support, at a visit."""
    is_support = Role.SUPPORT in opened.roles and Role.SUPPORT in frozenset(roles)
    return is_support and opened.contact.channel is Channel.VISIT


def begin(
    *, by: Actor, roles: Iterable[Role], subject: SubjectId, shown: Shown, now: datetime
) -> None:
    """Say which document was seen, as `way_back.begin` does. Raises NotFoundHere, OnlyAtVisit."""
    demand_visit(by, roles, subject, now)
    way_back.begin(by=by, subject=subject, shown=shown, now=now)


def confirm(
    *, by: Actor, roles: Iterable[Role], subject: SubjectId, seen: str, now: datetime
) -> None:
    """Confirm as `way_back.confirm` does, with the customer open. Raises as `begin`."""
    demand_visit(by, roles, subject, now)
    way_back.confirm(by=by, subject=subject, seen=seen, now=now)


def decline(
    *, by: Actor, roles: Iterable[Role], subject: SubjectId, seen: str, now: datetime
) -> None:
    """Decline as `way_back.decline` does, with the customer open. Raises as `begin`."""
    demand_visit(by, roles, subject, now)
    way_back.decline(by=by, subject=subject, seen=seen, now=now)


def demand_visit(by: Actor, roles: Iterable[Role], subject: SubjectId, now: datetime) -> None:
    """Return if a customer is open to one of support at a visit. Raises NotFoundHere, OnlyAtVisit.

    So whoever confirms has the customer's name before them, to compare it with the document.
    """
    given = frozenset(roles)
    opened, _ = get_open(by, given, subject, now)
    if not may_begin(opened, given):
        raise OnlyAtVisit
