"""What one request brings with it: the choices on the device, the signal, the policy in force."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN, Choices
from clearline.policy.compile import CompiledPolicy
from clearline.policy.shelf import NoEditionInForce
from clearline.policy.vocabulary import Answer
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner, VisitorOnDevice
from clearline.trust.gate import queries as gate

CACHED_APART_BY: Final = ("Cookie", "Sec-GPC")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's choices. `policy` is None when no edition is in force: then nothing is used."""

    now: datetime
    policy: CompiledPolicy | None
    chosen: ChosenOnDevice | None
    on_device: VisitorOnDevice | None
    is_gpc: bool

    @property
    def choices(self) -> Choices:
        said = self.chosen.choices if self.chosen else NOTHING_CHOSEN
        return said.under_gpc() if self.is_gpc else said

    @property
    def breaks_a_yes(self) -> bool:
        """The signal came after a yes to what it closes: the yes ends now, not only here."""
        said = self.chosen.choices if self.chosen else NOTHING_CHOSEN
        return self.is_gpc and any(said.answer(name) is Answer.YES for name in GPC_CLOSES)


@cache
def signer() -> CookieSigner:
    return CookieSigner(settings.ENV.key("choices"), is_https=settings.ENV.is_https)


def says_gpc(header: str | None) -> bool:
    """Read `Sec-GPC`: exactly "1" counts, also among repeated headers; nothing else does.

    Source: W3C Global Privacy Control draft; 11 CCR 7025(b).
    """
    return header is not None and any(part.strip() == "1" for part in header.split(","))


def visit_of(request: HttpRequest) -> Visit:
    """Return what the request brings, read once."""
    known: Visit | None = getattr(request, "clearline_visit", None)
    if known is None:
        known = read_visit(request, timezone.now())
        request.clearline_visit = known  # type: ignore[attr-defined]  # Django's request is open
    return known


def read_visit(request: HttpRequest, now: datetime) -> Visit:
    try:
        policy = gate.policy_in_force(now)
    except NoEditionInForce:
        policy = None
    return Visit(
        now=now,
        policy=policy,
        chosen=signer().read_choices(request.COOKIES),
        on_device=signer().read_visitor(request.COOKIES),
        is_gpc=says_gpc(request.headers.get("Sec-GPC")),
    )


class VisitMiddleware:
    """Keep answers that depend on choices out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
            patch_vary_headers(response, CACHED_APART_BY)
        return response
