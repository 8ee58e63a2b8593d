"""What waits for a second administrator, for the page of people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clearline.trust.grants.models import RoleWaiting
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards.roles import Role

WAITING_WINDOW: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Roles that wait: for whom, who asked for them, and when."""

    public_id: str
    roles: tuple[Role, ...]
    asked_by: str
    asked_at: datetime

    @property
    def mark(self) -> str:
        """What a page sends back, to tell this from what was asked for in its place meanwhile."""
        return f"{self.asked_at.isoformat()} {','.join(self.roles)} {self.asked_by}"


def list_waiting(*, now: datetime) -> tuple[Waiting, ...]:
    """Return all that waits, at most one for each of the staff, the first asked for at the top."""
    rows = RoleWaiting.objects.filter(asked_at__gt=now - WAITING_WINDOW).order_by("asked_at", "pk")
    return tuple(map(to_waiting, rows[: logins.STAFF_MAX]))


def find_waiting(public_id: str, *, now: datetime) -> Waiting | None:
    rows = RoleWaiting.objects.filter(staff=public_id, asked_at__gt=now - WAITING_WINDOW)
    row = rows.first()
    return None if row is None else to_waiting(row)


def has_second(public_id: str) -> bool:
    """Say whether there is an administrator beside this one."""
    return any(
        each.is_active and Role.ADMINISTRATOR in each.roles and each.public_id != public_id
        for each in logins.list_staff()
    )


def is_administrator(public_id: str) -> bool:
    member = logins.find_staff(public_id)
    return member is not None and member.is_active and Role.ADMINISTRATOR in member.roles


def to_waiting(row: RoleWaiting) -> Waiting:
    roles = tuple(Role(each) for each in row.roles.split(","))
    return Waiting(row.staff, roles, row.asked_by, row.asked_at)
