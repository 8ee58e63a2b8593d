"""The addresses of the app's way in; each says who may open it."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from clearline.edge.api import (
    account,
    choices,
    contacts,
    details,
    factors,
    invited,
    my_data,
    prove,
    recover,
    sessions,
    sign_in,
    teams,
)
from clearline.edge.api.described import AppAPI, Described, describe
from clearline.edge.api.examples import EXAMPLES
from clearline.edge.api.problems import invalid, refused, unreadable
from clearline.edge.api.refusals import problems_of
from clearline.edge.api.repeats import answer_once
from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Refusal

Told = TypeVar("Told", bound=Exception)
ABOUT: Final = """\
All that the app does, by the same actions and under the same privacy policy as the site.

**Keys.** `sign-up` and `sign-in` give two. Send the first as `Authorization: Bearer …`; it opens
for 15 minutes. Of who has a second factor `sign-in` asks for it by 202, and `sign-in/second` gives
the keys. The second key gets the next two at `renew`, once: one that is used twice ends its
sign-in, so keep the new ones before you use them. Cookies are neither read nor set.

**Lists** come in pages: at most `limit` of them, the newest first. Where more are left, `next` is
what to send as `cursor` for those after; on the last page it is null. Other parameters stay as they
were.

**How much.** Each answer says in `RateLimit-Policy` and `RateLimit` how much may be asked: by one
sign-in (`token`), by one network (`network`), and by one network where nobody is known yet
(`unknown`). Who asked too often gets 429, with `Retry-After`.

**Twice.** A POST with an `Idempotency-Key` is done once and answered the same for a day.

**Global Privacy Control.** `Sec-GPC: 1` with any request of somebody known is kept for the account.

**Each no** is `application/problem+json` (RFC 9457): `detail` is for people, `code` for programs,
and `errors` name the fields that are wrong.
"""
OPEN_TO_ALL: Final = frozenset(
    {
        *("policy", "sign-up", "sign-in", "sign-in/second", "renew", "contacts/take-back"),
        *("recover", "recover/code", "recover/link", "recover/password"),
        *("invited", "invited/ask", "invited/anew"),
    }
)


class StrictParser(Parser):
    """JSON and nothing but JSON: no NaN, no half of a character, no depth without end."""

    def parse_body(self, request: HttpRequest) -> dict[str, object]:
        return msgspec.json.decode(request.body, type=dict[str, object])


def make_api() -> AppAPI:
    api = AppAPI(
        title="The app's way in",
        version="1",
        description=ABOUT,
        docs_url=None,
        openapi_url=None,
        urls_namespace="api",
        parser=StrictParser(),
    )
    api.add_router("", sign_in.router, tags=["Sign-in"])
    api.add_router("", invited.router, tags=["Sign-in"])
    api.add_router("", prove.router, tags=["Sign-in"])
    api.add_router("", sessions.router, tags=["Sign-in"])
    api.add_router("", factors.router, tags=["Second factors"])
    api.add_router("", recover.router, tags=["Getting back in"])
    api.add_router("", account.router, tags=["Account"])
    api.add_router("", contacts.router, tags=["Contacts"])
    api.add_router("", details.router, tags=["Details"])
    api.add_router("", choices.router, tags=["Choices"])
    api.add_router("", my_data.router, tags=["My data"])
    api.add_router("", teams.router, tags=["Team"])
    api.add_exception_handler(Refusal, as_answer(Refusal, refused))
    api.add_exception_handler(ValidationError, as_answer(ValidationError, invalid))
    api.add_exception_handler(HttpError, as_answer(HttpError, unreadable))
    return api


def as_answer(
    kind: type[Told], answer: Callable[[HttpRequest, Told], HttpResponse]
) -> Callable[[HttpRequest, Told | type[Told]], HttpResponse]:
    """Return what ninja calls with the error itself, though it may say it is a class."""

    def answered(request: HttpRequest, error: Told | type[Told]) -> HttpResponse:
        return answer(request, error if isinstance(error, kind) else kind())

    return answered


API: Final = make_api()


@cache
def description() -> Described:
    """Return what the API says of itself."""
    return describe(API, EXAMPLES, problems_of)


@open_to(Audience.EVERYONE)
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Give the description of the API, OpenAPI 3.1."""
    del request
    return JsonResponse(description())


def addresses() -> Iterator[URLPattern]:
    yield path("openapi.json", openapi, name="api_openapi")
    by_route = {str(each.pattern): each for each in reversed(API.urls[0])}  # one for each method
    for each in by_route.values():
        if isinstance(each, URLPattern) and each.name != "api-root":
            yield path(str(each.pattern), view_of(each), name=f"api_{each.name}")


def view_of(pattern: URLPattern) -> Callable[..., HttpResponse]:
    """Return the view of one address, which says who may open it and answers nothing twice."""
    inner: Callable[..., HttpResponse] = pattern.callback
    is_open = str(pattern.pattern) in OPEN_TO_ALL

    @open_to(Audience.EVERYONE if is_open else Audience.APP)
    def view(request: HttpRequest, **names: str) -> HttpResponse:
        try:
            return answer_once(request, lambda: inner(request, **names))
        except Refusal as refusal:
            return refused(request, refusal)

    return view


api_urlpatterns = list(addresses())
