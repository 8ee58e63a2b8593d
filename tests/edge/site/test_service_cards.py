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
