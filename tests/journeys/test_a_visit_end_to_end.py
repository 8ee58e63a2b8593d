"""Journey 1: people open the site, accept or decline, and are counted exactly as the policy says.

Two days pass. Six people accept and come on both days, six decline, one sends Global Privacy
Control, one browser refuses cookies, two have no script. The report then shows exactly these.
Rows: CC-02, CC-34, CC-37, EU-05.
"""

import csv
import io
import json
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.browser import (
    NOTHING,
    chromium,
    cookie_names,
    person,
    what_is_stored,
)
from tests.journeys.provider import RunningProvider, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

EFFECTIVE = date(2026, 10, 1)
MONDAY = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 10, 16, 0, tzinfo=UTC)
PEOPLE = 6  # one more than the floor under which reports stay silent


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    running = RunningProvider(tmp_path_factory.mktemp("provider") / "instance")
    running.make(effective=EFFECTIVE, at=MONDAY)
    try:
        yield running
    finally:
        running.stop()


def test_each_visit_is_counted_as_the_policy_says(
    provider: RunningProvider, tmp_path: Path
) -> None:
    remembered = monday(provider, tmp_path)
    tuesday(provider, tmp_path, remembered)

    report = report_of(provider)

    assert report["totals"]["people"] == PEOPLE
    assert report_rows(report) == {
        # accepting: 6 on two days; declining: 6 once; signal 1, refusing 1, without script 2
        "/": 2 * PEOPLE + PEOPLE + 1 + 1 + 2,
        "/services/": 2 * PEOPLE,
        "/help/": PEOPLE,
    }
    assert csv_rows(provider) == report_rows(report)


def monday(provider: RunningProvider, folder: Path) -> list[Mapping[str, object]]:
    """Everyone comes; return what the browsers of those who accepted remember."""
    provider.start(at=MONDAY)
    with chromium(folder, at=MONDAY) as browser:
        remembered = [accept_and_look_around(browser, provider) for _ in range(PEOPLE)]
        for _ in range(PEOPLE):
            decline(browser, provider)
        come_with_signal(browser, provider)
        refuse_cookies(browser, provider)
        for choice in ("Accept", "Decline"):
            come_without_script(browser, provider, choice)
    wait_for_loading(provider, views=1)
    provider.stop()
    return remembered


def tuesday(
    provider: RunningProvider, folder: Path, remembered: list[Mapping[str, object]]
) -> None:
    provider.start(at=TUESDAY)
    with chromium(folder, at=TUESDAY) as browser:
        for memory in remembered:
            context = person(browser, remembers=memory)
            page = open_page(context, provider, "/")
            assert page.get_by_role("button", name="Accept").count() == 0
            open_page(context, provider, "/services/")
            context.close()


def accept_and_look_around(browser: Browser, provider: RunningProvider) -> Mapping[str, object]:
    context = person(browser)
    page = open_page(context, provider, "/")
    assert what_is_stored(page) == NOTHING
    assert cookie_names(context) == set()

    page.get_by_role("button", name="Accept").click()

    assert cookie_names(context) == {"cl_choices", "cl_visitor"}
    open_page(context, provider, "/services/")
    open_page(context, provider, "/help/")
    memory: Mapping[str, object] = dict(context.storage_state())
    context.close()
    return memory


def decline(browser: Browser, provider: RunningProvider) -> None:
    context = person(browser)
    page = open_page(context, provider, "/")

    page.get_by_role("button", name="Decline").click()

    assert cookie_names(context) == {"cl_choices"}
    assert what_is_stored(page) == NOTHING
    context.close()


def come_with_signal(browser: Browser, provider: RunningProvider) -> None:
    context = person(browser, gpc=True)
    open_page(context, provider, "/")

    page = context.new_page()
    page.goto(f"{provider.url}/privacy/choices/")

    assert "Opt-out request honored" in page.inner_text("main")
    assert cookie_names(context) == set()
    context.close()


def refuse_cookies(browser: Browser, provider: RunningProvider) -> None:
    """A browser that stores nothing: it gets one line and the whole site."""
    context = person(browser)
    context.route("**/*", without_cookies)
    page = open_page(context, provider, "/")
    page.get_by_role("button", name="Accept").click()

    assert "keeps no cookies" in page.inner_text("body")
    context.close()


def without_cookies(route: object) -> None:
    """Drop Set-Cookie from every answer, as a browser set to refuse cookies does."""
    answer = route.fetch(max_redirects=0)  # type: ignore[attr-defined]  # Playwright's Route
    headers = {k: v for k, v in answer.headers.items() if k != "set-cookie"}
    route.fulfill(response=answer, headers=headers)  # type: ignore[attr-defined]  # as above


def come_without_script(browser: Browser, provider: RunningProvider, choice: str) -> None:
    context = person(browser, script=False)
    page = context.new_page()
    page.goto(f"{provider.url}/")
    page.get_by_role("button", name=choice).click()
    context.close()


def open_page(context: BrowserContext, provider: RunningProvider, path: str) -> Page:
    """Open a page and stay until its visit was taken."""
    page = context.new_page()
    with page.expect_response(lambda answer: answer.url.endswith("/c/e")) as taken:
        page.goto(f"{provider.url}{path}")
    assert taken.value.status == 204
    return page


def report_of(provider: RunningProvider) -> dict[str, dict[str, int]]:
    wait_for_loading(provider, views=2)
    said = provider.command(
        *("report", "popularity", "--from", "2026-11-09", "--to", "2026-11-10", "--json"),
        at=TUESDAY,
    )
    assert said.returncode == 0, said.stderr
    report: dict[str, dict[str, int]] = json.loads(said.stdout)
    return report


def report_rows(report: dict[str, dict[str, int]]) -> dict[str, int]:
    return {str(row["name"]): int(row["views"]) for row in report["rows"]}  # type: ignore[index]


def csv_rows(provider: RunningProvider) -> dict[str, int]:
    said = provider.command(
        *("report", "popularity", "--from", "2026-11-09", "--to", "2026-11-10", "--csv"),
        at=TUESDAY,
    )
    rows = csv.DictReader(io.StringIO(said.stdout))
    return {row["name"]: int(row["views"]) for row in rows if row["name"].startswith("/")}


def wait_for_loading(provider: RunningProvider, *, views: int) -> None:
    del views

    def is_loaded() -> bool:
        with urllib.request.urlopen(f"{provider.url}/healthz", timeout=2) as answer:
            return bool(json.load(answer).get("waiting_bytes") == 0)

    wait_until(is_loaded, seconds=30, what="the journal is loaded")
