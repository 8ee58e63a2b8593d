"""Giving staff ways in, and setting what they may do."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import transaction

from clearline.kit.errors import Conflict, Invalid
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, Purpose, SubjectKind
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.logins import StaffCreated, StaffRolesChanged
from clearline.trust.safeguards.actions import OWN_STAFF, NoSuchStaff, insert, new_login
from clearline.trust.safeguards.models import Login, StaffRole
from clearline.trust.safeguards.roles import LoginKind, Role

KEEP_LOGIN: Final = Use(
    by=Actor(ActorKind.JOB, "logins"),
    subject=OWN_STAFF,
    categories=frozenset({Category.AUTHORIZATION_CREDENTIALS, Category.JOB_TITLE}),
    purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
    about=SubjectKind.STAFF,
)


class NoRole(Invalid):
    code = "no_role"


class LastAdministrator(Conflict):
    code = "last_administrator"


def create_staff(
    *, by: Actor, user_id: str, password: str, roles: Iterable[Role], now: datetime
) -> str:
    """Give someone of the staff a way in and return its public id.

    Raises UserIdRefused, PasswordRefused, NoRole, UserIdTaken, gate.UseDenied, NoEditionInForce.
    Source: 47 CFR 64.2010(a); clause staff.login.
    """
    permit = gate.ask(use=KEEP_LOGIN, choices=NOTHING_CHOSEN, now=now)
    given = tuple(sorted(set(roles)))
    if not given:
        message = "Name at least one role."
        raise NoRole(message)
    login = new_login(LoginKind.STAFF, user_id=user_id, password=password, now=now)

    with transaction.atomic():
        insert(login)
        StaffRole.objects.bulk_create(StaffRole(login=login, role=role) for role in given)
        entry = StaffCreated(login=login.public_id, roles=given, by=str(by))
        ledger.append(entry, subject=None, permit=permit, now=now)
    return login.public_id


def set_staff(
    *, by: Actor, public_id: str, roles: Iterable[Role], is_active: bool, now: datetime
) -> None:
    """Set what someone may do, or take the way in back; the last administrator stays one.

    Raises NoSuchStaff, NoRole, LastAdministrator, gate.UseDenied, NoEditionInForce.
    """
    permit = ask_to_keep_staff(now)
    given = read_roles(roles)

    with transaction.atomic():
        write_staff(public_id=public_id, roles=given, is_active=is_active, now=now)
        entry = StaffRolesChanged(
            login=public_id, roles=tuple(sorted(given)), is_active=is_active, by=str(by)
        )
        ledger.append(entry, subject=None, permit=permit, now=now)


def ask_to_keep_staff(now: datetime) -> Permit:
    """Return the permit to keep ways in of staff and to note who gave or changed them.

    Raises gate.UseDenied, NoEditionInForce. Source: clause staff.login.
    """
    return gate.ask(use=KEEP_LOGIN, choices=NOTHING_CHOSEN, now=now)


def read_roles(roles: Iterable[Role]) -> frozenset[Role]:
    """Return each role once. Raises NoRole."""
    given = frozenset(roles)
    if not given:
        message = "Name at least one role."
        raise NoRole(message)
    return given


def lock_staff() -> list[Login]:
    """Return all of the staff, locked in one order, in the caller's transaction.

    Two administrators must not take each other's role away, nor give what a third just took.
    """
    staff = Login.objects.select_for_update().filter(kind=LoginKind.STAFF)
    return list(staff.order_by("pk"))


def write_staff(*, public_id: str, roles: frozenset[Role], is_active: bool, now: datetime) -> None:
    """Set what someone may do in the caller's transaction, which notes it.

    Raises NoSuchStaff, LastAdministrator.
    """
    login = next((each for each in lock_staff() if each.public_id == public_id), None)
    if login is None:
        raise no_such_staff()
    others = StaffRole.objects.filter(role=Role.ADMINISTRATOR, login__is_active=True)
    keeps_one = is_active and Role.ADMINISTRATOR in roles
    if not keeps_one and not others.exclude(login=login).exists():
        message = "Nobody else is an administrator. Make someone else one first."
        raise LastAdministrator(message)
    login.is_active = is_active
    login.closed_at = None if is_active else login.closed_at or now
    login.save(update_fields=["is_active", "closed_at"])
    StaffRole.objects.filter(login=login).exclude(role__in=roles).delete()
    known = set(login.roles.values_list("role", flat=True))
    StaffRole.objects.bulk_create(
        StaffRole(login=login, role=role) for role in roles if role not in known
    )


def no_such_staff() -> NoSuchStaff:
    return NoSuchStaff("This person is not there any more. Go back to the list.")
