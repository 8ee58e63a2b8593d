"""What one request brings with it: the choices on the device, the signal, the policy in force."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN, Choices, says_gpc
from clearline.policy.compile import CompiledPolicy
from clearline.policy.shelf import NoEditionInForce, PolicyBroken
from clearline.policy.vocabulary import SubjectId
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner, VisitorOnDevice
from clearline.trust.consent.cookies import CHOICES_COOKIE, Cookie, wire_name
from clearline.trust.gate import queries as gate
from clearline.trust.safeguards.origin import network_of

KEPT_FIELD: Final = "cookies"  # of the address that an answer leads back to


class Kept(StrEnum):
    """What an address says of the answer just given, as `?cookies=saved`; counts leave it out."""

    SAVED = "saved"
    WITHOUT_YES = "without_yes"  # only the no was kept
    REFUSED = "refused"  # the browser keeps no cookies


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's choices. `policy` is None when no edition is in force: then nothing is used."""

    now: datetime
    policy: CompiledPolicy | None
    chosen: ChosenOnDevice | None
    on_device: VisitorOnDevice | None
    is_gpc: bool
    network: str  # the cut address (/24, /48), all that is looked at of where it came from
    subject: SubjectId | None = None  # the customer for whose account choices are kept

    @property
    def choices(self) -> Choices:
        said = self.chosen.choices if self.chosen else NOTHING_CHOSEN
        return said.under_gpc() if self.is_gpc else said

    @property
    def is_signal_new(self) -> bool:
        """Say whether the signal's no is not yet kept in this browser's choices.

        A browser without choices holds nothing of ours; each of its requests brings the signal.
        """
        return self.is_gpc and self.chosen is not None and not self.chosen.choices.no >= GPC_CLOSES


def signer() -> CookieSigner:
    return signer_at(settings.ENV.instance)


@cache
def signer_at(_instance: Path) -> CookieSigner:
    return CookieSigner(settings.ENV.key("choices"), is_https=settings.ENV.is_https)


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
    except (NoEditionInForce, PolicyBroken):
        policy = None
    told = signer().read_choices(request.COOKIES)
    return Visit(
        now=now,
        policy=policy,
        chosen=told.standing(now) if told else None,
        on_device=signer().read_visitor(request.COOKIES),
        is_gpc=says_gpc(request.headers.get("Sec-GPC", "")),
        network=network_of(request),
    )


def of_customer(request: HttpRequest, subject: SubjectId, chosen: ChosenOnDevice | None) -> Visit:
    """Let the visit of this request be a customer's, with the choices that hold for them."""
    known = visit_of(request)
    visit = Visit(
        now=known.now,
        policy=known.policy,
        chosen=chosen,
        on_device=known.on_device,
        is_gpc=known.is_gpc,
        network=known.network,
        subject=subject,
    )
    request.clearline_visit = visit  # type: ignore[attr-defined]  # as above
    return visit


def put_choices(response: HttpResponseBase, chosen: ChosenOnDevice) -> None:
    """Set the cookie of choices, whole from this answer on; a yes in it ends by itself."""
    put_cookie(response, CHOICES_COOKIE, signer().write_choices(chosen), age=timedelta())
    response.clearline_choices = chosen  # type: ignore[attr-defined]  # Django's response is open


def choices_put(response: HttpResponseBase) -> ChosenOnDevice | None:
    """Return the choices that an answer gives the browser to keep, if it does."""
    found: ChosenOnDevice | None = getattr(response, "clearline_choices", None)
    return found


def put_cookie(response: HttpResponseBase, cookie: Cookie, value: str, *, age: timedelta) -> None:
    """Set a declared cookie for what is left of its declared life; scripts cannot read it.

    No other place sets a cookie: `clearline check` refuses it.
    """
    response.set_cookie(
        wire_name(cookie, is_https=settings.ENV.is_https),
        value,
        max_age=cookie.lifetime - age,
        secure=settings.ENV.is_https,
        httponly=True,
        samesite="Lax",
    )
