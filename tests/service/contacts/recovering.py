"""Those who forgot: what they ask, and the code that the worker's letter brings them."""

from datetime import datetime

from clearline.service.contacts import recovery
from clearline.service.mail.template import Template
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.roles import LoginKind
from tests.service.contacts.contacts import LATER, letters

NETWORK = "203.0.113.0/24"
NEW_PASSWORD = "four slow herons wade"


def ask(typed: str, *, now: datetime, network: str = NETWORK) -> str:
    """Ask as the page does, let the worker answer, and return the key to go on with."""
    token = recovery.ask(typed=typed, network=network, now=now)
    recovery.answer_due(now=now)
    return token


def codes(*, now: datetime) -> list[tuple[str, str]]:
    return [(to, filled["code"]) for to, filled in letters(Template.RECOVERY, now=now)]


def links(*, now: datetime) -> list[str]:
    """Return the key in the link of each letter that waits."""
    told = letters(Template.RECOVERY, now=now)
    return [filled["link"].partition("?link=")[2] for _, filled in told]


def proved(typed: str, *, now: datetime) -> recovery.Proved:
    token = ask(typed, now=now)
    return recovery.prove(token=token, code=codes(now=now)[-1][1], now=now)


def enter(user_id: str = "alice", password: str = NEW_PASSWORD, network: str = NETWORK) -> SignedIn:
    found = safeguards.sign_in(
        kind=LoginKind.CUSTOMER, user_id=user_id, password=password, network=network, now=LATER
    )
    assert isinstance(found, SignedIn)
    return found


def told(kind: str) -> list[dict[str, object]]:
    entries = Entry.objects.filter(kind=kind).order_by("number")
    return [ledger.fields_of(each, sealer()) for each in entries]
