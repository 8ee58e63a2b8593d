"""P1: the policy covers this site and its app, and not other companies' sites that it links to.

"This is the policy of {legal_name} for this web site, for our app, and for what our desk does with
the accounts that they open. What the telephone service itself records, such as your calls, is not
told here. Sites of other companies that we link to have policies of their own, and we cannot speak
for them."
"""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.conf import settings

from clearline.edge.collector.intake import Refused
from clearline.edge.site.blocks.render import html_of
from clearline.reach.visitors.admit import Drop
from tests.browser_client import browser
from tests.instance import NAMES
from tests.promises.pages import PAGES
from tests.promises.provider import Provider, files

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FETCHED = re.compile(r'(?:src|srcset|action|background|<link[^>]* href)="([^"]+)"')


@pytest.mark.usefixtures("instance")
def test_the_policy_says_whose_it_is_and_that_it_speaks_for_no_other_site() -> None:
    page = unescape(browser().get("/privacy/").content.decode())

    assert f"This is the policy of {NAMES['legal_name']} for this web site, for our app," in page
    assert "Sites of other companies that we link to have policies of their own" in page


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_under_it_and_fetches_nothing_from_another_site(path: str) -> None:
    answer = browser().get(path)

    page = answer.content.decode()
    assert 'href="/privacy/"' in page.partition("<footer")[2]
    assert FETCHED.findall(page)
    assert all(re.match(r"/[^/]|/$", address) for address in FETCHED.findall(page))
    assert "//" not in answer["Content-Security-Policy"]


def test_what_somebody_does_on_another_site_is_not_taken(provider: Provider) -> None:
    told = [
        provider.script_tells(browser(), NOW, {"url": url})
        for url in ("https://other.example/rates/", f"{settings.ENV.url}.other.example/rates/")
    ]

    assert told == [Refused(400, Drop.UNKNOWN_SITE)] * 2
    assert b"other.example" not in files()
    assert provider.load(NOW) == []


def test_a_link_to_another_companys_site_tells_it_nothing_and_gives_it_no_hold_on_ours() -> None:
    link = html_of("[Their policy](https://other.example/privacy)")

    assert 'href="https://other.example/privacy"' in link
    assert 'rel="noopener"' in link
