"""Ways in that are shut because somebody else may have used them, and opened anew."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from clearline.policy.vocabulary import SubjectId
from clearline.trust.ledger import actions as ledger
from clearline.trust.safeguards.actions import (
    SETTING,
    NoSuchLogin,
    PasswordGiven,
    SignedIn,
    UserIdTaken,
    ask_to_let_in,
    get_login,
    refuse_user_id,
    signed_in_entry,
    subject_of,
    user_id_taken,
)
from clearline.trust.safeguards.attempts import forget_wrong
from clearline.trust.safeguards.hashing import hash_password
from clearline.trust.safeguards.models import Login, SignInAttempt
from clearline.trust.safeguards.passwords import refuse_weak
from clearline.trust.safeguards.queries import (
    find_customer,
    is_left,
    name_index,
    second_index,
    session_index,
)
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.user_ids import leave, note_taken, refuse_asking


def lock_out(subject: SubjectId) -> None:
    """Let no password open a customer's account, in the caller's transaction.

    Every session and every sign-in of the app ends by it. A new password opens it again.
    """
    rows = Login.objects.filter(public_id=subject, kind=LoginKind.CUSTOMER)
    rows.update(password=make_password(None), is_password_short=False)


def is_network_known(network: bytes, *, name: bytes) -> bool:
    """Say whether the owner of a user ID signed in lately from a network."""
    rows = SignInAttempt.objects.filter(name_index=name, network_index=network, was_right=True)
    return rows.exists()


def is_network_of(network: bytes, subject: SubjectId) -> bool:
    """Say whether a customer signed in lately from a network."""
    row = Login.objects.filter(public_id=subject, kind=LoginKind.CUSTOMER).first()
    return row is not None and is_network_known(network, name=bytes(row.name_index))


@dataclass(frozen=True, slots=True)
class WayIn:
    """What is kept of a new password, and of a new user ID where one was named."""

    password: str
    name_index: bytes | None


def new_way_in(password: str, *, user_id: str) -> WayIn:
    """Return somebody's new way in, not written yet; an empty user ID stays the one before.

    Raises PasswordRefused, UserIdRefused, UserIdTaken, NoTurn.
    """
    index = None
    if user_id:
        refuse_user_id(user_id)
        index = name_index(user_id, LoginKind.CUSTOMER)
        if find_customer(index):
            raise user_id_taken()
    refuse_weak(password, own_words=(user_id, settings.ENV.provider.brand_name))
    return WayIn(hash_password(password, source=SETTING), index)


def claim_way_in(subject: SubjectId, password: str, *, user_id: str, now: datetime) -> WayIn:
    """Return a new way in as `new_way_in` does, for whom asks for few user IDs that are taken.

    Raises AskedTooOften, PasswordRefused, UserIdRefused, UserIdTaken, NoTurn.
    """
    if user_id:
        refuse_asking(subject, now)
    try:
        way_in = new_way_in(password, user_id=user_id)
        if way_in.name_index and is_left(way_in.name_index, owner=subject, now=now):
            raise user_id_taken()
    except UserIdTaken:
        note_taken(subject, now)
        raise
    return way_in


def set_way_in(subject: SubjectId, way_in: WayIn, *, now: datetime) -> None:
    """Give a customer a new password, and a new user ID if one was named.

    In the caller's transaction. Every session and every sign-in of the app ends by it, and wrong
    tries of before make nobody wait.
    Raises NoSuchLogin, UserIdTaken.
    """
    told: dict[str, object] = {"password": way_in.password, "is_password_short": False}
    if way_in.name_index is not None:
        told["name_index"] = way_in.name_index
    rows = Login.objects.filter(public_id=subject, kind=LoginKind.CUSTOMER, is_active=True)
    names = [bytes(each) for each in rows.values_list("name_index", flat=True)]
    try:
        with transaction.atomic():
            changed = rows.update(**told)
            if changed and way_in.name_index is not None:
                leave(subject, names[0], way_in.name_index, now)
    except IntegrityError:
        raise user_id_taken() from None
    if not changed:
        raise NoSuchLogin
    if way_in.name_index is not None:
        names.append(way_in.name_index)
    forget_wrong(*names, session_index(subject), second_index(subject))


def came_back(subject: SubjectId, *, has_proved: bool) -> SignedIn | PasswordGiven:
    """Return who just set a new way in, as signing in would; nothing is noted of it.

    Who has a second factor and did not prove by it yet is to be asked for it. Raises NoSuchLogin.
    """
    login = get_login(subject)
    whoever = PasswordGiven if login.has_second_factor and not has_proved else SignedIn
    return whoever(login.public_id, login.get_session_auth_hash())


def note_signed_in(came: SignedIn, *, now: datetime) -> None:
    """Note that a session begins for who came back. Raises NoSuchLogin, gate.UseDenied."""
    permit = ask_to_let_in(LoginKind.CUSTOMER, now)
    login = get_login(came.public_id)

    with transaction.atomic():
        ledger.append(signed_in_entry(login), subject=subject_of(login), permit=permit, now=now)
