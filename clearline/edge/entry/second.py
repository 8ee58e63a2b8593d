"""The second step of signing in: after the right password, a passkey or a code."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from clearline.edge.entry.door import METHODS, Door, page, proof_in, status_of, ways_to_prove
from clearline.kit.errors import TooMany
from clearline.trust.factors import actions as factors
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.origin import network_of


@sensitive_post_parameters("code", "answer")
def second(request: HttpRequest, door: Door) -> HttpResponse:
    """Ask for the second factor of whose password was right, five times within five minutes."""
    now = timezone.now()
    given = sessions.find_half(request.session, door.kind, now=now)
    if given is None:
        return redirect(door.url("sign_in"))
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    asked = request.POST if request.method == "POST" else request.GET
    shown: dict[str, object] = {
        "frame": door.outside,
        "next": door.safe_next(asked.get("next", "")),
    }
    status: int = HTTPStatus.OK
    if request.method == "POST":
        try:
            signed_in = factors.finish_sign_in(
                kind=door.kind,
                given=given,
                proof=proof_in(request, now),
                network=network_of(request),
                now=now,
            )
        except (factors.FactorRefused, TooMany) as refused:
            sessions.note_half_try(request.session)
            if sessions.find_half(request.session, door.kind, now=now) is None:
                return redirect(door.url("sign_in"))
            shown |= {"error": str(refused)}
            status = status_of(refused)
        else:
            door.begin(request, signed_in)
            return redirect(str(shown["next"]))
    shown |= ways_to_prove(request, door, given.public_id, now)
    return page(request, door, "entry/second.html", shown, status=status)
