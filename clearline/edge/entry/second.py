"""The second step of signing in: after the right password, a passkey or a code."""

from functools import partial
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from clearline.edge.entry.door import METHODS, Door, page, proof_in, status_of_proof, ways_to_prove
from clearline.kit.errors import TooMany
from clearline.trust.factors import actions as factors
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.origin import network_of
from clearline.trust.safeguards.sessions import is_awaiting, key_of, renew_challenge, take_try


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
    key = key_of(request.session)
    if request.method == "POST":
        # Under a lock: what this browser's session says of itself may be said of many at once.
        awaited = take_try(key, door.kind, now=now)
        if awaited is None:
            return begin_again(request, door)
        try:
            signed_in = factors.finish_sign_in(
                kind=door.kind,
                given=awaited.given,
                proof=proof_in(request, awaited.challenge),
                network=network_of(request),
                now=now,
            )
        except (factors.FactorRefused, TooMany) as refused:
            if not is_awaiting(key):
                return begin_again(request, door)
            shown |= {"error": str(refused)}
            status = status_of_proof(refused)
        else:
            door.begin(request, signed_in)
            return redirect(str(shown["next"]))
    challenge = partial(renew_challenge, key, now=now)
    shown |= ways_to_prove(door, given.public_id, challenge, now)
    return page(request, door, "entry/second.html", shown, status=status)


def begin_again(request: HttpRequest, door: Door) -> HttpResponse:
    """Forget whose second factor was awaited, and ask for the password anew."""
    request.session.flush()
    return redirect(door.url("sign_in"))
