"""Journey 1: people open the site, accept or decline, and are counted exactly as the policy says.

Two days pass. Six people accept and come on both days, six decline, one sends Global Privacy
Control, one browser refuses cookies, two have no script. What each browser opened is noted as it
opens; the report must show exactly that, on the page, in CSV and in JSON.
Rows: CC-02, CC-34, CC-37, EU-05.
"""

import csv
import io
import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, StorageState

from tests.journeys.browser import (
    AGENT,
    NOTHING,
    chromium,
    cookie_names,
    cookie_refuser,
    person,
    what_is_stored,
)
from tests.journeys.code_app import add_code_app
from tests.journeys.provider import RunningProvider, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

EFFECTIVE = date(2026, 10, 1)
MONDAY = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 10, 16, 0, tzinfo=UTC)
DAYS = "from=2026-11-09&to=2026-11-10"
PEOPLE = 6  # one more than the floor under which reports stay silent
PASSWORD = "seven quiet herons fly"
# After one that the device remembers as the page left, and after each of its kinds.
LOOKED_AT = ("/rates/", "/services/home-line/", "/help/keep-your-number/", "/services/", "/help/")
CALMS = 4  # looks in a row at which nothing waits


@dataclass(slots=True)
class Opened:
    """Every page that a browser opened, by address, and apart whether it had accepted by then.

    A page that an answer given on it leads back to was opened before.
    """

    agreed: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)

    @property
    def all(self) -> Counter[str]:
        return self.agreed + self.others


@dataclass
class Visitor:
    """One person with one browser profile; each page they open is noted in `opened`."""

    provider: RunningProvider
    context: BrowserContext
    opened: Opened
    page: Page = field(init=False)
    has_script: bool = True
    keeps_cookies: bool = True

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.on("framenavigated", self.note)

    def note(self, frame: Frame) -> None:
        is_answered = "cookies" in parse_qs(urlsplit(frame.url).query)
        is_ours = frame.url.startswith(self.provider.url)
        if frame.parent_frame is None and is_ours and not is_answered:
            has_accepted = "cl_visitor" in cookie_names(self.context)
            pages = self.opened.agreed if has_accepted else self.opened.others
            pages[urlsplit(frame.url).path] += 1

    def open(self, path: str) -> None:
        with self.page.expect_response(self.is_counted) as taken:
            self.page.goto(f"{self.provider.url}{path}")
        assert taken.value.status in {200, 204}

    def press(self, name: str) -> None:
        """Press a button of the prompt and stay until a yes was told of on the page that follows.

        Of every other answer nothing is told: the page was counted when it was opened.
        """
        button = self.page.get_by_role("button", name=name)
        if name != "Accept" or not self.keeps_cookies:
            button.click()
            self.page.wait_for_url("**cookies=*")
            return
        with self.page.expect_response(self.is_counted):
            button.click()

    def is_counted(self, answer: object) -> bool:
        url = str(answer.url)  # type: ignore[attr-defined]  # Playwright's Response
        return url.endswith("/c/e") if self.has_script else "/c/b.gif" in url

    def leave(self) -> StorageState:
        memory = self.context.storage_state()
        self.context.close()
        return memory


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[RunningProvider]:
    running = RunningProvider(tmp_path / "instance")
    running.make(effective=EFFECTIVE, at=datetime(2026, 10, 1, 9, 0, tzinfo=UTC))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def opened() -> Opened:
    return Opened()


def test_each_visit_is_counted_as_the_policy_says(
    provider: RunningProvider, opened: Opened, tmp_path: Path
) -> None:
    remembered = monday(provider, opened, tmp_path)
    tuesday(provider, opened, tmp_path, remembered)

    with chromium(tmp_path, at=TUESDAY) as browser:
        context = signed_in(browser, provider, tmp_path)
        in_csv, told = (downloaded(context, provider, each) for each in ("CSV", "JSON"))
        on_page = rows_on_page(context, provider)
        report = json.loads(told)
        context.close()

    # The six, and one without script who accepted too, on the only page that they opened.
    assert report["totals"]["agreed"]["people"] == PEOPLE + 1
    assert report["totals"]["agreed"]["views"] == opened.agreed.total()
    assert report["totals"]["declined"]["views"] == opened.others.total()
    assert {row["name"]: row["views"] for row in report["rows"]} == opened.all
    assert csv_rows(in_csv) == opened.all
    assert on_page == opened.all
    assert json.loads(said_by_command(provider))["rows"] == report["rows"]


def monday(provider: RunningProvider, opened: Opened, folder: Path) -> list[StorageState]:
    """Everyone comes; return what the browsers of those who accepted remember."""
    provider.start(at=MONDAY)
    with chromium(folder, at=MONDAY) as browser:
        remembered = [
            accept_and_look_around(Visitor(provider, person(browser), opened))
            for _ in range(PEOPLE)
        ]
        for version in range(PEOPLE):
            # Browsers of their own: from one network only their words tell one visit from another.
            agent = AGENT.replace("141", f"13{version}")
            decline(Visitor(provider, person(browser, agent=agent), opened))
        come_with_signal(Visitor(provider, person(browser, gpc=True), opened))
        refuser = cookie_refuser(browser, folder)
        refuse_cookies(Visitor(provider, refuser, opened, keeps_cookies=False))
        for choice in ("Accept", "Decline"):
            plain = Visitor(provider, person(browser, script=False), opened, has_script=False)
            come_without_script(plain, choice)
    wait_for_loading(provider)
    provider.stop()
    return remembered


