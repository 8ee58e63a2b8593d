"""Signing in by user ID and password, and signing out, at either door."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clearline.edge.entry.door import Door
from clearline.kit.errors import TooMany
from clearline.kit.problem import status_of
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.actions import PasswordGiven
from clearline.trust.safeguards.origin import network_of


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, door: Door) -> HttpResponse:
    """Ask for user ID and password; what was typed as user ID stays after an error."""
    asked = request.POST if request.method == "POST" else request.GET
    back = door.safe_next(asked.get("next", ""))
    template = f"{door.name}/sign_in.html"
    if request.method != "POST":
        if door.is_here(request):
            return redirect(back)
        shown = {"next": back, "is_signed_out": request.GET.get("signed_out") == "yes"}
        return render(request, template, shown)
    user_id = request.POST.get("user_id", "")
    try:
        signed_in = safeguards.sign_in(
            kind=door.kind,
            user_id=user_id,
            password=request.POST.get("password", ""),
            network=network_of(request),
            now=timezone.now(),
        )
    except (safeguards.SignInRefused, TooMany) as refused:
        shown = {"next": back, "user_id": user_id[:64], "error": str(refused)}
        return render(request, template, shown, status=status_of(refused))
    if isinstance(signed_in, PasswordGiven):
        sessions.begin_half(request.session, door.kind, signed_in, now=timezone.now())
        return redirect(f"{door.url('second')}?{urlencode({'next': back})}")
    door.begin(request, signed_in)
    return redirect(back)


@require_POST
def sign_out(request: HttpRequest, door: Door) -> HttpResponse:
    """End the session, let the browser forget what it kept of these pages, and say so."""
    request.session.flush()
    response = redirect(f"{door.url('sign_in')}?signed_out=yes")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
