"""P10, clause visits.beacon.

"A tiny image on each page tells us of the visit when your browser runs no script. It tells no more
than the script would, and what it tells is kept as every other visit is."
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests.browser_client import browser
from tests.promises.pages import PAGES
from tests.promises.provider import Provider, answer, image_on, work

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 17, 30, 12, 345_000, tzinfo=UTC)
OLD = datetime(2028, 12, 24, 17, 30, 12, 345_000, tzinfo=UTC)  # 25 months later
DAY = timedelta(days=1)
SERVICE = "/services/home-line/"
BLOG = "https://blog.example/posts/7?who=alice"
FIELDS = {"id", "url", "referrer", "service"}  # the script tells these and more


def who_accepted() -> Client:
    alice = browser()
    answer(alice, "accept")
    return alice


def who_declined() -> Client:
    charlie = browser()
    answer(charlie, "decline")
    return charlie


@pytest.mark.parametrize("path", PAGES)
def test_each_page_carries_one_image_of_its_own_site_where_no_script_runs(path: str) -> None:
    page = browser().get(path, headers={"referer": BLOG}).content.decode()

    asked = urlsplit(image_on(page))

    assert page.count("b.gif") == 1
    assert (asked.scheme, asked.netloc) == ("", "")
    assert parse_qs(asked.query).keys() <= FIELDS


@pytest.mark.parametrize("make", [who_accepted, who_declined, browser])
def test_it_leaves_the_same_visit_as_the_script_would(
    provider: Provider, make: Callable[[], Client]
) -> None:
    by_image, by_script = make(), make()
    by_script.cookies = by_image.cookies  # of one browser, or of two that nobody recognises
    page = by_image.get(SERVICE, headers={"referer": BLOG}).content.decode()
    later = NOW + DAY

    provider.image_tells(by_image, NOW, page=page)
    provider.script_tells(
        by_script, later, {"referrer": BLOG, "service": "home-line"}, path=SERVICE
    )

    told = provider.load(later)
    by_day = {str(row["day"]): row for row in told}
    image, script = by_day["2026-11-24"], by_day["2026-11-25"]
    of_its_own = {"id": 0, "day": "", "at": "", "received": ""}
    assert image | of_its_own == script | of_its_own
    assert str(image["at"])[10:] == str(script["at"])[10:]
    assert (image["visitor"] != 0) is (make is who_accepted)


def test_what_it_tells_is_kept_as_long_as_every_other_visit(provider: Provider) -> None:
    for client in (who_accepted(), who_declined()):
        provider.image_tells(client, NOW, page=client.get("/rates/").content.decode())
    provider.load(NOW)

    work(OLD - DAY, with_store=True)
    before = len(provider.visits())
    work(OLD, with_store=True)

    assert before == 2
    assert (provider.visits(), provider.sums()) == ([], [])
