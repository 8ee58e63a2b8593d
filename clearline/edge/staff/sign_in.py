"""Signing in, signing out, the password, and the one-time links of the demo."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clearline.edge.staff import demo_links
from clearline.edge.staff.access import (
    STAFF,
    address_of,
    begin_session,
    member_of,
    safe_next,
    signed_in_member,
)
from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Refusal, TooMany
from clearline.kit.network import cut_address
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.passwords import LENGTH_MIN
from clearline.trust.safeguards.roles import LoginKind


@open_to(Audience.EVERYONE)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for user ID and password; what was typed as user ID stays after an error."""
    asked = request.POST if request.method == "POST" else request.GET
    back = safe_next(asked.get("next", ""))
    if request.method != "POST":
        if member_of(request) is not None:
            return redirect(back)
        return render(request, "staff/sign_in.html", {"next": back})
    user_id = request.POST.get("user_id", "")
    try:
        signed_in = safeguards.sign_in(
            kind=LoginKind.STAFF,
            user_id=user_id,
            password=request.POST.get("password", ""),
            network=cut_address(address_of(request)),
            now=timezone.now(),
        )
    except (safeguards.SignInRefused, TooMany) as refused:
        shown = {"next": back, "user_id": user_id[:64], "error": str(refused)}
        status = 429 if isinstance(refused, TooMany) else 403
        return render(request, "staff/sign_in.html", shown, status=status)
    begin_session(request, signed_in)
    return redirect(back)


@open_to(*STAFF)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and let the browser forget what it kept of these pages."""
    request.session.flush()
    response = redirect("staff_sign_in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@open_to(*STAFF)
@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Show who one is here, and change the password; every other session ends by it."""
    member = signed_in_member(request)
    shown: dict[str, object] = {"member": member, "length_min": LENGTH_MIN}
    if request.method != "POST":
        return render(request, "staff/password.html", shown)
    new = request.POST.get("new", "")
    if new != request.POST.get("again", ""):
        shown["error"] = _("The new password was typed in two ways. Type the same twice.")
        return render(request, "staff/password.html", shown, status=422)
    try:
        signed_in = safeguards.change_password(
            public_id=member.public_id,
            old=request.POST.get("old", ""),
            new=new,
            now=timezone.now(),
        )
    except Refusal as refused:
        shown["error"] = str(refused)
        return render(request, "staff/password.html", shown, status=422)
    begin_session(request, signed_in)
    return render(request, "staff/password.html", shown | {"is_changed": True})


@open_to(Audience.EVERYONE)
@require_http_methods(["GET", "HEAD", "POST"])
def demo_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in whom a demo's link names, once, from this machine, by a pressed button."""
    data_dir = settings.ENV.data_dir
    user_id = demo_links.find_user_id(data_dir, token)
    if not demo_links.is_this_machine(address_of(request)):
        raise Http404
    if user_id is None:
        return render(request, "staff/demo_link.html", {"user_id": ""}, status=404)
    if request.method != "POST":
        return render(request, "staff/demo_link.html", {"user_id": user_id})
    if not demo_links.use_up(data_dir, token):
        return render(request, "staff/demo_link.html", {"user_id": ""}, status=404)
    begin_session(
        request,
        safeguards.sign_in_by_link(kind=LoginKind.STAFF, user_id=user_id, now=timezone.now()),
    )
    return redirect("staff_today")
