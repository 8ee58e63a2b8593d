"""Ways in of customers and of staff, signing in by them, and new passwords."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from clearline.kit.errors import Conflict, Denied, Invalid, NotFound, TooMany
from clearline.kit.fair_turns import NoTurn
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.compile import CompiledPolicy
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, ClauseId, Purpose, SubjectId, SubjectKind
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.logins import (
    CustomerPasswordChanged,
    CustomerRefused,
    CustomerSignedIn,
    StaffPasswordChanged,
    StaffRefused,
    StaffSignedIn,
)
from clearline.trust.safeguards import attempts
from clearline.trust.safeguards.attempts import WINDOW, Wait, is_one_too_many
from clearline.trust.safeguards.hashing import (
    fits,
    hash_password,
    is_cheaper_than_today,
    spare_password,
)
from clearline.trust.safeguards.models import LeftUserId, Login, Session, SignInAttempt
from clearline.trust.safeguards.passwords import (
    LENGTH_BESIDE_FACTOR_MIN,
    LENGTH_MIN,
    is_short,
    refuse_weak,
)
from clearline.trust.safeguards.queries import (
    is_left,
    name_index,
    network_index,
    second_index,
    session_index,
    taken_index,
)
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.vault import actions as vault

STOP_GUESSERS_CLAUSE: Final = ClauseId("security.attempts")
LOGIN_CLAUSE: Final = ClauseId("staff.login")
USER_ID: Final = re.compile(r"[^\s\x00-\x1f]{3,64}")
SETTING: Final = "set a password"  # all who do are one source beside the networks that sign in

STOP_GUESSERS: Final = Use(
    by=Actor(ActorKind.JOB, "sign_in"),
    subject=SubjectId("sign_in"),  # nobody yet: who it is, is what signing in finds out
    categories=frozenset({Category.DEVICE_IP_ADDRESS, Category.AUTHORIZATION_CREDENTIALS}),
    purpose=Purpose.ESSENTIAL_SERVICE_SECURITY,
    about=SubjectKind.VISITOR,
)
# What was refused, in the ledger, when a password was wrong.
STAFF_SIGN_IN, STAFF_PASSWORD = "staff_sign_in", "staff_password"
ACCOUNT_SIGN_IN, ACCOUNT_PASSWORD = "account_sign_in", "account_password"
OWN_STAFF: Final = SubjectId("staff")
KEEP_SESSION: Final = Use(
    by=Actor(ActorKind.JOB, "sign_in"),
    subject=OWN_STAFF,
    categories=frozenset(
        {Category.AUTHORIZATION_CREDENTIALS, Category.DEVICE_COOKIE, Category.DEVICE_KIND}
    ),
    purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
    about=SubjectKind.STAFF,
)
NOTE_ACTS: Final = Use(
    by=Actor(ActorKind.JOB, "sign_in"),
    subject=OWN_STAFF,
    categories=frozenset({Category.AUTHORIZATION_CREDENTIALS, Category.JOB_TITLE}),
    purpose=Purpose.ESSENTIAL_SERVICE_SECURITY,
    about=SubjectKind.STAFF,
)


CUSTOMER: Final = SubjectId("customer")  # which one, is known once the password was right
KEEP_CUSTOMER_LOGIN: Final = Use(
    by=Actor(ActorKind.JOB, "logins"),
    subject=CUSTOMER,
    categories=frozenset({Category.AUTHORIZATION_CREDENTIALS}),
    purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
    about=SubjectKind.CUSTOMER,
)
KEEP_CUSTOMER_SESSION: Final = Use(
    by=Actor(ActorKind.JOB, "sign_in"),
    subject=CUSTOMER,
    categories=frozenset(
        {Category.AUTHORIZATION_CREDENTIALS, Category.DEVICE_COOKIE, Category.DEVICE_KIND}
    ),
    purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
    about=SubjectKind.CUSTOMER,
)
NOTE_CUSTOMER_ACTS: Final = Use(
    by=Actor(ActorKind.JOB, "sign_in"),
    subject=CUSTOMER,
    # Both, so that no clause answers that speaks of credentials alone: attempts end sooner.
    categories=frozenset({Category.AUTHORIZATION_CREDENTIALS, Category.ACCOUNT}),
    purpose=Purpose.ESSENTIAL_SERVICE_SECURITY,
    about=SubjectKind.CUSTOMER,
)


class UserIdTaken(Conflict):
    code = "user_id_taken"


class UserIdRefused(Invalid):
    code = "user_id_refused"


class NoSuchStaff(NotFound):
    code = "no_such_staff"


class NoSuchLogin(NotFound):
    """A way in, of a customer or of staff, that is not open any more."""

    code = "no_such_login"

    def __init__(self) -> None:
        super().__init__("This way in is not there any more. Sign in again.")


class SignInRefused(Denied):
    """The same words whether the user ID is unknown or the password is wrong."""

    code = "sign_in_refused"


class TooManyTries(TooMany):
    code = "too_many_tries"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and the mark by which a session ends when the password changes."""

    public_id: str
    password_mark: str


