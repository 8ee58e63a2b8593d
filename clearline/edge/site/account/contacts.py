"""How a customer is reached: proving and replacing the e-mail address, and taking a change back."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clearline.edge.site.account.access import actor_of, customer_here
from clearline.edge.site.answers import UnreadableAnswer
from clearline.kit.access import Audience, open_to, require_step_up
from clearline.kit.errors import Refusal
from clearline.kit.problem import status_of
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.words import FieldWrong
from clearline.service.contacts import actions, factor_wait, notices
from clearline.service.contacts.actions import (
    AddressConfirmed,
    CodeWrong,
    NoCodeWaits,
    SameAddress,
    TooManyCodes,
)
from clearline.service.contacts.factor_wait import NothingWaits

TYPED_MAX: Final = 300  # of a field that is shown again
CODE_MAX: Final = 20
TOKEN_MAX: Final = 100
FIELDS_OF: Final[dict[type[Refusal], str]] = {
    FieldWrong: "email",
    SameAddress: "email",
    CodeWrong: "code",
    NoCodeWaits: "code",
    TooManyCodes: "sent",
    AddressConfirmed: "sent",
    NothingWaits: "keep",
}


@open_to(Audience.CUSTOMER)
@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: HttpRequest) -> HttpResponse:
    """Show how the customer is reached, and do what the pressed button says."""
    subject = customer_here(request)
    if request.method != "POST":
        return show(request, subject)
    return done(request, subject, act)


@open_to(Audience.CUSTOMER)
@require_step_up
@require_POST
def use_another(request: HttpRequest) -> HttpResponse:
    """Send a code to a new address, once the customer has proved again who they are."""
    return done(request, customer_here(request), send_to_new)


def done(
    request: HttpRequest, subject: SubjectId, do: Callable[[HttpRequest, SubjectId], None]
) -> HttpResponse:
    try:
        do(request, subject)
    except tuple(FIELDS_OF) as refused:
        return show(request, subject, refused)
    return redirect("account_contacts")


def send_to_new(request: HttpRequest, subject: SubjectId) -> None:
    email = request.POST.get("email", "")[:TYPED_MAX]
    actions.send_code_to_new(subject=subject, email=email, now=timezone.now())


def act(request: HttpRequest, subject: SubjectId) -> None:
    told, now = request.POST, timezone.now()
    match told.get("act"):
        case "confirm":
            actions.send_code(subject=subject, now=now)
        case "code":
            actions.type_code(subject=subject, code=told.get("code", "")[:CODE_MAX], now=now)
        case "keep":
            factor_wait.keep(subject=subject, now=now)
        case "drop":
            actions.drop_code(subject=subject, now=now)
        case _:
            raise UnreadableAnswer


def show(request: HttpRequest, subject: SubjectId, refused: Refusal | None = None) -> HttpResponse:
    now = timezone.now()
    held = actions.show_contacts(by=actor_of(subject), subject=subject, now=now)
    field = next((name for kind, name in FIELDS_OF.items() if isinstance(refused, kind)), "")
    shown = {
        "held": held,
        "factors_go_at": factor_wait.find_end(subject, now=now),
        "errors": {field: str(refused)} if field else {},
        "email": request.POST.get("email", "")[:TYPED_MAX] if refused else "",
    }
    status = status_of(refused) if refused else HTTPStatus.OK
    return render(request, "account/contacts.html", shown, status=status)


@open_to(Audience.EVERYONE)
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest) -> HttpResponse:
    """Ask whoever follows the link of a notice, and take the change back once they press."""
    asked = request.POST if request.method == "POST" else request.GET
    if "keep" in asked:
        return keep(request, asked["keep"][:TOKEN_MAX])
    token = asked.get("key", "")[:TOKEN_MAX]
    now = timezone.now()
    shown = {
        "key": token,
        "works": notices.works(token, now=now),
        "starts_at": notices.find_start(token, now=now),
    }
    if request.method == "POST":
        try:
            closed = notices.take_back(token=token, now=now)
        except (notices.NoSuchNotice, notices.NoticeTooNew):
            return render(request, "account/not_me.html", {**shown, "works": False}, status=422)
        return render(request, "account/taken_back.html", {"closed": closed})
    return render(request, "account/not_me.html", shown)


def keep(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whoever follows the link of a letter if second factors are theirs; once they press, keep.

    Raises NothingWaits.
    """
    now = timezone.now()
    shown: dict[str, object] = {"key": token, "works": factor_wait.works(token, now=now)}
    if request.method == "POST":
        try:
            factor_wait.keep_by_link(token=token, now=now)
        except NothingWaits:
            return render(request, "account/keep_factors.html", {"works": False}, status=422)
        shown = {"is_done": True}
    return render(request, "account/keep_factors.html", shown)
