"""Every no of the app's way in, as RFC 9457 problem+json."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja.errors import HttpError, ValidationError

from clearline.kit.errors import Refusal, TooMany
from clearline.kit.problem import CONTENT_TYPE, for_outsiders, problem, status_of

RETRY_S: Final = 60
FIELDS_TOLD_MAX: Final = 20
OTHER_ORIGIN: Final = problem(
    HTTPStatus.FORBIDDEN,
    code="other_origin",
    detail="A page of another site sent this. Nothing was done.",
)
INVALID: Final = problem(
    HTTPStatus.UNPROCESSABLE_ENTITY, code="invalid", detail="Some of it is not as it should be."
)
# What each status says where nothing more is known.
PLAIN: Final[Mapping[HTTPStatus, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: ("unreadable", "This request cannot be read."),
    HTTPStatus.UNAUTHORIZED: (
        "token_needed",
        "Sign in, and send the access token you get as `Authorization: Bearer …`.",
    ),
    HTTPStatus.FORBIDDEN: ("denied", "This is not open to you."),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing here."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method", "This address does not take this method."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_long", "This is more than one request may carry."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "not_json",
        "Send JSON, and say so: `Content-Type: application/json`.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("broken", "That went wrong on our side. Try it again."),
}


def plain_problem(status: HTTPStatus) -> HttpResponse:
    """Return what a status says by itself."""
    return to_response(status, plainly_told(status))


def plainly_told(status: HTTPStatus) -> dict[str, str | int]:
    code, detail = PLAIN.get(status, ("refused", status.phrase))
    return problem(status, code=code, detail=detail)


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return the answer to a refusal; a field that is to blame is named."""
    del request
    response = to_response(status_of(refusal), told_of(refusal))
    if isinstance(refusal, TooMany):
        response["Retry-After"] = str(RETRY_S)
    return response


def told_of(refusal: Refusal) -> dict[str, object]:
    """Return what a refusal says."""
    text = for_outsiders(str(refusal), instance=settings.ENV.instance)
    told: dict[str, object] = dict(problem(status_of(refusal), code=refusal.code, detail=text))
    field = getattr(refusal, "field", "")
    if field:
        told["errors"] = [{"field": field, "message": text}]
    return told


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say which fields are wrong and why; never what was in them."""
    del request
    told: dict[str, object] = dict(INVALID)
    told["errors"] = [
        {"field": field_of(each["loc"]), "message": str(each["msg"])}
        for each in error.errors[:FIELDS_TOLD_MAX]
    ]
    return to_response(HTTPStatus.UNPROCESSABLE_ENTITY, told)


def field_of(places: Sequence[str | int]) -> str:
    """Return a field as an app names it: without where ninja looked for it, `body`, `told`."""
    return ".".join(map(str, places[2:] or places[1:]))[:100]


def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    del request
    return plain_problem(HTTPStatus(error.status_code))


def to_response(status: HTTPStatus, told: Mapping[str, object]) -> HttpResponse:
    return JsonResponse(told, status=status, content_type=CONTENT_TYPE)
