"""What holds for every request of the app before it is looked at, and for every answer.

No cookie is read here and none is set: a key in `Authorization` is all that opens. A page of
another origin can neither send that header nor JSON without asking first (CORS), and is answered
no; one that says where it comes from is refused besides.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from clearline.edge.api.choices import keep_signal
from clearline.edge.api.limits import (
    BY_NETWORK,
    BY_TOKEN,
    UNKNOWN,
    AskedTooOften,
    tell_limits,
)
from clearline.edge.api.problems import OTHER_ORIGIN, plain_problem, refused, to_response
from clearline.kit.access import Audience, audience_of
from clearline.kit.errors import Denied, Refusal
from clearline.kit.problem import CONTENT_TYPE
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import queries as accounts
from clearline.trust.arrivals import actions as arrivals
from clearline.trust.arrivals.limits import Limit, Standing
from clearline.trust.safeguards.origin import network_of
from clearline.trust.tokens import queries as tokens
from clearline.trust.tokens.queries import Bearer

PREFIX: Final = "/api/"
OPEN_TO_PAGES: Final = "/api/v1/openapi.json"
BODY_BYTES_MAX: Final = 16 * 1024
SCHEME: Final = "bearer"
OWN_FETCH: Final = frozenset({"same-origin", "none"})
CHALLENGE: Final = 'Bearer realm="app"'


# Seeing what is asked and agreeing, ending sign-ins, saying no, taking along what is held, closing.
OPEN_TO_WHO_DID_NOT_AGREE: Final = frozenset(
    {
        *("api_agreement", "api_receipt", "api_sign_out", "api_sign_ins", "api_end_one"),
        *("api_ways_to_prove", "api_prove", "api_sessions", "api_end_session"),
        *("api_account", "api_close", "api_reopen", "api_choices"),
        *("api_my_data", "api_lines", "api_line_receipt", "api_open_my_data", "api_file"),
    }
)
AGE_NAME: Final = "api_age"


class AgreementNeeded(Denied):
    """A later edition lets us do more, and the customer has not agreed to it yet."""

    code = "agreement_needed"

    def __init__(self) -> None:
        super().__init__(
            "The privacy policy has changed. Show what changed and ask whether they agree; whoever "
            "does not can close the account."
        )


class AgeNeeded(Denied):
    """What was said of the customer's age was forgotten, and nothing goes on before they say it."""

    code = "age_needed"

    def __init__(self) -> None:
        super().__init__(
            "Somebody else may have said something of this person's age, so it was forgotten. Ask "
            "in which range it lies, and send that to `PUT profile/age`."
        )


class AppMiddleware:
    """Let in what an app may send, and let out JSON alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        request.COOKIES = {}
        response = refuse_at_once(request) or self.get_response(request)
        return finish(request, response)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], args: object, kwargs: object
    ) -> HttpResponse | None:
        del args, kwargs
        if not request.path.startswith(PREFIX) or request.path == OPEN_TO_PAGES:
            return None
        try:
            return let_in(request, audience_of(view) or frozenset())
        except Refusal as refusal:
            return refused(request, refusal)


def refuse_at_once(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to what no app sends: from another site's page, too much, not JSON."""
    if request.path != OPEN_TO_PAGES and not is_own(request):
        return to_response(HTTPStatus.FORBIDDEN, OTHER_ORIGIN)
    length = request.META.get("CONTENT_LENGTH") or "0"
    fields = str(request.META.get("QUERY_STRING", "")).count("&")
    is_unreadable = fields >= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    if is_unreadable or not length.isascii() or not length.isdigit():
        return plain_problem(HTTPStatus.BAD_REQUEST)
    if int(length) > BODY_BYTES_MAX:
        return plain_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if int(length) and request.content_type != "application/json":
        return plain_problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return None


def is_own(request: HttpRequest) -> bool:
    """Say whether no page of another site sent this; an app says nothing of where it comes from."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in OWN_FETCH
    return request.headers.get("Origin", settings.ENV.url) == settings.ENV.url


def let_in(request: HttpRequest, audience: frozenset[Audience]) -> HttpResponse | None:
    """Count the request, find whose it is, and return the no if it is one.

    Raises AskedTooOften, AgeNeeded, AgreementNeeded, gate.UseDenied, NoEditionInForce.
    """
    network = network_of(request)
    count(request, BY_NETWORK, network)
    if Audience.APP not in audience:
        count(request, UNKNOWN, network)
        return None
    bearer = find_bearer(request)
    if bearer is None:
        return plain_problem(HTTPStatus.UNAUTHORIZED)
    request.clearline_bearer = bearer  # type: ignore[attr-defined]  # Django's request is open
    count(request, BY_TOKEN, bearer.family)
    keep_signal(request, bearer.subject)
    match = request.resolver_match
    name = match.url_name if match else ""
    refuse_unanswered(bearer.subject, name or "")
    return None


def refuse_unanswered(subject: SubjectId, name: str) -> None:
    """Return if an address is open to somebody whatever we ask them, or nothing is asked.

    Raises AgeNeeded, AgreementNeeded.
    """
    if name in OPEN_TO_WHO_DID_NOT_AGREE:
        return
    if accounts.asks_age(subject):
        if name == AGE_NAME:
            return
        raise AgeNeeded
    if accounts.asks_to_agree(subject, now=timezone.now()):
        raise AgreementNeeded


def find_bearer(request: HttpRequest) -> Bearer | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != SCHEME or not token.isascii():
        return None
    return tokens.find_bearer(token, now=timezone.now())


def count(request: HttpRequest, limit: Limit, who: str) -> None:
    """Count one request against a limit. Raises AskedTooOften."""
    standing = arrivals.count_request(limit, who=who, now=timezone.now())
    request.clearline_standings = (*standings_of(request), standing)  # type: ignore[attr-defined]  # Django's request is open
    if standing.is_over:
        raise AskedTooOften


def standings_of(request: HttpRequest) -> tuple[Standing, ...]:
    told: tuple[Standing, ...] = getattr(request, "clearline_standings", ())
    return told


def finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return the answer as an app may have it: problems as JSON, stored nowhere."""
    status = HTTPStatus(response.status_code)
    if status >= HTTPStatus.BAD_REQUEST and response.get("Content-Type") != CONTENT_TYPE:
        allowed = response.get("Allow")
        response = plain_problem(status)
        if allowed:
            response["Allow"] = allowed
    if status is HTTPStatus.UNAUTHORIZED:
        response["www-authenticate"] = CHALLENGE
    response["Cache-Control"] = "no-store"
    tell_limits(response, standings_of(request))
    return response
