"""Every cookie that the product may set. The cookie table of the policy page is made from this."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from clearline.policy.vocabulary import ClauseId

TLS_PREFIX: Final = "__Host-"  # RFC 6265bis: only this host, only TLS, the whole path


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie: the clauses it rests on, how long it lives (None: until the browser closes)."""

    name: str
    clause: ClauseId
    lifetime: timedelta | None
    what_for: str
    set_when: str
    is_needed: bool
    also: tuple[ClauseId, ...] = ()  # clauses of what else it carries


CHOICES_COOKIE: Final = Cookie(
    name="cl_choices",
    clause=ClauseId("choices.keep"),
    lifetime=timedelta(days=365),
    what_for="Remembers what you chose, signed, with the number of your proof.",
    set_when="when you choose",
    is_needed=True,
)
VISITOR_COOKIE: Final = Cookie(
    name="cl_visitor",
    clause=ClauseId("visits.measure"),
    lifetime=timedelta(days=183),
    what_for="Recognises your browser by a random number, and keeps country, currency and the "
    "page where you left off, as far as you said yes.",
    set_when="only after you accept",
    is_needed=False,
    also=(ClauseId("extras.remember"),),
)
SESSION_COOKIE: Final = Cookie(
    name="sessionid",
    clause=ClauseId("security.staff"),
    lifetime=timedelta(hours=12),
    what_for="Keeps you signed in.",
    set_when="when you sign in",
    is_needed=True,
)
DECLARED: Final = (CHOICES_COOKIE, VISITOR_COOKIE, SESSION_COOKIE)


def wire_name(cookie: Cookie, *, is_https: bool) -> str:
    """Return the name that the browser sees."""
    return f"{TLS_PREFIX}{cookie.name}" if is_https else cookie.name