@dataclass(frozen=True, slots=True)
class PasswordGiven:
    """Whose password was right where that is not enough: the login has a second factor."""

    public_id: str
    password_mark: str


def new_login(kind: LoginKind, *, user_id: str, password: str, now: datetime) -> Login:
    """Return a login that is not written yet. Raises UserIdRefused, PasswordRefused."""
    refuse_user_id(user_id)
    refuse_weak(password, own_words=(user_id, settings.ENV.provider.brand_name))
    return Login(
        name_index=name_index(user_id, kind),
        password=hash_password(password, source=SETTING),
        kind=kind,
        created_at=now,
    )


def refuse_user_id(user_id: str) -> None:
    """Return if a user ID may look so. Raises UserIdRefused."""
    if not USER_ID.fullmatch(user_id.strip()):
        message = "A user ID has 3 to 64 characters and no spaces."
        raise UserIdRefused(message)


def insert(login: Login) -> None:
    """Write a new login in the caller's transaction. Raises UserIdTaken."""
    try:
        with transaction.atomic():
            login.save(force_insert=True)
            index = bytes(login.name_index)
            if is_left(index, owner=login.public_id, now=login.created_at):
                raise user_id_taken()
    except IntegrityError:
        raise user_id_taken() from None


def user_id_taken() -> UserIdTaken:
    return UserIdTaken("This user ID is taken. Choose another.")


def ask_to_keep_customers(now: datetime) -> None:
    """Return if a customer may be given a way in. Raises gate.UseDenied, NoEditionInForce."""
    gate.ask(use=KEEP_CUSTOMER_LOGIN, choices=NOTHING_CHOSEN, now=now)


def add_customer(login: Login, subject: SubjectId | None = None) -> SubjectId:
    """Write a customer's way in, made by `new_login`, in the caller's transaction.

    Who is here already, without a way in, stays `subject`. The caller has asked the gate
    (`ask_to_keep_customers`) and notes what was opened.
    Raises UserIdTaken. Source: 47 CFR 64.2010(c), (e); clause account.login.
    """
    if subject is not None:
        login.public_id = subject
    insert(login)
    return SubjectId(login.public_id)


def remove_customer(subject: SubjectId) -> None:
    """Erase a customer's way in with the attempts at it, in the caller's transaction."""
    login = Login.objects.filter(public_id=subject, kind=LoginKind.CUSTOMER).first()
    if login is not None:
        of_number = (each(subject) for each in (session_index, second_index, taken_index))
        attempts.forget_all(bytes(login.name_index), *of_number)
        Session.objects.filter(login_index=session_index(subject)).delete()
        LeftUserId.objects.filter(subject=subject).delete()
        login.delete()


def sign_in(
    *, kind: LoginKind, user_id: str, password: str, network: str, now: datetime
) -> SignedIn | PasswordGiven:
    """Return who signed in, or whose password was right and who has a second factor to give.

    `network` is the cut address; it is stored only as a keyed hash.

    An attempt counts before the password is looked at, so that many at once gain nothing; one
    that is refused for being too many prolongs no wait. Where many guess, the right password opens
    from a network that its owner signed in from, and elsewhere a letter does (contacts/recovery).
    Raises SignInRefused, TooManyTries, NoTurn, gate.UseDenied. Source: NIST SP 800-63B-4, 3.2.2
    (ID-07); clauses security.attempts, staff.session, staff.acts, account.session, account.acts.
    """
    ask_to_stop_guessers(now)
    permit = ask_to_let_in(kind, now)
    attempt = SignInAttempt(
        name_index=name_index(user_id, kind), network_index=network_index(network), at=now
    )

    attempt.save(force_insert=True)
    wait = attempts.find_wait(attempt, now)
    if wait is not None and not attempts.is_looked_at(attempt, now):
        attempt.delete()
        raise too_many(wait, kind)
    login = Login.objects.filter(name_index=attempt.name_index, kind=kind).first()
    is_right = is_password_of(login, password, attempt, source=network)
    if wait is not None:
        opens = attempts.opens_all_the_same(attempt, login, wait, now)
        if not (is_right and opens):
            attempts.set_aside(attempt, wait)
            raise too_many(wait, kind)
    if not is_right or login is None:
        with transaction.atomic():
            # Written even where there is nobody to note: see spare_password.
            attempts.tries_like(attempt).filter(pk=attempt.pk).update(was_right=False)
            if login is not None:
                refused = refused_entry(login, STAFF_SIGN_IN, ACCOUNT_SIGN_IN)
                ledger.append(refused, subject=subject_of(login), permit=permit, now=now)
        message = "The user ID or password is wrong. Try again."
        raise SignInRefused(message)
    if is_cheaper_than_today(login.password):
        renew_hash(login, password, source=network)
    if login.has_second_factor:
        # The attempt counts as a wrong one until the second factor was right too.
        return PasswordGiven(login.public_id, login.get_session_auth_hash())

    with transaction.atomic():
        attempts.settle(attempt)
        ledger.append(signed_in_entry(login), subject=subject_of(login), permit=permit, now=now)
    return SignedIn(login.public_id, login.get_session_auth_hash())


