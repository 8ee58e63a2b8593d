"""What a page tells of itself to be counted: its own address, or that it is none."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser_client import browser

BEACON = re.compile(r'(?:background|src|content|href|data-[a-z-]+)="(/c/b\.gif\?[^"]*)"')
SCRIPT_URL = re.compile(r'data-url="([^"]*)"')


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/john.smith@example.com", "/services/john-smith/", "/help/john-smith/"]
)
def test_a_page_that_is_not_there_is_told_without_what_was_typed(path: str) -> None:
    text = browser().get(path).content.decode()

    (told,) = SCRIPT_URL.findall(text)
    assert urlsplit(told).path == "/error-404/"
    assert "john" not in told
    for beacon in re.findall(r"/c/b\.gif\?[^\s\"')]*", text):
        fields = parse_qs(urlsplit(html.unescape(beacon)).query)
        assert fields["url"] == [told]
        assert "service" not in fields


@pytest.mark.django_db
def test_a_page_of_the_site_is_told_by_its_own_address() -> None:
    text = browser().get("/rates/").content.decode()

    assert SCRIPT_URL.findall(text) == [""]
