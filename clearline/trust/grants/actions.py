"""Giving roles by two people: one administrator asks, another confirms. Taking away needs one."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from clearline.kit.errors import Conflict, Denied, Invalid, NotFound
from clearline.policy.use import Actor
from clearline.trust.gate.permit import Permit
from clearline.trust.grants.models import RoleWaiting
from clearline.trust.grants.queries import (
    WAITING_WINDOW,
    Waiting,
    find_waiting,
    has_second,
    is_administrator,
)
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.grants import RoleAsked, RoleDeclined, RoleGranted
from clearline.trust.ledger.entries.logins import StaffCreated, StaffRolesChanged
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards import staff_logins
from clearline.trust.safeguards.roles import LoginKind, Role


class NobodyToConfirm(Conflict):
    code = "nobody_to_confirm"

    def __init__(self) -> None:
        super().__init__(
            "Nobody else is an administrator, so nobody can confirm it. Whoever runs this site "
            "gives roles on the machine: clearline user grant NUMBER --role ROLE, or "
            "clearline user create-staff for someone new."
        )


class GiveFirst(Invalid):
    code = "give_first"

    def __init__(self) -> None:
        super().__init__(
            "Nothing would be left until another administrator confirms. Give the new role first, "
            "and take the old one away once it is there."
        )


class NothingWaits(NotFound):
    code = "nothing_waits"

    def __init__(self) -> None:
        super().__init__("Nothing waits for this person any more. Go back to the list.")


class AskedAnew(Conflict):
    code = "asked_anew"

    def __init__(self) -> None:
        super().__init__(
            "What you looked at was replaced meanwhile: something else is asked for now. Look at "
            "what waits here, and decide again."
        )


class NotBySelf(Denied):
    code = "not_by_self"

    def __init__(self) -> None:
        super().__init__("You asked for this yourself. Another administrator confirms it.")


class AskerGone(Conflict):
    code = "asker_gone"

    def __init__(self) -> None:
        super().__init__(
            "Whoever asked for this is no administrator any more. Decline it, and ask for it anew."
        )


def create_staff(
    *, by: Actor, user_id: str, password: str, roles: Iterable[Role], now: datetime
) -> str:
    """Make a way in that stays closed until another administrator confirms its roles.

    Returns its public id. Raises UserIdRefused, PasswordRefused, NoRole, UserIdTaken,
    NobodyToConfirm, gate.UseDenied, NoEditionInForce. Source: clause staff.login.
    """
    permit = staff_logins.ask_to_keep_staff(now)
    given = staff_logins.read_roles(roles)
    login = safeguards.new_login(LoginKind.STAFF, user_id=user_id, password=password, now=now)
    login.is_active = False
    login.closed_at = now  # until it is confirmed; what never is, is erased as a closed one is

    with transaction.atomic():
        safeguards.insert(login)
        entry = StaffCreated(login=login.public_id, roles=(), by=str(by))
        ledger.append(entry, subject=None, permit=permit, now=now)
        wait(by, login.public_id, given, permit, now)
    return login.public_id


def set_staff(
    *, by: Actor, public_id: str, roles: Iterable[Role], is_active: bool, now: datetime
) -> bool:
    """Take away at once what someone shall not have any more; let wait what they shall be given.

    Giving a closed way in back is giving all its roles. Returns whether something waits. Raises
    NoRole, NoSuchStaff, LastAdministrator, GiveFirst, NobodyToConfirm, gate.UseDenied.
    """
    permit = staff_logins.ask_to_keep_staff(now)
    wanted = staff_logins.read_roles(roles)

    with transaction.atomic():
        staff_logins.lock_staff()
        member = logins.find_staff(public_id)
        if member is None:
            raise staff_logins.no_such_staff()
        held = member.roles if member.is_active else frozenset()
        given = wanted - held if is_active else frozenset()
        if given:
            wait(by, public_id, given, permit, now)
        else:
            drop(by, public_id, permit, now)
        kept = wanted - given
        if member.is_active and not kept:
            raise GiveFirst
        if kept and not (given and kept == held):
            write(by, public_id, kept, permit, now, is_active=is_active)
    return bool(given)


def confirm(*, by: Actor, public_id: str, seen: str, now: datetime) -> None:
    """Give the roles that another administrator asked for, and with them the way in.

    `seen` is the mark of what was looked at: nobody confirms what took its place meanwhile.
    Raises NothingWaits, AskedAnew, NotBySelf, AskerGone, gate.UseDenied, NoEditionInForce.
    """
    permit = staff_logins.ask_to_keep_staff(now)

    with transaction.atomic():
        staff_logins.lock_staff()
        waiting = get_waiting(public_id, seen, now)
        if waiting.asked_by == by.name:
            raise NotBySelf
        if not is_administrator(waiting.asked_by):
            raise AskerGone
        RoleWaiting.objects.filter(staff=public_id).delete()
        member = logins.find_staff(public_id)
        held = member.roles if member and member.is_active else frozenset()
        write(by, public_id, held.union(waiting.roles), permit, now, is_active=True)
        entry = RoleGranted(
            login=public_id,
            roles=tuple(map(str, waiting.roles)),
            asked_by=f"{by.kind}:{waiting.asked_by}",
            by=str(by),
        )
        ledger.append(entry, subject=None, permit=permit, now=now)


def decline(*, by: Actor, public_id: str, seen: str, now: datetime) -> None:
    """Let roles that wait be given to nobody, by whom they were asked for or by another.

    `seen` is as in `confirm`. Raises NothingWaits, AskedAnew, gate.UseDenied, NoEditionInForce.
    """
    permit = staff_logins.ask_to_keep_staff(now)

    with transaction.atomic():
        staff_logins.lock_staff()
        get_waiting(public_id, seen, now)
        drop(by, public_id, permit, now)


def drop(by: Actor, public_id: str, permit: Permit, now: datetime) -> None:
    """Let what waits for somebody be given to nobody, and note it, in the caller's transaction."""
    waiting = find_waiting(public_id, now=now)
    RoleWaiting.objects.filter(staff=public_id).delete()
    if waiting is None:
        return
    entry = RoleDeclined(
        login=public_id,
        roles=tuple(map(str, waiting.roles)),
        asked_by=f"{by.kind}:{waiting.asked_by}",
        by=str(by),
    )
    ledger.append(entry, subject=None, permit=permit, now=now)


