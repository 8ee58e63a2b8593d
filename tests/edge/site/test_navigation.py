"""The main navigation says where one is, and the foot leads to privacy, whatever else broke."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from clearline.edge.site.errors import server_error
from tests.browser_client import browser


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "mark"),
    [("/services/", 'href="/services/" aria-current="page"'),
     ("/help/keep-your-number/", 'href="/help/" aria-current="true"')],
)  # fmt: skip
def test_the_part_of_the_site_that_is_shown_is_marked(path: str, mark: str) -> None:
    page = browser().get(path).content.decode()

    assert mark in page
    assert page.count("aria-current=") == 1


def test_the_page_for_our_own_mistake_leads_to_policy_and_choices_without_the_database() -> None:
    answer = server_error(RequestFactory().get("/"))

    foot = answer.content.decode().partition("<footer")[2]
    assert answer.status_code == 500
    for name in ("privacy", "choices", "rights", "cookies"):
        assert f'href="{reverse(name)}"' in foot
