"""Small files at fixed addresses that machines look for."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from clearline.kit.access import Audience, open_to

GPC_SINCE: Final = "2026-11-24"  # the day since which this program honours the signal
SECURITY_TXT_WINDOW: Final = timedelta(days=180)  # RFC 9116 2.5.5: less than a year is advised

for_all = cache_control(public=True, max_age=3600)


@open_to(Audience.EVERYONE)
@require_safe
@for_all
def gpc(request: HttpRequest) -> JsonResponse:
    """Say that Global Privacy Control is honoured (W3C GPC draft, "GPC support resource")."""
    del request
    return JsonResponse({"gpc": True, "lastUpdate": GPC_SINCE})


@open_to(Audience.EVERYONE)
@require_safe
@for_all
def security_txt(request: HttpRequest) -> HttpResponse:
    """Say where weaknesses are reported (RFC 9116)."""
    del request
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return plain(
        f"Contact: mailto:{settings.ENV.provider.email}",
        f"Expires: {rfc3339(today + SECURITY_TXT_WINDOW)}",
        f"Preferred-Languages: {settings.LANGUAGE_CODE[:2]}",
        f"Canonical: {settings.ENV.url}/.well-known/security.txt",
    )


def rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@open_to(Audience.EVERYONE)
@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """Lead password managers to the page where a password is changed (W3C)."""
    del request
    return redirect("account_security")


@open_to(Audience.EVERYONE)
@require_safe
@for_all
def robots_txt(request: HttpRequest) -> HttpResponse:
    del request
    return plain(
        "User-agent: *",
        "Disallow: /staff/",
        "Disallow: /design/",
        "Disallow: /privacy/choice/",
        "Disallow: /privacy/receipt/",
        "Disallow: /c/",
    )


@open_to(Audience.EVERYONE)
@require_safe
@for_all
def ads_txt(request: HttpRequest) -> HttpResponse:
    """Say that nobody else may sell space here (IAB ads.txt 1.1, 3.2.1: the placeholder record)."""
    del request
    return plain("placeholder.example.com, placeholder, DIRECT, placeholder")


def plain(*lines: str) -> HttpResponse:
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