def tuesday(
    provider: RunningProvider, opened: Opened, folder: Path, remembered: list[StorageState]
) -> None:
    provider.start(at=TUESDAY)
    with chromium(folder, at=TUESDAY) as browser:
        for memory in remembered:
            visitor = Visitor(provider, person(browser, remembers=memory), opened)
            visitor.open("/")
            assert visitor.page.get_by_role("button", name="Accept").count() == 0
            visitor.open("/services/")
            visitor.leave()
    wait_for_loading(provider)


def accept_and_look_around(visitor: Visitor) -> StorageState:
    visitor.open("/")
    assert what_is_stored(visitor.page) == NOTHING
    assert cookie_names(visitor.context) == set()

    visitor.press("Accept")

    assert cookie_names(visitor.context) == {"cl_choices", "cl_visitor"}
    assert what_is_stored(visitor.page) == NOTHING
    for path in LOOKED_AT:
        visitor.open(path)
    return visitor.leave()


def decline(visitor: Visitor) -> None:
    visitor.open("/")

    visitor.press("Decline")

    assert cookie_names(visitor.context) == {"cl_choices"}
    assert what_is_stored(visitor.page) == NOTHING
    visitor.leave()


def come_with_signal(visitor: Visitor) -> None:
    visitor.open("/")

    assert "Opt-Out Request Honored" in visitor.page.inner_text("footer")
    assert cookie_names(visitor.context) == set()
    visitor.leave()


def refuse_cookies(visitor: Visitor) -> None:
    """A browser that stores nothing: it gets one line and the whole site."""
    visitor.open("/")

    visitor.press("Accept")

    assert "keeps no cookies" in visitor.page.inner_text("body")
    assert cookie_names(visitor.context) == set()
    visitor.context.close()  # not even its storage may be asked for


def come_without_script(visitor: Visitor, choice: str) -> None:
    visitor.open("/")

    visitor.press(choice)

    expected = {"cl_choices", "cl_visitor"} if choice == "Accept" else {"cl_choices"}
    assert cookie_names(visitor.context) == expected
    visitor.leave()


def signed_in(browser: Browser, provider: RunningProvider, folder: Path) -> BrowserContext:
    """Give someone a way in by the command, and sign in by keyboard alone."""
    secret = folder / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    made = provider.command(
        *("user", "create-staff", "dana", "--role", "marketer", "--password-file", str(secret)),
        at=TUESDAY,
    )
    assert made.returncode == 0, made.stderr
    context = person(browser)
    page = context.new_page()
    page.goto(f"{provider.url}/staff/visitors/?{DAYS}")
    # Nobody types before the cursor stands in the field; a busy browser sets it after `load`.
    page.locator("#user_id:focus").wait_for()
    page.keyboard.type("dana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_url(
        "**/staff/security/second/"
    )  # before any other page, as everyone of the staff
    add_code_app(page, "staff")
    page.goto(f"{provider.url}/staff/visitors/?{DAYS}")
    assert "/staff/visitors/" in page.url, page.inner_text("main")
    page.close()
    return context


def rows_on_page(context: BrowserContext, provider: RunningProvider) -> dict[str, int]:
    page = context.new_page()
    page.goto(f"{provider.url}/staff/visitors/?{DAYS}")
    rows = page.locator("section[aria-labelledby=rows] tbody tr")
    cells = [row.locator("td").all_inner_texts() for row in rows.all()]
    clauses = page.locator("a[href='/privacy/#visits.measure']")
    assert clauses.count() == 1
    return {name.strip(): int(views.replace(",", "")) for name, views, *_ in cells}


def downloaded(context: BrowserContext, provider: RunningProvider, file_format: str) -> str:
    """Press the report's button for one form of file and return what was taken."""
    page = context.new_page()
    page.goto(f"{provider.url}/staff/visitors/?{DAYS}")
    with page.expect_download() as taken:
        page.get_by_role("button", name=file_format, exact=True).click()
    text = taken.value.path().read_text(encoding="utf-8")
    page.close()
    return text


def csv_rows(text: str) -> dict[str, int]:
    rows = csv.DictReader(io.StringIO(text))
    return {row["name"]: int(row["views"]) for row in rows if row["section"] == "page"}


def said_by_command(provider: RunningProvider) -> str:
    days = ("--from", "2026-11-09", "--to", "2026-11-10")
    said = provider.command("report", "popularity", *days, "--json", at=TUESDAY)
    assert said.returncode == 0, said.stderr
    return said.stdout


def wait_for_loading(provider: RunningProvider) -> None:
    """Wait until what was taken has been loaded: the loader says so every half second."""
    calm = 0

    def is_loaded() -> bool:
        nonlocal calm
        with urllib.request.urlopen(f"{provider.url}/healthz", timeout=2) as answer:
            calm = calm + 1 if json.load(answer)["waiting_bytes"] == 0 else 0
        return calm >= CALMS

    wait_until(is_loaded, seconds=60, what="the journal is loaded", every=0.5)
