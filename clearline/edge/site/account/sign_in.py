"""Signing in and out as a customer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clearline.edge.site.account.access import begin_session, safe_next, subject_of
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to
from clearline.kit.errors import TooMany
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.roles import LoginKind


@open_to(Audience.EVERYONE)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for user ID and password; what was typed as user ID stays after an error."""
    asked = request.POST if request.method == "POST" else request.GET
    back = safe_next(asked.get("next", ""))
    if request.method != "POST":
        if subject_of(request) is not None:
            return redirect(back)
        return render(request, "account/sign_in.html", {"next": back})
    user_id = request.POST.get("user_id", "")
    try:
        signed_in = safeguards.sign_in(
            kind=LoginKind.CUSTOMER,
            user_id=user_id,
            password=request.POST.get("password", ""),
            network=visit_of(request).network,
            now=timezone.now(),
        )
    except (safeguards.SignInRefused, TooMany) as refused:
        shown = {"next": back, "user_id": user_id[:64], "error": str(refused)}
        status = 429 if isinstance(refused, TooMany) else 403
        return render(request, "account/sign_in.html", shown, status=status)
    begin_session(request, signed_in)
    return redirect(back)


@open_to(Audience.CUSTOMER)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and let the browser forget what it kept of these pages."""
    request.session.flush()
    response = redirect("home")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
