"""The one-time links by which the demo's staff sign in, from this machine alone."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clearline.edge.staff import demo_links
from clearline.edge.staff.access import address_of, begin_session
from clearline.kit.access import Audience, open_to
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.roles import LoginKind


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
    sessions.note_by_link(request.session)
    return redirect("staff_today")
