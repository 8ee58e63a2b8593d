"""The page of what one signs in by, and where: password, factors, recovery codes, sessions."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clearline.edge.entry.door import Door, page, who_is_here
from clearline.kit.access import require_step_up
from clearline.kit.errors import Refusal
from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts import passwords
from clearline.trust.factors import actions as factors
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import open_sessions
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.tokens import actions as token_actions
from clearline.trust.tokens import queries as tokens

APPS_SHOWN: Final = 100
APP_MAX: Final = 64
NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def security(request: HttpRequest, door: Door) -> HttpResponse:
    """Show it all, and change the password; every other session ends by that."""
    if request.method != "POST":
        return show(request, door, {})
    new = request.POST.get("new", "")
    if new != request.POST.get("again", ""):
        text = _("The new password was typed in two ways. Type the same twice.")
        return show(request, door, {"error": text}, status=422)
    now = timezone.now()
    try:
        signed_in = change_password(request, door, new, now)
    except Refusal as refused:
        return show(request, door, {"error": str(refused)}, status=422)
    door.begin(request, signed_in)
    return show(request, door, {"is_changed": True})


def change_password(request: HttpRequest, door: Door, new: str, now: datetime) -> SignedIn:
    """Replace the password; of a customer, invitations and offers in their account end too."""
    public_id, old = who_is_here(request, door, now), request.POST.get("old", "")
    if door.kind is LoginKind.CUSTOMER:
        return passwords.change(subject=SubjectId(public_id), old=old, new=new, now=now)
    return safeguards.change_password(public_id=public_id, old=old, new=new, now=now)


def show(
    request: HttpRequest, door: Door, told: dict[str, object], *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    public_id = who_is_here(request, door, now)
    shown = {
        "has": factors.show_factors(kind=door.kind, public_id=public_id, now=now),
        "passkeys_max": factors.PASSKEYS_MAX,
        "length_min": logins.length_min_of(public_id),
        "places": open_sessions.show_sessions(
            kind=door.kind,
            public_id=public_id,
            seen_after=now - sessions.SPANS[door.kind].idle,
            now=now,
        ),
        "here": sessions.number_of(request.session),
        "apps": tokens.list_sign_ins(SubjectId(public_id), now=now, limit=APPS_SHOWN),
        "done": request.GET.get("done", ""),
    }
    return page(request, door, "entry/security.html", shown | told, status=status)


@require_step_up
@require_POST
def remove(request: HttpRequest, door: Door) -> HttpResponse:
    """Take the app or one passkey away."""
    now = timezone.now()
    public_id = who_is_here(request, door, now)
    told = request.POST.get("passkey", "")
    try:
        if "app" in request.POST:
            factors.remove_app(kind=door.kind, public_id=public_id, now=now)
        else:
            number = int(told) if NUMBER.fullmatch(told) else 0
            factors.remove_passkey(kind=door.kind, public_id=public_id, number=number, now=now)
    except Refusal as refused:
        return show(request, door, {"trouble": str(refused)}, status=HTTPStatus.CONFLICT)
    return redirect(door.url("security") + "?done=removed")


@require_POST
def end(request: HttpRequest, door: Door) -> HttpResponse:
    """End one session or one sign-in of the app, or all but this session."""
    now = timezone.now()
    public_id = who_is_here(request, door, now)
    number, app = request.POST.get("number", ""), request.POST.get("app", "")
    if app:
        token_actions.end_one(subject=SubjectId(public_id), family=app[:APP_MAX], now=now)
    elif number:
        open_sessions.end_session(public_id=public_id, number=number, now=now)
    else:
        here = sessions.number_of(request.session)
        open_sessions.end_other_sessions(public_id=public_id, keep=here, now=now)
        if door.kind is LoginKind.CUSTOMER:  # the staff have no app
            token_actions.end_all(subject=SubjectId(public_id), now=now)
    return redirect(door.url("security") + "?done=ended")
