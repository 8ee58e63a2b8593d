"""Record what a person chose, with the words they saw, and make the device's cookies follow."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from clearline.edge.site.remembered import put_what_is_agreed
from clearline.edge.site.visit import COOKIES_REFUSED, Visit, put_choices
from clearline.kit.errors import Unavailable
from clearline.policy.vocabulary import Answer
from clearline.trust.consent import actions as consent
from clearline.trust.consent.actions import ShownText


class SeeOther(HttpResponseRedirect):
    """After a form: the browser fetches the next page, and a reload sends nothing again."""

    status_code = HTTPStatus.SEE_OTHER


class NothingInForce(Unavailable):
    code = "no_edition_in_force"

    def __init__(self) -> None:
        super().__init__(
            "No edition of the privacy policy is in force today, so no choice can rest on it. "
            "Nothing about you is used meanwhile."
        )


def record(
    visit: Visit, *, answers: Mapping[str, Answer], surface: str, text: str, back: str
) -> HttpResponse:
    """Write the answers down and lead back, past a look whether the cookie was kept.

    Raises NothingInForce.
    """
    if visit.policy is None:
        raise NothingInForce
    shown = ShownText(
        surface=surface,
        edition=visit.policy.edition.date,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    chosen = consent.record_choices(
        answers=answers,
        before=visit.chosen,
        shown=shown,
        method="form",
        gpc=visit.is_gpc,
        now=visit.now,
    )
    response = SeeOther(f"{reverse('choice')}?{urlencode({'back': back})}")
    put_choices(response, chosen)
    put_what_is_agreed(response, visit, chosen)
    return response


def safe_back(request: HttpRequest, asked: str) -> str:
    """Return the path to lead back to if it is one of ours, else the home page."""
    is_ours = (
        asked.startswith("/")
        and len(asked) <= BACK_CHARACTERS_MAX
        and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    )
    return asked if is_ours else reverse("home")


def with_refused(path: str) -> str:
    """Return the address with the mark that the browser kept no cookie."""
    parts = urlsplit(path)
    fields = [pair for pair in parse_qsl(parts.query) if pair[0] != "cookies"]
    return f"{parts.path}?{urlencode([*fields, ('cookies', COOKIES_REFUSED)])}"
