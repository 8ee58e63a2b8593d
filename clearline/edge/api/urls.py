"""The addresses of the app's way in; each says who may open it."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from clearline.edge.api import (
    account,
    choices,
    contacts,
    corrections,
    details,
    factors,
    handing_over,
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
All that the customer app does, by the same actions and under the same privacy policy as the site.
Requests and answers are JSON in UTF-8; moments are UTC (RFC 3339). Cookies are neither read nor
set.

**First calls.** `GET policy`, show its words, then `POST sign-up` or `POST sign-in`. Both give an
`access_token`, to be sent as `Authorization: Bearer …`, and a `refresh_token`.

**Keys.** The access token opens for 15 minutes. The refresh token gets the next two at
`POST renew`, once: one that is used twice was copied by somebody and ends its sign-in, so keep the
new ones before you use them. Keep both where no other program can read them.

**What every screen may be answered**, by `code`:

- 401 `token_needed`: renew the keys; where that is refused (`token_ended`), sign in again.
- 403 `agreement_needed`: a later policy lets the provider do more. Show what changed, then
  `POST agreement`, or offer `my-data/file` and `account/close`.
- 403 `age_needed`: a change was taken back around which somebody may have said something of the
  person's age. Ask in which range it lies, then `PUT profile/age`.
- 403 `prove_again`: ask `POST prove/ways`, show that, send it to `POST prove`, then send the same
  request again.
- 409 `still_under_way`: the same request is being answered; ask again in a moment.
- 429: wait for as many seconds as `Retry-After` says.
- 503: wait, and try again.

**Second factors.** Where the person has one, `sign-in` answers 202 without keys; `sign-in/second`
gives them. Passkeys are asked and answered in the JSON of WebAuthn Level 3.

**Lists** come in pages: at most `limit` of them, the newest first. Where more are left, `next` is
what to send as `cursor` for those after; on the last page it is null. Other parameters stay as they
were.

**Limits.** Each answer says in `RateLimit-Policy` and `RateLimit` how much may be asked: by one
sign-in (`token`), by one network (`network`), and by one network where nobody is known yet
(`unknown`).

**Sent twice.** A POST with an `Idempotency-Key` is done once and answered the same for a day: send
the same key again when an answer got lost.

**Global Privacy Control.** `Sec-GPC: 1` with any request of somebody known is kept for the account
as a no to sale and sharing.

**Each refusal** is `application/problem+json` (RFC 9457): `detail` is for people, `code` for
programs, and `errors` name the fields that are wrong.
"""
TAGS: Final = {
    "Sign-in": "Opening an account, signing in and out, the keys, and proving again who one is.",
    "Second factors": "Passkeys, an app that shows codes, and recovery codes.",
    "Getting back in": "For who forgot password or user ID. Nobody learns who is a customer.",
    "Account": "The profile, the password, what was agreed to, closing and taking that back.",
    "Contacts": "The e-mail address: proved by a code, replaced, and a change taken back.",
    "Details": "Telephone number, postal addresses and kind of device, where a service needs them.",
    "Choices": "What the person allows, with its words, and Global Privacy Control.",
    "My data": "What is held, who used it, when and why, and everything as a file.",
    "Team": "Who may act in the account, and in whose accounts the person may.",
}
OPEN_TO_ALL: Final = frozenset(
    {
        *("policy", "sign-up", "sign-in", "sign-in/second", "renew", "contacts/take-back"),
        *("recover", "recover/code", "recover/link", "recover/password", "way-back"),
        *("invited", "invited/ask", "invited/age", "invited/anew"),
    }
)


class StrictParser(Parser):
    """JSON and nothing but JSON: no NaN, no half of a character, no depth without end."""

    def parse_body(self, request: HttpRequest) -> dict[str, object]:
        return msgspec.json.decode(request.body, type=dict[str, object])


def make_api() -> AppAPI:
    api = AppAPI(
        title="API of the customer app",
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
    api.add_router("", corrections.router, tags=["Account"])
    api.add_router("", contacts.router, tags=["Contacts"])
    api.add_router("", details.router, tags=["Details"])
    api.add_router("", choices.router, tags=["Choices"])
    api.add_router("", my_data.router, tags=["My data"])
    api.add_router("", teams.router, tags=["Team"])
    api.add_router("", handing_over.router, tags=["Team"])
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
    told = describe(API, EXAMPLES, problems_of)
    tags = [{"name": name, "description": words} for name, words in TAGS.items()]
    return {**told, "servers": [{"url": settings.ENV.url}], "tags": tags}


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
