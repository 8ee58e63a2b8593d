"""Services, each service, and what everything costs."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clearline.edge.site.content import content
from clearline.edge.site.remembered import (
    currency_for,
    extras_of,
    may_remember,
    remember,
    with_place_left,
)
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to


@open_to(Audience.EVERYONE)
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    catalogue = content(visit_of(request).now).catalogue
    areas = [
        (area, offered)
        for area in catalogue.area
        if (offered := [each for each in catalogue.service if each.area == area.slug])
    ]
    return render(request, "site/services.html", {"areas": areas})


@open_to(Audience.EVERYONE)
@require_safe
def service(request: HttpRequest, slug: str) -> HttpResponse:
    visit = visit_of(request)
    catalogue = content(visit.now).catalogue
    found = catalogue.find_service(slug)
    if found is None:
        raise Http404
    shown = {
        "service": found,
        "area": catalogue.find_area(found.area),
        "others": [each for each in catalogue.service if each.area == found.area and each != found],
    }
    return with_place_left(render(request, "site/service.html", shown), visit, request.path)


@open_to(Audience.EVERYONE)
@require_http_methods(["GET", "HEAD", "POST"])
def rates(request: HttpRequest) -> HttpResponse:
    """Show every price; with a yes to extras the browser keeps country and currency."""
    visit = visit_of(request)
    catalogue = content(visit.now).catalogue
    asked = request.POST if request.method == "POST" else request.GET
    kept = extras_of(visit)
    country = catalogue.find_destination(asked.get("country", kept.country if kept else ""))
    currency = asked.get("currency", "")
    if currency not in catalogue.currencies:
        currency = currency_for(visit, catalogue)
    if request.method == "POST":
        code = country.country if country else ""
        return remember(redirect("rates"), visit, country=code, currency=currency)
    shown = {
        "catalogue": catalogue,
        "picked": country,
        "country": country.country if country else "",
        "currency": currency,
        "may_remember": may_remember(visit),
        "is_remembered": kept is not None and bool(kept.currency),
    }
    return with_place_left(render(request, "site/rates.html", shown), visit, request.path)
