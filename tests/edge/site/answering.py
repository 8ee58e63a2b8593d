"""What a browser answers at the site, and what it then holds."""

import re
from html import unescape

from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.utils.html import strip_tags

from clearline.policy.vocabulary import ChoiceName
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner, VisitorOnDevice
from clearline.trust.ledger.body import parse_body
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import open_words

SIGNER = CookieSigner(settings.ENV.key("choices"), is_https=False)
BOTH = {ChoiceName.MEASUREMENT, ChoiceName.CONTENT}
GPC = {"sec-gpc": "1"}


def held(client: Client) -> dict[str, str]:
    return {name: morsel.value for name, morsel in client.cookies.items() if morsel.value}


def chosen(client: Client) -> ChosenOnDevice:
    found = SIGNER.read_choices(held(client))
    assert found is not None
    return found


def visitor(client: Client) -> VisitorOnDevice | None:
    return SIGNER.read_visitor(held(client))


def answer(client: Client, said: str, back: str = "/rates/") -> HttpResponseBase:
    return client.post("/privacy/choice/", {"answer": said, "back": back})


def press(client: Client, act: str, **fields: str) -> HttpResponseBase:
    return client.post("/privacy/choices/", {"act": act, **fields})


def words_on(page: bytes) -> str:
    text = strip_tags(re.sub(r"<(/?(b|a|small))\b[^>]*>", "", page.decode()))
    return re.sub(r"\s+", " ", unescape(text))


def first_step(client: Client) -> str:
    page = press(client, "opt_in").content.decode()  # type: ignore[attr-defined]  # not streamed
    found = re.search(r'name="step" value="([^"]+)"', page)
    assert found
    return found.group(1)


def fields(proof: str) -> dict[str, object]:
    """Return what the ledger holds of one choice."""
    row = Entry.objects.get(public_id=proof)
    told = parse_body(open_words(row, sealer())[1])["fields"]
    assert isinstance(told, dict)
    return told
