"""`Idempotency-Key`: what is sent twice is done once, and answered the same (IETF draft of it)."""

import re
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clearline.edge.api.bearer import find_caller
from clearline.kit.errors import Invalid
from clearline.trust.arrivals import actions as arrivals
from clearline.trust.arrivals.actions import Answer, Sent

HEADER: Final = "Idempotency-Key"
KEY: Final = re.compile(r'"?([A-Za-z0-9_-]{16,64})"?', re.ASCII)
GOOD: Final = range(200, 300)


class KeyRefused(Invalid):
    code = "idempotency_key_refused"

    def __init__(self) -> None:
        super().__init__(
            "An Idempotency-Key has 16 to 64 letters, digits, - or _, made at random for each "
            "request."
        )


def answer_once(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Return what was answered to the same request before, else answer it and keep that.

    Refusals are not kept: nothing was changed by what was refused. Nor is a file that is written
    while it is sent. Raises KeyRefused,
    arrivals.KeyUsedElsewhere, arrivals.StillUnderWay, arrivals.OutcomeUnknown.
    """
    told = request.headers.get(HEADER)
    if told is None or request.method != "POST":
        return answer()
    match = KEY.fullmatch(told)
    if match is None:
        raise KeyRefused
    bearer = find_caller(request)
    what = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    sent = Sent(match[1], bearer.subject if bearer else "", what)
    known = arrivals.begin_answer(sent, now=timezone.now())
    if known is not None:
        return HttpResponse(known.body, status=known.status, content_type="application/json")
    return answer_and_keep(sent, answer)


def answer_and_keep(sent: Sent, answer: Callable[[], HttpResponse]) -> HttpResponse:
    is_kept = False
    try:
        response = answer()
        if response.status_code in GOOD and not response.streaming:
            arrivals.keep_answer(sent, Answer(response.status_code, response.content))
            is_kept = True
        return response
    finally:
        if not is_kept:
            arrivals.let_go(sent)
