"""Who may sign in, for pages and commands; never by name, which is not stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.crypto import constant_time_compare

from clearline.policy.vocabulary import ClauseId, SubjectId
from clearline.trust.blind_index import blind_index, folded
from clearline.trust.gate import queries as gate
from clearline.trust.safeguards.models import LeftUserId, Login
from clearline.trust.safeguards.passwords import LENGTH_BESIDE_FACTOR_MIN, LENGTH_MIN
from clearline.trust.safeguards.roles import LoginKind, Role

STAFF_MAX = 1_000
LEFT_CLAUSE: Final = ClauseId("account.left_id")  # says how long a former user ID is kept


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Someone of the staff. `public_id` is random; the user ID is known to them alone."""

    public_id: str
    roles: frozenset[Role]
    is_active: bool
    created_at: datetime
    has_second_factor: bool = False


def find_staff(public_id: str) -> StaffMember | None:
    login = Login.objects.filter(public_id=public_id, kind=LoginKind.STAFF).first()
    return None if login is None else to_member(login)


def find_public_id(user_id: str) -> str | None:
    """Return the login of a user ID of staff that is known already."""
    rows = Login.objects.filter(name_index=name_index(user_id, LoginKind.STAFF))
    return rows.values_list("public_id", flat=True).first()


def find_customer(index: bytes) -> SubjectId | None:
    """Return the customer whose user ID has this blind index."""
    rows = Login.objects.filter(name_index=index, kind=LoginKind.CUSTOMER)
    found = rows.values_list("public_id", flat=True).first()
    return None if found is None else SubjectId(found)


def find_signed_in(public_id: str, password_mark: str) -> StaffMember | None:
    """Return whom a session belongs to; None when deactivated or the password has changed."""
    login = find_marked(LoginKind.STAFF, public_id, password_mark)
    return None if login is None else to_member(login)


def find_signed_in_customer(public_id: str, password_mark: str) -> SubjectId | None:
    """Return whose session it is; None when closed or the password has changed."""
    login = find_marked(LoginKind.CUSTOMER, public_id, password_mark)
    return None if login is None else SubjectId(login.public_id)


def find_marked(kind: LoginKind, public_id: str, password_mark: str) -> Login | None:
    login = Login.objects.filter(public_id=public_id, kind=kind, is_active=True).first()
    if login is None or not constant_time_compare(password_mark, login.get_session_auth_hash()):
        return None
    return login


def list_staff() -> tuple[StaffMember, ...]:
    """Return all staff, at most 1,000, the first made first."""
    logins = Login.objects.filter(kind=LoginKind.STAFF).order_by("created_at", "pk")
    return tuple(map(to_member, logins.prefetch_related("roles")[:STAFF_MAX]))


def to_member(login: Login) -> StaffMember:
    roles = frozenset(Role(each.role) for each in login.roles.all())
    return StaffMember(
        login.public_id, roles, login.is_active, login.created_at, login.has_second_factor
    )


def name_index(user_id: str, kind: LoginKind) -> bytes:
    """Return the blind index of a user ID; those of staff and of customers never meet."""
    what = b"login" if kind is LoginKind.STAFF else b"customer"
    return blind_index(what, folded(user_id))


def is_left(index: bytes, *, owner: str, now: datetime) -> bool:
    """Say whether another than `owner` gave up the user ID of a blind index lately."""
    rows = LeftUserId.objects.filter(name_index=index, left_at__gt=left_since(now))
    return rows.exclude(subject=owner).exists()


def left_since(now: datetime) -> datetime:
    """Return since when user IDs that were given up are kept. Raises NoEditionInForce."""
    return gate.policy_in_force(now).edition.kept_from(LEFT_CLAUSE, now)


def network_index(network: str) -> bytes:
    return blind_index(b"network", network)


def session_index(public_id: str) -> bytes:
    return blind_index(b"session", public_id)


def taken_index(public_id: str) -> bytes:
    return blind_index(b"taken", public_id)


def second_index(public_id: str) -> bytes:
    return blind_index(b"second", public_id)


def length_min_of(public_id: str) -> int:
    """Return how many characters a new password of this login needs."""
    rows = Login.objects.filter(public_id=public_id, has_second_factor=True)
    return LENGTH_BESIDE_FACTOR_MIN if rows.exists() else LENGTH_MIN
