"""A service can be opened inside a page, and says there which one it is."""

import re

import pytest

from tests.browser_client import browser


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/services/"])
def test_what_a_service_includes_opens_inside_the_page_under_its_slug(address: str) -> None:
    text = browser().get(address).content.decode()

    opened = re.findall(r'<details data-service="([a-z0-9-]+)">', text)
    linked = re.findall(r'<a href="/services/([a-z0-9-]+)/">Look at', text)
    assert opened == linked != []


@pytest.mark.django_db
def test_a_card_shows_every_price_also_what_is_paid_beside_the_first() -> None:
    text = browser().get("/services/").content.decode()

    card = text.partition('<h3 class="h3">SIP trunk</h3>')[2].partition("</article>")[0]
    assert "$0.004 <small>a minute</small>" in card
    assert 'Each channel: <span class="whole">$1.20 a month</span>' in card


@pytest.mark.django_db
def test_a_service_leads_to_others_of_its_own_area_alone() -> None:
    text = browser().get("/services/home-line/").content.decode()

    assert "<h2>Also in Phone at home</h2>" in text
    assert re.findall(r'<a href="/services/([a-z0-9-]+)/">Look at', text) == ["second-number"]
