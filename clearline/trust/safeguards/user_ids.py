"""Another user ID for a customer; the one before is nobody else's for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from clearline.kit.errors import TooMany
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, Purpose, SubjectId, SubjectKind
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.logins import CustomerUserIdChanged
from clearline.trust.safeguards.actions import (
    CUSTOMER,
    NoSuchLogin,
    UserIdRefused,
    UserIdTaken,
    ask_to_keep_customers,
    ask_to_note_customer,
    refuse_user_id,
    user_id_taken,
)
from clearline.trust.safeguards.attempts import DAY, aside
from clearline.trust.safeguards.models import LeftUserId, Login, SignInAttempt
from clearline.trust.safeguards.queries import (
    is_left,
    left_since,
    name_index,
    network_index,
    taken_index,
)
from clearline.trust.safeguards.roles import LoginKind

LEFT_MAX: Final = 3  # of one customer at one time, so that nobody keeps many from others
TAKEN_MAX: Final = 5  # asked for by one customer in a day, of those that others have
TAKEN_OF_NETWORK_MAX: Final = 20  # asked for by who has no user ID yet, of a network in an hour
HOUR: Final = timedelta(hours=1)
KEEP_LEFT_USER_ID: Final = Use(
    by=Actor(ActorKind.JOB, "logins"),
    subject=CUSTOMER,
    # Both, so that no clause answers that speaks of attempts to sign in.
    categories=frozenset({Category.AUTHORIZATION_CREDENTIALS, Category.ACCOUNT_USERNAME}),
    purpose=Purpose.ESSENTIAL_SERVICE_SECURITY,
    about=SubjectKind.CUSTOMER,
)


class ChangedTooOften(TooMany):
    code = "changed_too_often"

    def __init__(self) -> None:
        super().__init__(
            f"You chose another user ID {LEFT_MAX} times within ninety days, which is as often as "
            "anybody may. Wait a while, then try again."
        )


class AskedTooOften(ChangedTooOften):
    """Who asks for one after the other would learn who our customers are."""

    def __init__(self) -> None:
        TooMany.__init__(
            self,
            f"You asked for {TAKEN_MAX} user IDs today that are taken. Try another one tomorrow.",
        )


class NetworkAskedTooOften(TooMany):
    """The same for every user ID, so that nobody who has no account yet learns it either."""

    code = "network_asked_too_often"

    def __init__(self) -> None:
        super().__init__(
            "Many user IDs that are taken were asked for from your network within the hour. Wait "
            "an hour, then try again."
        )


def change_user_id(*, subject: SubjectId, user_id: str, now: datetime) -> None:
    """Give a customer another user ID; sessions go on, and the one before opens nothing.

    Raises UserIdRefused, UserIdTaken, ChangedTooOften, AskedTooOften, NoSuchLogin, gate.UseDenied.
    Source: 47 CFR 64.2010(f); clauses account.login, account.left_id, account.acts.
    """
    ask_to_keep_customers(now)
    gate.ask(use=KEEP_LEFT_USER_ID, choices=NOTHING_CHOSEN, now=now)
    permit = ask_to_note_customer(now)
    refuse_user_id(user_id)
    refuse_asking(subject, now)
    try:
        put_user_id(subject, name_index(user_id, LoginKind.CUSTOMER), permit, now)
    except UserIdTaken:
        note_taken(subject, now)
        raise


def refuse_asking(subject: SubjectId, now: datetime) -> None:
    """Return if somebody may ask for another user ID. Raises AskedTooOften."""
    asked = SignInAttempt.objects.filter(name_index=taken_index(subject), at__gt=now - DAY)
    if asked.count() >= TAKEN_MAX:
        raise AskedTooOften


def note_taken(subject: SubjectId, now: datetime) -> None:
    """Count that somebody asked for a user ID that another has."""
    SignInAttempt.objects.create(
        name_index=taken_index(subject), network_index=network_index(""), at=now
    )


def refuse_asking_from(network: str, now: datetime) -> None:
    """Return if who opens an account, or was invited, may ask for a user ID.

    `network` is the cut address (/24, /48); without one nobody is held back. Raises
    NetworkAskedTooOften. Source: clause security.attempts.
    """
    if network and asked_from(network, now) >= TAKEN_OF_NETWORK_MAX:
        raise NetworkAskedTooOften


@contextmanager
def counted_from(network: str, now: datetime) -> Iterator[None]:
    """Count it where who has no user ID yet asks within for one that another has.

    Of many at once no more are told so than one by one. Raises UserIdTaken, NetworkAskedTooOften.
    """
    try:
        yield
    except UserIdTaken:
        if network:
            note_taken_from(network, now)
        raise


def note_taken_from(network: str, now: datetime) -> None:
    SignInAttempt.objects.create(
        name_index=taken_index(""), network_index=taken_index(network), at=now
    )
    if asked_from(network, now) > TAKEN_OF_NETWORK_MAX:
        raise NetworkAskedTooOften


def asked_from(network: str, now: datetime) -> int:
    """Return how often it was; these count for nobody who signs in from there."""
    rows = SignInAttempt.objects.filter(network_index=taken_index(network), at__gt=now - HOUR)
    return rows.count()


def put_user_id(subject: SubjectId, index: bytes, permit: Permit, now: datetime) -> None:
    with transaction.atomic():
        rows = Login.objects.select_for_update().filter(public_id=subject, is_active=True)
        login = rows.filter(kind=LoginKind.CUSTOMER).first()
        if login is None:
            raise NoSuchLogin
        old = bytes(login.name_index)
        if old == index:
            message = "This is your user ID already."
            raise UserIdRefused(message)
        lately = LeftUserId.objects.filter(subject=subject, left_at__gt=left_since(now))
        if lately.exclude(name_index=index).count() >= LEFT_MAX:
            raise ChangedTooOften
        try:
            with transaction.atomic():
                rows.update(name_index=index)
        except IntegrityError:
            raise user_id_taken() from None
        leave(subject, old, index, now)
        # The networks that its owner is known by are theirs under the new one too.
        SignInAttempt.objects.filter(name_index=old).update(name_index=index)
        # So are guesses from there: another user ID begins no new count of them.
        SignInAttempt.objects.filter(name_index=aside(old)).update(name_index=aside(index))
        ledger.append(CustomerUserIdChanged(), subject=subject, permit=permit, now=now)


def leave(subject: SubjectId, old: bytes, new: bytes, now: datetime) -> None:
    """Keep a user ID from others that somebody gave up for a new one, in the caller's transaction.

    Raises UserIdTaken where the new one is such a one of another.
    """
    if is_left(new, owner=subject, now=now):
        raise user_id_taken()
    LeftUserId.objects.filter(name_index__in=(old, new)).delete()
    if old != new:
        LeftUserId.objects.create(name_index=old, subject=subject, left_at=now)


def erase_left(*, now: datetime) -> int:
    """Let user IDs that were given up be anybody's again; return how many."""
    return LeftUserId.objects.filter(left_at__lte=left_since(now)).delete()[0]
