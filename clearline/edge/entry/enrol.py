"""Adding what one signs in by: a passkey, an app that shows codes, ten recovery codes."""

import io
from textwrap import wrap
from typing import Final

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from clearline.edge.entry.door import ANSWER_MAX, TYPED_MAX, Door, page, who_is_here
from clearline.kit.access import require_step_up
from clearline.kit.errors import Refusal
from clearline.trust.factors import actions as factors
from clearline.trust.factors import queries
from clearline.trust.factors.codes import address_of, new_secret
from clearline.trust.factors.proof import PasskeyAnswer
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.sessions import take_challenge_once

QUIET_ZONE: Final = 4  # modules of white around a QR code, as its standard asks
GROUP: Final = 4


@require_http_methods(["GET", "HEAD"])
def first(request: HttpRequest, door: Door) -> HttpResponse:
    """Let the person choose between a passkey and an app."""
    has = queries.factors_of(who_is_here(request, door, timezone.now()))
    return page(request, door, "entry/first.html", {"has": has})


@require_step_up
@sensitive_post_parameters("answer")
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest, door: Door) -> HttpResponse:
    """Add a passkey; the browser makes it, by the one script of these pages."""
    now = timezone.now()
    public_id = who_is_here(request, door, now)
    shown: dict[str, object] = {}
    status = 200
    if request.method == "POST":
        challenge = take_challenge_once(request.session, now=now)
        name = request.POST.get("name", "")[:TYPED_MAX]
        try:
            factors.add_passkey(
                kind=door.kind,
                public_id=public_id,
                answer=PasskeyAnswer(request.POST.get("answer", "")[:ANSWER_MAX], challenge),
                name=name,
                now=now,
            )
        except Refusal as refused:
            shown = {"error": str(refused), "name": name}
            status = 422
        else:
            return after_adding(door, public_id)
    challenge = sessions.new_challenge(request.session, now=now)
    shown["options"] = factors.ask_for_new_passkey(
        kind=door.kind, public_id=public_id, challenge=challenge, now=now
    )
    return page(request, door, "entry/passkey.html", shown, status=status)


@require_step_up
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: HttpRequest, door: Door) -> HttpResponse:
    """Add an app that shows codes: its secret as a picture and as text, then a code of it."""
    now = timezone.now()
    public_id = who_is_here(request, door, now)
    secret = sessions.find_secret(request.session)
    shown: dict[str, object] = {}
    status = 200
    if request.method == "POST" and secret:
        try:
            factors.add_app(
                kind=door.kind,
                public_id=public_id,
                secret=secret,
                code=request.POST.get("code", "")[:TYPED_MAX],
                now=now,
            )
        except Refusal as refused:
            shown = {"error": str(refused)}
            status = 422
        else:
            sessions.keep_secret(request.session, "")
            return after_adding(door, public_id)
    if not secret:
        secret = new_secret()
        sessions.keep_secret(request.session, secret)
    shown |= {"has": queries.factors_of(public_id), "groups": wrap(secret, GROUP)}
    return page(request, door, "entry/app.html", shown, status=status)


@require_step_up
@require_safe
def picture(request: HttpRequest, door: Door) -> HttpResponse:
    """Show the secret of the app that is being added as a QR code."""
    secret = sessions.find_secret(request.session)
    if not secret:
        return redirect(door.url("app"))
    brand = settings.ENV.provider.brand_name
    address = address_of(secret, issuer=brand, name=brand)
    file = io.BytesIO()
    segno.make_qr(address, error="m").save(
        file, kind="svg", border=QUIET_ZONE, dark="#000", light="#fff", omitsize=True, xmldecl=False
    )
    return HttpResponse(file.getvalue(), content_type="image/svg+xml")


def after_adding(door: Door, public_id: str) -> HttpResponse:
    """Lead to the recovery codes where there are none yet, else to the page of it all."""
    if not queries.factors_of(public_id).codes_left:
        return redirect(door.url("recovery") + "?done=added")
    return redirect(door.url("security") + "?done=added")


@require_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def recovery(request: HttpRequest, door: Door) -> HttpResponse:
    """Make ten recovery codes and show them, this once."""
    now = timezone.now()
    public_id = who_is_here(request, door, now)
    shown: dict[str, object] = {"done": request.GET.get("done", "")}
    status = 200
    if request.method == "POST":
        try:
            shown["codes"] = factors.make_recovery_codes(
                kind=door.kind, public_id=public_id, now=now
            )
        except Refusal as refused:
            shown["error"] = str(refused)
            status = 409
    shown["has"] = queries.factors_of(public_id)
    return page(request, door, "entry/recovery.html", shown, status=status)
