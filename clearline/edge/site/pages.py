"""The home page, contact, and your privacy rights: block files shown as they are."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clearline.edge.site.content import content
from clearline.edge.site.remembered import place_left
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to


@open_to(Audience.EVERYONE)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    visit = visit_of(request)
    shelf = content(visit.now)
    shown = {
        "page": shelf.get_page("home"),
        "catalogue": shelf.catalogue,
        "left": place_left(visit, shelf),
    }
    return render(request, "site/home.html", shown)


@open_to(Audience.EVERYONE)
@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    shelf = content(visit_of(request).now)
    shown = {"page": shelf.get_page("contact"), "catalogue": shelf.catalogue}
    return render(request, "site/home.html", shown)


@open_to(Audience.EVERYONE)
@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    """Show what people may ask, and the address that Cal. Civ. Code 1798.83 wants to be shown."""
    page = content(visit_of(request).now).get_page("rights")
    return render(request, "site/rights.html", {"page": page})
