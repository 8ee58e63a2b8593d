"""The page for who was at our desk with a document: the code of the letter, then a new password."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Refusal
from clearline.kit.problem import status_of
from clearline.service.contacts import way_back as actions
from clearline.service.contacts.recovery import NewWayIn
from clearline.service.contacts.way_back import CODE_MAX, WayBackOver
from clearline.trust.safeguards.actions import UserIdRefused, UserIdTaken
from clearline.trust.safeguards.passwords import LENGTH_MIN, PasswordRefused
from clearline.trust.safeguards.user_ids import ChangedTooOften

USER_ID_MAX: Final = 64
FIELDS_OF: Final[dict[type[Refusal], str]] = {
    WayBackOver: "code",
    PasswordRefused: "password",
    UserIdRefused: "user_id",
    UserIdTaken: "user_id",
    ChangedTooOften: "user_id",
}


@open_to(Audience.EVERYONE)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def way_back(request: HttpRequest) -> HttpResponse:
    """Ask for the code, unless the link brought it, and for a new password; then set it."""
    if request.method != "POST":
        return show(request, request.GET.get("code", ""))
    told = request.POST
    typed = NewWayIn(password=told.get("password", ""), user_id=told.get("user_id", ""))
    try:
        actions.finish(code=told.get("code", ""), typed=typed, now=timezone.now())
    except tuple(FIELDS_OF) as refused:
        return show(request, told.get("code", ""), refused)
    return render(request, "account/way_back.html", {"is_done": True})


def show(request: HttpRequest, code: str, refused: Refusal | None = None) -> HttpResponse:
    field = next((name for kind, name in FIELDS_OF.items() if isinstance(refused, kind)), "")
    shown = {
        "code": code[:CODE_MAX],
        "is_known": bool(code) and actions.works(code, now=timezone.now()),
        "user_id": request.POST.get("user_id", "")[:USER_ID_MAX],
        "errors": {field: str(refused)} if field else {},
        "length_min": LENGTH_MIN,
        "code_max": CODE_MAX,
    }
    status = status_of(refused) if refused else 200
    return render(request, "account/way_back.html", shown, status=status)
