"""The one-time links of the demo, at both doors."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone

from clearline.edge.entry import demo_links
from clearline.edge.entry.door import METHODS, Door, page
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.origin import address_of


def demo_link(request: HttpRequest, door: Door, token: str) -> HttpResponse:
    """Sign in whom a demo's link names, once, from this machine, by a pressed button."""
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    if not demo_links.is_this_machine(address_of(request)):
        raise Http404
    data_dir = settings.ENV.data_dir
    user_id = demo_links.find_user_id(data_dir, door.kind, token)
    pressed = request.method == "POST"
    if user_id is None or (pressed and not demo_links.use_up(data_dir, token)):
        return page(request, door, "entry/demo_link.html", {"frame": door.outside}, status=404)
    if not pressed:
        shown: dict[str, object] = {"frame": door.outside, "user_id": user_id}
        return page(request, door, "entry/demo_link.html", shown)
    now = timezone.now()
    door.begin(request, safeguards.sign_in_by_link(kind=door.kind, user_id=user_id, now=now))
    sessions.note_by_link(request.session)
    return redirect(door.safe_next(""))
