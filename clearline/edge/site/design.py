"""The design system on one internal page: every part that pages are made of."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clearline.edge.site.content import content
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to

COLOURS: Final = ("ink", "ink-2", "paper", "panel", "line", "brand", "brand-soft", "second")


@open_to(Audience.MARKETER, Audience.ADMINISTRATOR)
@require_safe
def design(request: HttpRequest) -> HttpResponse:
    services = content(visit_of(request).now).catalogue.service[:2]
    return render(request, "site/design.html", {"colours": COLOURS, "services": services})
