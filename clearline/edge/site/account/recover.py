"""Getting back in for those who forgot: who, the code from the letter, then a new password.

What is needed from page to page travels in the forms; nothing is kept in the browser.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clearline.edge.site.account.access import begin_session
from clearline.edge.site.answers import UnreadableAnswer
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Refusal, TooMany
from clearline.service.contacts import recovery
from clearline.service.contacts.recovery import (
    AskedTooOften,
    LetterCodeWrong,
    NewWayIn,
    NothingTyped,
    Proved,
    RecoveryOver,
)
from clearline.trust.factors.actions import FactorRefused
from clearline.trust.safeguards import regaining
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.actions import (
    PasswordGiven,
    SignedIn,
    TooManyTries,
    UserIdRefused,
    UserIdTaken,
)
from clearline.trust.safeguards.passwords import LENGTH_MIN, PasswordRefused
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.user_ids import ChangedTooOften

CODE_MAX: Final = 20
KEY_MAX: Final = 100
FACTOR_MAX: Final = 200
CARRIED: Final = ("token", "link", "key", "user_id", "forgot", "asks")
FIELDS_OF: Final[dict[type[Refusal], str]] = {
    AskedTooOften: "who",
    NothingTyped: "who",
    LetterCodeWrong: "code",
    PasswordRefused: "password",
    UserIdRefused: "user_id",
    UserIdTaken: "user_id",
    ChangedTooOften: "user_id",
    FactorRefused: "factor",
    TooManyTries: "factor",
}


@open_to(Audience.EVERYONE)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: HttpRequest) -> HttpResponse:
    """Show the step that comes next; the last one sets the new password."""
    if request.method != "POST":
        return begin(request)
    typed = {name: request.POST.get(name, "") for name in CARRIED}
    step = request.POST.get("step", "")
    here = {"step": step, **{name: text[:KEY_MAX] for name, text in typed.items()}}
    try:
        return show(request, go_on(request, here))
    except RecoveryOver as over:
        return show(request, {"step": "who"}, {"over": str(over)})
    except tuple(FIELDS_OF) as refused:
        field = next(name for kind, name in FIELDS_OF.items() if isinstance(refused, kind))
        status = 429 if isinstance(refused, TooMany) else 422
        return show(request, here, {field: str(refused)}, status)


def begin(request: HttpRequest) -> HttpResponse:
    """Ask who it is; whoever followed the link of a letter is asked to press a button.

    So no program that looks at the links in letters uses one up.
    """
    link = request.GET.get("link", "")[:KEY_MAX]
    if not link:
        return show(request, {"step": "who"})
    if not recovery.works(link, now=timezone.now()):
        return show(request, {"step": "who"}, {"over": str(RecoveryOver())})
    return show(request, {"step": "link", "link": link})


def go_on(request: HttpRequest, here: dict[str, str]) -> dict[str, str]:
    """Do what a step says, and return what the next one shows. Raises the refusals of FIELDS_OF."""
    told, now = request.POST, timezone.now()
    match here["step"]:
        case "who":
            network = visit_of(request).network
            token = recovery.ask(typed=told.get("who", ""), network=network, now=now)
            return {"step": "code", "token": token}
        case "code":
            code = told.get("code", "")[:CODE_MAX]
            return last_step(recovery.prove(token=here["token"], code=code, now=now))
        case "link":
            return last_step(recovery.follow(link=here["link"], now=now))
        case "password":
            typed = NewWayIn(
                password=told.get("password", ""),
                user_id=here["user_id"],
                code=told.get("factor", "")[:FACTOR_MAX],
            )
            came = recovery.finish(key=here["key"], typed=typed, now=now)
            return {"step": "done", "asks": begin_with(request, came)}
        case _:
            raise UnreadableAnswer


def begin_with(request: HttpRequest, came: SignedIn | PasswordGiven) -> str:
    """Begin a session, or the wait for a passkey; say "yes" where one is awaited."""
    if isinstance(came, SignedIn):
        regaining.note_signed_in(came, now=timezone.now())
        begin_session(request, came)
        return ""
    sessions.begin_half(request.session, LoginKind.CUSTOMER, came, now=timezone.now())
    return "yes"


def last_step(proved: Proved) -> dict[str, str]:
    return {
        "step": "password",
        "key": proved.key,
        "forgot": "yes" if proved.forgot_user_id else "",
        "asks": asked_of(proved),
    }


def asked_of(proved: Proved) -> str:
    """Return "yes" for who has to give a code, "may" for who can give a passkey as well."""
    if proved.needs_code:
        return "yes"
    return "may" if proved.asks_for_code else ""


def show(
    request: HttpRequest,
    here: dict[str, str],
    errors: dict[str, str] | None = None,
    status: int = 422,
) -> HttpResponse:
    shown = {**here, "errors": errors or {}, "length_min": LENGTH_MIN}
    return render(request, "account/recover.html", shown, status=status if errors else 200)
