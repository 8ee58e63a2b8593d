"""What a session says of who signed in by it, and when that ends. Knows sessions, not HTTP."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.sessions.backends.base import SessionBase

from clearline.trust.safeguards.actions import PasswordGiven, SignedIn
from clearline.trust.safeguards.roles import LoginKind

# What a session holds.
KIND, LOGIN, MARK = "kind", "login", "password_mark"
BEGAN_AT, SEEN_AT, STEPPED_UP_AT = "began_at", "seen_at", "stepped_up_at"
PROVED_ANEW: Final = "proved_anew"  # since the session began
DEVICE, NUMBER = "device", "number"
# What one holds whose password was right and whose second factor is awaited; then it is empty.
HALF_KIND, HALF_LOGIN, HALF_MARK = "half_kind", "half_login", "half_mark"
HALF_AT, HALF_TRIES = "half_at", "half_tries"
# What a page gave that the next answer must fit.
HELD_PATH, HELD_FORM = "held_path", "held_form"
BY_LINK = "by_link"
CHALLENGE, CHALLENGE_AT, SECRET = "challenge", "challenge_at", "totp_secret"
SAID: Final = "said"
SAID_MAX: Final = 20
SEEN_EVERY: Final = timedelta(minutes=1)
HALF_SPAN: Final = timedelta(minutes=5)
HALF_TRIES_MAX: Final = 5
CHALLENGE_SPAN: Final = timedelta(minutes=5)
CHALLENGE_BYTES: Final = 32
NUMBER_BYTES: Final = 8
STEPPED_UP_SPAN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Span:
    """How long a session lasts in all, and how long without a request."""

    whole: timedelta
    idle: timedelta


# NIST SP 800-63B (revision 3) 4.2.3: "at least once per 12 hours during an extended usage session,
# regardless of user activity", and after "any period of inactivity lasting 30 minutes or longer".
# Revision 4, 2.2.3: a day and an hour at the level that customers sign in at.
SPANS: Final = {
    LoginKind.STAFF: Span(whole=timedelta(hours=12), idle=timedelta(minutes=30)),
    LoginKind.CUSTOMER: Span(whole=timedelta(hours=24), idle=timedelta(hours=1)),
}


def begin(
    session: SessionBase, kind: LoginKind, signed_in: SignedIn, *, device: str, now: datetime
) -> None:
    """Open a session under a new key, so that a key known before opens nothing.

    `device` says in words on what kind of device. Who just signed in has just proved who they are.
    """
    session.flush()
    session[KIND] = kind.value
    session[LOGIN] = signed_in.public_id
    session[MARK] = signed_in.password_mark
    session[BEGAN_AT] = int(now.timestamp())
    session[SEEN_AT] = int(now.timestamp())
    session[STEPPED_UP_AT] = int(now.timestamp())
    session[DEVICE] = device
    session[NUMBER] = secrets.token_hex(NUMBER_BYTES)


def find(session: SessionBase, kind: LoginKind, *, now: datetime) -> SignedIn | None:
    """Return who signed in as that kind, None when nobody did or their time is over.

    A session that is over is emptied; one of another kind is left alone.
    """
    if session.get(KIND) != kind or LOGIN not in session:
        return None
    span = SPANS[kind]
    began_at = datetime.fromtimestamp(session.get(BEGAN_AT, 0), tz=now.tzinfo)
    seen_at = datetime.fromtimestamp(session.get(SEEN_AT, 0), tz=now.tzinfo)
    is_fresh = timedelta() <= now - seen_at <= span.idle
    if not is_fresh or not timedelta() <= now - began_at <= span.whole:
        session.flush()
        return None
    return SignedIn(str(session[LOGIN]), str(session.get(MARK, "")))


def note_seen(session: SessionBase, *, now: datetime) -> None:
    """Remember that a request came, at most once a minute."""
    if now.timestamp() - session.get(SEEN_AT, 0) >= SEEN_EVERY.total_seconds():
        session[SEEN_AT] = int(now.timestamp())


def note_answer(session: SessionBase, proof: str) -> None:
    """Remember that a choice was made in this session, by its proof; of the last 20."""
    session[SAID] = [*session.get(SAID, []), proof][-SAID_MAX:]


def has_said(session: SessionBase, proof: str) -> bool:
    return proof in session.get(SAID, [])


def kind_here(session: SessionBase) -> LoginKind | None:
    """Return as what somebody signed in by this session, None when nobody did."""
    return LoginKind(str(session[KIND])) if KIND in session else None


def note_by_link(session: SessionBase) -> None:
    """Remember that a link of the demo signed in, for which no second factor is asked."""
    session[BY_LINK] = True


def is_by_link(session: SessionBase) -> bool:
    return bool(session.get(BY_LINK, False))


def number_of(session: SessionBase) -> str:
    """Return the number of the session among those of its login; it opens nothing."""
    return str(session.get(NUMBER, ""))


def begin_half(
    session: SessionBase, kind: LoginKind, given: PasswordGiven, *, now: datetime
) -> None:
    """Remember, under a new key, whose password was right; nobody is signed in by that."""
    session.flush()
    session[HALF_KIND] = kind.value
    session[HALF_LOGIN] = given.public_id
    session[HALF_MARK] = given.password_mark
    session[HALF_AT] = int(now.timestamp())
    session[HALF_TRIES] = 0


def find_half(session: SessionBase, kind: LoginKind, *, now: datetime) -> PasswordGiven | None:
    """Return whose second factor is awaited, None when nobody's is or five minutes are over."""
    if session.get(HALF_KIND) != kind:
        return None
    began_at = datetime.fromtimestamp(session.get(HALF_AT, 0), tz=now.tzinfo)
    if not timedelta() <= now - began_at < HALF_SPAN:
        session.flush()
        return None
    return PasswordGiven(str(session.get(HALF_LOGIN)), str(session.get(HALF_MARK)))