def wait(by: Actor, public_id: str, roles: frozenset[Role], permit: Permit, now: datetime) -> None:
    """Ask for roles, in the caller's transaction; what was asked for before is replaced."""
    if not has_second(by.name):
        raise NobodyToConfirm
    given = sorted(map(str, roles))
    RoleWaiting.objects.update_or_create(
        staff=public_id,
        defaults={"roles": ",".join(given), "asked_by": by.name, "asked_at": now},
    )
    entry = RoleAsked(login=public_id, roles=tuple(given), by=str(by))
    ledger.append(entry, subject=None, permit=permit, now=now)


def write(  # what is written is all of these
    by: Actor,
    public_id: str,
    roles: frozenset[Role],
    permit: Permit,
    now: datetime,
    *,
    is_active: bool,
) -> None:
    staff_logins.write_staff(public_id=public_id, roles=roles, is_active=is_active, now=now)
    entry = StaffRolesChanged(
        login=public_id, roles=tuple(sorted(roles)), is_active=is_active, by=str(by)
    )
    ledger.append(entry, subject=None, permit=permit, now=now)


def get_waiting(public_id: str, seen: str, now: datetime) -> Waiting:
    waiting = find_waiting(public_id, now=now)
    if waiting is None:
        raise NothingWaits
    if waiting.mark != seen:
        raise AskedAnew
    return waiting


def erase_expired(*, now: datetime) -> int:
    """Erase what nobody confirmed within seven days; return how many went."""
    return RoleWaiting.objects.filter(asked_at__lte=now - WAITING_WINDOW).delete()[0]