def is_password_of(
    login: Login | None, password: str, attempt: SignInAttempt, *, source: str
) -> bool:
    """Say whether a password opens a login that may be used. Raises NoTurn.

    Without a login the same work is done, so that time tells nobody which user IDs exist.
    """
    stored = login.password if login else spare_password()
    try:
        is_right = fits(password, stored, source=source)
    except NoTurn:
        attempt.delete()  # its password was not looked at
        raise
    return is_right and login is not None and login.is_active


def renew_hash(login: Login, password: str, *, source: str) -> None:
    """Hash a right password anew, as dear as it would be today; earlier sessions end by it."""
    known, renewed = login.password, hash_password(password, source=source)
    if Login.objects.filter(pk=login.pk, password=known).update(password=renewed):
        login.password = renewed


def count_own(*, public_id: str, now: datetime) -> SignInAttempt:
    """Count what somebody who is signed in gives to prove it again. Raises TooManyTries.

    These tries count by themselves: nobody at the sign-in page makes the owner wait here.
    """
    index = session_index(public_id)
    attempt = SignInAttempt(name_index=index, network_index=index, at=now)
    count(attempt, now)
    return attempt


def sign_in_by_link(*, kind: LoginKind, user_id: str, now: datetime) -> SignedIn:
    """Sign in whom the demo's one-time link names. Raises NoSuchStaff, gate.UseDenied."""
    permit = ask_to_let_in(kind, now)
    index = name_index(user_id, kind)
    login = Login.objects.filter(name_index=index, kind=kind, is_active=True).first()
    if login is None:
        message = "Whom this link signs in is not there any more."
        raise NoSuchStaff(message)

    with transaction.atomic():
        ledger.append(signed_in_entry(login), subject=subject_of(login), permit=permit, now=now)
    return SignedIn(login.public_id, login.get_session_auth_hash())


def ask_to_let_in(kind: LoginKind, now: datetime) -> Permit:
    """Return the permit under which a session begins and is noted. Raises gate.UseDenied."""
    is_customer = kind is LoginKind.CUSTOMER
    keep = KEEP_CUSTOMER_SESSION if is_customer else KEEP_SESSION
    gate.ask(use=keep, choices=NOTHING_CHOSEN, now=now)
    return ask_to_note(kind, now)


def ask_to_note_customer(now: datetime) -> Permit:
    """Return the permit under which what a customer does with their account is noted.

    Raises gate.UseDenied, NoEditionInForce. Source: clause account.acts.
    """
    return gate.ask(use=NOTE_CUSTOMER_ACTS, choices=NOTHING_CHOSEN, now=now)


def ask_to_note(kind: LoginKind, now: datetime) -> Permit:
    """Return the permit under which what somebody does with their way in is noted."""
    if kind is LoginKind.CUSTOMER:
        return ask_to_note_customer(now)
    return gate.ask(use=NOTE_ACTS, choices=NOTHING_CHOSEN, now=now)


def ask_to_stop_guessers(now: datetime) -> None:
    """Return if attempts may be counted. Raises gate.UseDenied, NoEditionInForce."""
    gate.ask(use=STOP_GUESSERS, choices=NOTHING_CHOSEN, now=now)


def subject_of(login: Login) -> SubjectId | None:
    """Return the customer whose entry it is; entries about staff name them in a field."""
    return SubjectId(login.public_id) if login.kind == LoginKind.CUSTOMER else None


def signed_in_entry(login: Login) -> LedgerEntry:
    is_customer = login.kind == LoginKind.CUSTOMER
    return CustomerSignedIn() if is_customer else StaffSignedIn(login=login.public_id)


def refused_entry(login: Login, staff_page: str, account_page: str) -> LedgerEntry:
    if login.kind == LoginKind.CUSTOMER:
        return CustomerRefused(page=account_page)
    return StaffRefused(login=login.public_id, page=staff_page)


