"""Choosing another user ID."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clearline.edge.site.account.access import customer_here
from clearline.kit.access import Audience, open_to, require_step_up
from clearline.trust.safeguards import user_ids
from clearline.trust.safeguards.actions import UserIdRefused, UserIdTaken
from clearline.trust.safeguards.user_ids import ChangedTooOften

TYPED_MAX = 100  # of a field that is shown again


@open_to(Audience.CUSTOMER)
@require_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def user_id(request: HttpRequest) -> HttpResponse:
    """Ask for another user ID, and set it."""
    subject, error = customer_here(request), ""
    typed = request.POST.get("user_id", "")[:TYPED_MAX]
    if request.method == "POST":
        try:
            user_ids.change_user_id(subject=subject, user_id=typed, now=timezone.now())
        except (UserIdRefused, UserIdTaken, ChangedTooOften) as refused:
            error = str(refused)
        else:
            return redirect("account_user_id_changed")
    shown = {"error": error, "typed": typed}
    return render(request, "account/user_id.html", shown, status=422 if error else 200)


@open_to(Audience.CUSTOMER)
@require_http_methods(["GET", "HEAD"])
def user_id_changed(request: HttpRequest) -> HttpResponse:
    """Say from when on the new user ID signs in."""
    customer_here(request)
    return render(request, "account/user_id_changed.html")