def note_half_try(session: SessionBase) -> None:
    """Count a wrong second factor; after the fifth the password is asked for again."""
    session[HALF_TRIES] = session.get(HALF_TRIES, 0) + 1
    if session[HALF_TRIES] >= HALF_TRIES_MAX:
        session.flush()


def note_stepped_up(session: SessionBase, *, now: datetime) -> None:
    session[STEPPED_UP_AT] = int(now.timestamp())
    session[PROVED_ANEW] = True


def has_proved_anew(session: SessionBase) -> bool:
    """Say whether who is signed in has proved who they are since the session began.

    A stolen session of somebody who has just signed in is not enough where this is asked.
    """
    return bool(session.get(PROVED_ANEW, False) or session.get(BY_LINK, False))


def is_stepped_up(session: SessionBase, *, now: datetime) -> bool:
    """Say whether who is signed in proved in the last 15 minutes who they are.

    Whom a link of the demo signed in has nothing to prove it by, and need not.
    """
    if session.get(BY_LINK, False):
        return True
    proved_at = datetime.fromtimestamp(session.get(STEPPED_UP_AT, 0), tz=now.tzinfo)
    return timedelta() <= now - proved_at < STEPPED_UP_SPAN


def new_challenge(session: SessionBase, *, now: datetime) -> bytes:
    """Return what a passkey must sign next, once, within five minutes."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    session[CHALLENGE] = challenge.hex()
    session[CHALLENGE_AT] = int(now.timestamp())
    return challenge


def take_challenge(session: SessionBase, *, now: datetime) -> bytes | None:
    """Return the challenge given last and forget it; None when there is none or it is too old."""
    if CHALLENGE not in session:
        return None
    given_at = datetime.fromtimestamp(session.get(CHALLENGE_AT, 0), tz=now.tzinfo)
    challenge = bytes.fromhex(session[CHALLENGE])
    del session[CHALLENGE]
    return challenge if timedelta() <= now - given_at < CHALLENGE_SPAN else None


def keep_secret(session: SessionBase, secret: str) -> None:
    """Remember the secret that an app is shown, until a code of it was seen ("": no more)."""
    session[SECRET] = secret


def find_secret(session: SessionBase) -> str:
    """Return the secret that an app was shown, "" when there is none."""
    return str(session.get(SECRET, ""))


def hold_form(session: SessionBase, path: str, form: str) -> None:
    """Keep a form that was sent to `path` until its sender has proved who they are."""
    session[HELD_PATH] = path
    session[HELD_FORM] = form


def take_form(session: SessionBase) -> tuple[str, str]:
    """Return the path and the form that wait, and forget both; "" where none does."""
    if HELD_PATH not in session:
        return "", ""
    held = str(session[HELD_PATH]), str(session[HELD_FORM])
    del session[HELD_PATH]
    del session[HELD_FORM]
    return held