def count(attempt: SignInAttempt, now: datetime) -> None:
    """Write an attempt down. Raises TooManyTries, and then leaves no trace of it."""
    attempt.save(force_insert=True)
    if is_one_too_many(attempt, now):
        attempt.delete()
        raise too_many(Wait.QUARTER_OF_AN_HOUR, LoginKind.CUSTOMER)


def too_many(wait: Wait, kind: LoginKind) -> TooManyTries:
    """Return the same words for a name that exists and for one that does not."""
    minutes = int(WINDOW.total_seconds() // 60)
    if wait is Wait.QUARTER_OF_AN_HOUR:
        message = f"That was tried too often. Wait {minutes} minutes, then try again."
    elif kind is LoginKind.CUSTOMER:
        message = (
            "Somebody tried this user ID with many wrong passwords today. To get in, choose “I "
            "cannot sign in”: we send a letter to your e-mail address of record."
        )
    else:
        message = (
            "Somebody tried this user ID with many wrong passwords today. Sign in from where you "
            "often do, or tomorrow."
        )
    return TooManyTries(message)


@dataclass(frozen=True, slots=True, repr=False)
class NewPassword:
    """One that may take the place of the `known` one: hashed in `login`, and not written yet."""

    login: Login
    known: str
    is_short: bool
    attempt: SignInAttempt
    permit: Permit


def change_password(*, public_id: str, old: str, new: str, now: datetime) -> SignedIn:
    """Replace a password; every other session of the login ends by it.

    Raises NoSuchLogin, SignInRefused, TooManyTries, PasswordRefused, gate.UseDenied.
    """
    made = make_new_password(public_id=public_id, old=old, new=new, now=now)

    with transaction.atomic():
        return set_password(made, now)


def make_new_password(*, public_id: str, old: str, new: str, now: datetime) -> NewPassword:
    """Return a password that may be set, once the old one was right. Raises as change_password."""
    ask_to_stop_guessers(now)
    login = get_login(public_id)
    permit = ask_to_let_in(LoginKind(login.kind), now)

    attempt = count_own(public_id=public_id, now=now)
    if not is_own_password(login, old):
        with transaction.atomic():
            refused = refused_entry(login, STAFF_PASSWORD, ACCOUNT_PASSWORD)
            ledger.append(refused, subject=subject_of(login), permit=permit, now=now)
        raise other_password()
    least = LENGTH_BESIDE_FACTOR_MIN if login.has_second_factor else LENGTH_MIN
    refuse_weak(new, own_words=(settings.ENV.provider.brand_name,), length_min=least)
    known, login.password = login.password, hash_password(new, source=SETTING)
    return NewPassword(login, known, is_short(new), attempt, permit)


def set_password(made: NewPassword, now: datetime) -> SignedIn:
    """Write a new password, in the caller's transaction. Raises SignInRefused."""
    login, public_id = made.login, made.login.public_id
    unchanged = Login.objects.filter(
        pk=login.pk,
        is_active=True,
        password=made.known,
        has_second_factor=login.has_second_factor,
    )
    if not unchanged.update(password=login.password, is_password_short=made.is_short):
        raise other_password()
    attempts.forget(made.attempt)
    Session.objects.filter(login_index=session_index(public_id)).delete()
    is_customer = login.kind == LoginKind.CUSTOMER
    entry = CustomerPasswordChanged() if is_customer else StaffPasswordChanged(login=public_id)
    ledger.append(entry, subject=subject_of(login), permit=made.permit, now=now)
    return SignedIn(public_id, login.get_session_auth_hash())


def is_own_password(login: Login, password: str) -> bool:
    return fits(password, login.password, source=login.public_id)


def other_password() -> SignInRefused:
    return SignInRefused("The old password is another one. Nothing was changed.")


def get_login(public_id: str) -> Login:
    login = Login.objects.filter(public_id=public_id, is_active=True).first()
    if login is None:
        raise NoSuchLogin
    return login


def erase_expired(policy: CompiledPolicy, *, now: datetime) -> int:
    """Erase attempts, and logins long closed, that are as old as their clauses keep them.

    Returns how many went. A clause that the policy no longer has keeps nothing.
    Source: `kept` of the policy in force.
    """
    old = SignInAttempt.objects.filter(at__lte=policy.edition.kept_from(STOP_GUESSERS_CLAUSE, now))
    logins = Login.objects.filter(
        is_active=False, closed_at__lte=policy.edition.kept_from(LOGIN_CLAUSE, now)
    )
    with transaction.atomic():
        for subject in logins.values_list("public_id", flat=True):
            vault.erase_person(SubjectId(subject), now=now)
        return old.delete()[0] + logins.delete()[0]
