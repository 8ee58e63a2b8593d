"""What a browser answers at the site, and what it then holds."""

import re
from html import unescape

from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.utils.html import strip_tags

from clearline.policy.vocabulary import ChoiceName
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner, VisitorOnDevice

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
