"""The one place where a Refusal becomes an HTTP status, as a page or as problem+json."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clearline.edge.site.errors import bad_request, error_page
from clearline.kit.errors import Refusal
from clearline.kit.problem import CONTENT_TYPE, for_outsiders, problem, status_of
from clearline.service.accounts.age import AgeBeforeYes
from clearline.service.accounts.closing_proof import ClosingTakenBack, NothingErased
from clearline.trust.ledger.queries import NotInTree

TITLES: Final = {
    HTTPStatus.NOT_FOUND: gettext_lazy("There is no page here"),
    HTTPStatus.FORBIDDEN: gettext_lazy("The policy does not allow this"),
    HTTPStatus.UNPROCESSABLE_ENTITY: gettext_lazy("We could not read that"),
    HTTPStatus.CONFLICT: gettext_lazy("Something changed in the meantime"),
    HTTPStatus.TOO_MANY_REQUESTS: gettext_lazy("That was too often"),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_lazy("This cannot be answered right now"),
}
# Where a status says too little.
TITLES_BY_CODE: Final = {
    NotInTree.code: gettext_lazy("In a few seconds"),
    NothingErased.code: gettext_lazy("Nothing was erased yet"),
    ClosingTakenBack.code: gettext_lazy("Nothing was erased"),
    AgeBeforeYes.code: gettext_lazy("First your age, then a yes"),
}


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def refusal_response(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return the refusal as RFC 9457 problem+json or as a page, as the client prefers."""
    status = status_of(refusal)
    text = for_outsiders(str(refusal), instance=settings.ENV.instance)
    if wants_json(request):
        told = problem(status, code=refusal.code, detail=text)
        return JsonResponse(told, status=status, content_type=CONTENT_TYPE)
    title = TITLES_BY_CODE.get(refusal.code) or TITLES.get(status, gettext_lazy("This was refused"))
    return error_page(
        request,
        status=status,
        title=str(title),
        text=text,
        next_step=_("Nothing was changed."),
    )


def has_too_many_fields(request: HttpRequest) -> bool:
    """Say whether an address has more fields than are read; whoever reads one then fails."""
    query = str(request.META.get("QUERY_STRING", ""))
    return query.count("&") >= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


class RefusalMiddleware:
    """Turn a Refusal that left a view into its answer, and what no page can read into one too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if has_too_many_fields(request):
            request.META.update(QUERY_STRING="")  # the page that says so reads the address too
            return bad_request(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refusal):
            return refusal_response(request, exception)
        return None
