"""Dana of the staff and Alice the customer, with what they sign in by."""

from datetime import UTC, datetime, timedelta

import pyotp

from clearline.policy.use import Actor, ActorKind
from clearline.trust.factors import actions
from clearline.trust.factors.codes import new_secret
from clearline.trust.factors.proof import PasskeyAnswer
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import staff_logins
from clearline.trust.safeguards.actions import PasswordGiven
from clearline.trust.safeguards.roles import LoginKind, Role
from tests.service.accounts.people import make_customer
from tests.trust.factors.authenticator import Authenticator

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
HALF_MINUTE = timedelta(seconds=30)
STAFF, CUSTOMER = LoginKind.STAFF, LoginKind.CUSTOMER
OPERATOR = Actor(ActorKind.JOB, "operator")
PASSWORD = "quiet rivers carry stones"
HOME, ELSEWHERE = "198.51.100.0", "203.0.113.0"
CHALLENGE = b"c" * 32


def make_person(kind: LoginKind) -> str:
    if kind is CUSTOMER:
        return str(make_customer("dana"))
    return staff_logins.create_staff(
        by=OPERATOR, user_id="dana", password=PASSWORD, roles=[Role.MARKETER], now=NOW
    )


def code_of(secret: str, at: datetime = NOW) -> str:
    return pyotp.TOTP(secret).at(at)


def add_app(public_id: str, kind: LoginKind = CUSTOMER, now: datetime = NOW) -> str:
    """Give somebody an app, half a minute before `now`, and return its secret."""
    secret, before = new_secret(), now - HALF_MINUTE
    code = code_of(secret, before)
    actions.add_app(kind=kind, public_id=public_id, secret=secret, code=code, now=before)
    return secret


def add_passkey(
    public_id: str,
    kind: LoginKind = CUSTOMER,
    key: Authenticator | None = None,
    name: str = "Key",
    now: datetime = NOW,
) -> Authenticator:
    made = key or new_key()
    actions.add_passkey(
        kind=kind,
        public_id=public_id,
        answer=PasskeyAnswer(made.make(CHALLENGE), CHALLENGE),
        name=name,
        now=now,
    )
    return made


def new_key() -> Authenticator:
    site = actions.site_here()
    return Authenticator(host=site.host, origin=site.origin)


def give_password(
    kind: LoginKind = CUSTOMER, *, network: str = HOME, now: datetime = NOW
) -> PasswordGiven:
    given = safeguards.sign_in(
        kind=kind, user_id="dana", password=PASSWORD, network=network, now=now
    )
    assert isinstance(given, PasswordGiven)
    return given
