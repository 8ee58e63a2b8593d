"""Every cookie that the product may set. The cookie table of the policy page is made from this."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from clearline.policy.vocabulary import ChoiceName, ClauseId

TLS_PREFIX: Final = "__Host-"  # RFC 6265bis: only this host, only TLS, the whole path


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie: the clauses it rests on, and how long it lives."""

    name: str
    clauses: tuple[ClauseId, ...]
    lifetime: timedelta
    what_for: str
    set_when: str


CHOICES_COOKIE: Final = Cookie(
    name="cl_choices",
    clauses=(ClauseId("choices.keep"),),
    # Longer than the 12 months in which nobody is asked again, and the longest that browsers keep
    # a cookie (RFC 6265bis 5.5: "400 days").
    lifetime=timedelta(days=400),
    what_for="Remembers what you chose, signed, with the number of your proof.",
    set_when="when you choose, sign in to an account that has chosen, or your browser's Global "
    "Privacy Control changes what you chose",
)
VISITOR_COOKIE: Final = Cookie(
    name="cl_visitor",
    clauses=(ClauseId("visits.measure"), ClauseId("extras.remember")),
    lifetime=timedelta(days=400),  # it ends with the yes that it rests on
    what_for="Two things, each only with your yes to it: recognises your browser by a random "
    "number when visits are counted, and keeps your country, your currency and the page where "
    "you left off.",
    set_when="only after you accept, until that yes ends",
)
SESSION_COOKIE: Final = Cookie(
    name="sessionid",
    clauses=(ClauseId("account.session"), ClauseId("staff.session")),
    lifetime=timedelta(hours=24),
    what_for="Keeps you signed in.",
    set_when="when you sign in",
)
# What the visitor cookie rests on: a yes to these ends with it.
ENDING: Final = frozenset({ChoiceName.MEASUREMENT, ChoiceName.CONTENT})
DECLARED: Final = (CHOICES_COOKIE, VISITOR_COOKIE, SESSION_COOKIE)


def wire_name(cookie: Cookie, *, is_https: bool) -> str:
    """Return the name that the browser sees."""
    return f"{TLS_PREFIX}{cookie.name}" if is_https else cookie.name
