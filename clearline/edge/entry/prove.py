"""Proving again who one is, before what may not be done by somebody at an open computer."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clearline.edge.entry.door import (
    Door,
    page,
    proof_in,
    status_of_proof,
    ways_to_prove,
    who_is_here,
)
from clearline.kit.access import needs_new_proof, needs_step_up
from clearline.kit.errors import TooMany
from clearline.trust.factors import actions as factors
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.sessions import take_challenge_once

PAGES: Final = {LoginKind.CUSTOMER: "account_prove", LoginKind.STAFF: "staff_prove"}
FORM_CHARACTERS_MAX: Final = 8_000  # of a sent form that waits; a longer one is asked for again


class StepUpMiddleware:
    """Lead whoever has not proved lately who they are to do so, before a page that asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], args: object, kwargs: object
    ) -> HttpResponse | None:
        del args, kwargs
        if not needs_step_up(view, request.method or ""):
            return None
        now = timezone.now()
        kind = sessions.kind_here(request.session)
        has_proved = not needs_new_proof(view) or sessions.has_proved_anew(request.session)
        if kind is None or (has_proved and sessions.is_stepped_up(request.session, now=now)):
            return None
        back = request.get_full_path()
        if request.method == "POST":
            hold(request)
            back = ""
        query = f"?{urlencode({'next': back})}" if back else ""
        return redirect(reverse(PAGES[kind]) + query)


def hold(request: HttpRequest) -> None:
    """Keep a sent form while its sender proves who they are."""
    form = request.POST.urlencode()
    if len(form) <= FORM_CHARACTERS_MAX and not request.FILES:
        sessions.hold_form(request.session, request.path, form)


@sensitive_post_parameters("code", "answer", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest, door: Door) -> HttpResponse:
    """Ask for a passkey or a code, or for the password where there is no more; then lead back."""
    now = timezone.now()
    public_id = who_is_here(request, door, now)
    asked = request.POST if request.method == "POST" else request.GET
    shown: dict[str, object] = {"next": door.safe_next(asked.get("next", ""))}
    status = 200
    if request.method == "POST":
        proof = proof_in(request, take_challenge_once(request.session, now=now))
        try:
            factors.prove_again(kind=door.kind, public_id=public_id, proof=proof, now=now)
        except (factors.FactorRefused, TooMany) as refused:
            shown |= {"error": str(refused)}
            status = status_of_proof(refused)
        else:
            sessions.note_stepped_up(request.session, now=now)
            return go_on(request, door, str(shown["next"]))
    shown |= ways_to_prove(
        door, public_id, lambda: sessions.new_challenge(request.session, now=now), now
    )
    return page(request, door, "entry/prove.html", shown, status=status)


def go_on(request: HttpRequest, door: Door, back: str) -> HttpResponse:
    """Lead back to what was asked for; a form that waited is sent on by a press of its button."""
    path, form = sessions.take_form(request.session)
    if not path:
        return redirect(back)
    fields = [(name, value) for name, values in QueryDict(form).lists() for value in values]
    return page(request, door, "entry/go_on.html", {"held_path": path, "fields": fields})
