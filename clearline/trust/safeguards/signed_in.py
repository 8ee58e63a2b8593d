"""What a session says of who signed in by it, and when that ends. Knows sessions, not HTTP."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.sessions.backends.base import SessionBase

from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.roles import LoginKind

# What a session holds.
KIND, LOGIN, MARK = "kind", "login", "password_mark"
BEGAN_AT, SEEN_AT = "began_at", "seen_at"
SAID: Final = "said"
SAID_MAX: Final = 20
SEEN_EVERY: Final = timedelta(minutes=1)


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


def begin(session: SessionBase, kind: LoginKind, signed_in: SignedIn, *, now: datetime) -> None:
    """Open a session under a new key, so that a key known before opens nothing."""
    session.flush()
    session[KIND] = kind.value
    session[LOGIN] = signed_in.public_id
    session[MARK] = signed_in.password_mark
    session[BEGAN_AT] = int(now.timestamp())
    session[SEEN_AT] = int(now.timestamp())


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
