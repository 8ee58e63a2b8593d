"""No flood of names hides a page of the site's own."""

from pathlib import Path

from django.conf import settings
from django.urls import URLPattern, reverse
from django.utils import timezone

from clearline.edge.collector.own_names import ERROR_PAGES, PAGES, OwnNames
from clearline.edge.site.content import instance_shelf
from clearline.edge.site.urls import site_urlpatterns
from clearline.kit.problem import STATUSES


def test_every_address_of_the_site_without_a_variable_part_is_its_own_name() -> None:
    # Pages of an account tell of no visit.
    told = [each for each in site_urlpatterns if isinstance(each, URLPattern)]
    routes = [f"/{each.pattern}" for each in told if "<" not in str(each.pattern)]

    assert {route for route in routes if route.endswith("/")} == PAGES


def test_every_page_that_says_no_is_its_own_name() -> None:
    assert {f"/error-{status.value}/" for status in STATUSES.values()} <= ERROR_PAGES


def test_services_and_help_pages_of_the_instance_are_its_own_names() -> None:
    shelf = instance_shelf().refresh(timezone.now())
    services = {each.slug for each in shelf.catalogue.service}

    known = OwnNames(settings.ENV.instance).read()

    assert set(known["service"]) == services
    assert {reverse("service", args=[slug]) for slug in services} <= set(known["page"])
    articles = {reverse("help_article", args=[each.slug]) for each in shelf.articles}
    assert articles <= set(known["page"])
    assert len(articles) > 1


def test_an_instance_without_readable_services_still_has_its_pages(tmp_path: Path) -> None:
    (tmp_path / "services.toml").write_text("not a list", encoding="utf-8")

    known = OwnNames(tmp_path).read()

    assert set(known["page"]) == PAGES | ERROR_PAGES
    assert set(known["service"]) == set()
