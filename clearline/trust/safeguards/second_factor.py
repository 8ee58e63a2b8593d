"""What a login knows of second factors: whether it has one, and who tries at them."""

from datetime import datetime, timedelta
from typing import Final

from clearline.kit.errors import Conflict
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.safeguards.actions import (
    NoSuchLogin,
    SignedIn,
    TooManyTries,
    count,
    signed_in_entry,
    subject_of,
)
from clearline.trust.safeguards.attempts import settle, tries_like
from clearline.trust.safeguards.models import Login, SignInAttempt
from clearline.trust.safeguards.passwords import LENGTH_MIN
from clearline.trust.safeguards.queries import network_index, second_index

# Wrong codes of an app in a day, at one login from networks that are not known as its owner's:
# each hits one of three in a million.
CODES_A_DAY_MAX: Final = 100


class PasswordShortAlone(Conflict):
    code = "password_short_alone"


def count_second(*, public_id: str, network: str, now: datetime) -> SignInAttempt:
    """Count an attempt at somebody's second factor before it is looked at. Raises TooManyTries."""
    attempt = SignInAttempt(
        name_index=second_index(public_id), network_index=network_index(network), at=now
    )
    count(attempt, now)
    return attempt


def refuse_guessed_codes(attempt: SignInAttempt, now: datetime) -> None:
    """Return if a code of an app may be tried. Raises TooManyTries where a flood of them came.

    NIST SP 800-63B-4, 3.2.2: no more than 100 consecutive failures at one account.
    """
    wrong = SignInAttempt.objects.filter(
        name_index=attempt.name_index, at__gt=now - timedelta(days=1), was_right=False
    )
    is_known = tries_like(attempt).filter(was_right=True).exists()
    if not is_known and wrong.count() > CODES_A_DAY_MAX:
        attempt.delete()
        message = "Codes of the app were guessed too often today. Use a passkey or a recovery code."
        raise TooManyTries(message)


def let_in(login: Login, second: SignInAttempt, permit: Permit, now: datetime) -> SignedIn:
    """Sign in, in the caller's transaction, whose password and second factor were right."""
    first = SignInAttempt(name_index=login.name_index, network_index=second.network_index)
    for attempt in (first, second):
        settle(attempt)
    ledger.append(signed_in_entry(login), subject=subject_of(login), permit=permit, now=now)
    return SignedIn(login.public_id, login.get_session_auth_hash())


def lock_login(public_id: str) -> Login:
    """Return a login that nobody else changes before the caller's transaction ends.

    Raises NoSuchLogin.
    """
    login = Login.objects.select_for_update().filter(public_id=public_id, is_active=True).first()
    if login is None:
        raise NoSuchLogin
    return login


def set_second_factor(login: Login, *, has: bool) -> None:
    """Note, in the caller's transaction, whether a password alone signs in.

    Raises PasswordShortAlone. Source: NIST SP 800-63B-4, 3.1.1.2.
    """
    if login.is_password_short and not has:
        message = (
            f"Your password has fewer than {LENGTH_MIN} characters, too few to sign in with alone. "
            "Choose a longer one first."
        )
        raise PasswordShortAlone(message)
    login.has_second_factor = has
    login.save(update_fields=["has_second_factor"])
