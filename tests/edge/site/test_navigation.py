"""The main navigation says where one is."""

import pytest

from tests.browser_client import browser

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "mark"),
    [("/services/", 'href="/services/" aria-current="page"'),
     ("/help/keep-your-number/", 'href="/help/" aria-current="true"')],
)  # fmt: skip
def test_the_part_of_the_site_that_is_shown_is_marked(path: str, mark: str) -> None:
    page = browser().get(path).content.decode()

    assert mark in page
    assert page.count("aria-current=") == 1
