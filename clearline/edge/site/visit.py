"""What one request brings with it: the choices on the device, the signal, the policy in force."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN, Choices
from clearline.policy.compile import CompiledPolicy
from clearline.policy.shelf import NoEditionInForce
from clearline.policy.vocabulary import ChoiceName
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner, VisitorOnDevice
from clearline.trust.consent.cookies import CHOICES_COOKIE, Cookie, wire_name
from clearline.trust.gate import queries as gate

COOKIES_REFUSED: Final = "refused"  # ?cookies=refused: the browser did not keep the answer


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
    def ended_by_gpc(self) -> frozenset[ChoiceName]:
        """What was allowed before the signal came: that yes ends now, not only on this page."""
        if not self.is_gpc or self.chosen is None:
            return frozenset()
        return frozenset(name for name in GPC_CLOSES if name in self.chosen.choices.yes)


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


def put_choices(response: HttpResponseBase, chosen: ChosenOnDevice) -> None:
    """Set the cookie of choices."""
    put_cookie(response, CHOICES_COOKIE, signer().write_choices(chosen))


def put_cookie(response: HttpResponseBase, cookie: Cookie, value: str) -> None:
    """Set a declared cookie for as long as it is declared to live; scripts cannot read it.

    No other place sets a cookie: `clearline check` refuses it.
    """
    response.set_cookie(
        wire_name(cookie, is_https=settings.ENV.is_https),
        value,
        max_age=cookie.lifetime,
        secure=settings.ENV.is_https,
        httponly=True,
        samesite="Lax",
    )
