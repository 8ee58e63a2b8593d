"""Those who forgot: what they ask, and the code that the worker's letter brings them."""

from datetime import datetime

from clearline.service.contacts import recovery
from clearline.service.mail.template import Template
from tests.service.contacts.contacts import letters

NETWORK = "203.0.113.0/24"


def ask(typed: str, *, now: datetime, network: str = NETWORK) -> str:
    """Ask as the page does, let the worker answer, and return the key to go on with."""
    token = recovery.ask(typed=typed, network=network, now=now)
    recovery.answer_due(now=now)
    return token


def codes(*, now: datetime) -> list[tuple[str, str]]:
    return [(to, filled["code"]) for to, filled in letters(Template.RECOVERY_CODE, now=now)]


def links(*, now: datetime) -> list[str]:
    """Return the key in the link of each letter that waits."""
    told = letters(Template.RECOVERY_CODE, now=now)
    return [filled["link"].partition("?link=")[2] for _, filled in told]


def proved(typed: str, *, now: datetime) -> recovery.Proved:
    token = ask(typed, now=now)
    return recovery.prove(token=token, code=codes(now=now)[-1][1], now=now)
