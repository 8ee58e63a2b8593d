"""cl.js: small, quiet, tells of what was looked at and never by whom."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
from playwright.sync_api import Browser, Page

import clearline.edge.collector
from tests.journeys.browser import NOTHING, chromium, cookie_names, what_is_stored

SCRIPT = Path(clearline.edge.collector.__file__).parent / "cl.js"
IN_BROWSER = [pytest.mark.journey, pytest.mark.timeout(120)]
PAGE = """<!doctype html><html lang="en"><title>t</title><h1>A page</h1>
<a href="/rates/">rates</a> <button data-event="call-me"><b>call me</b></button>{more}
<form action="/rates/"><button>send</button></form>
<script src="/cl.js" defer data-service="{service}"></script></html>"""
PRERENDER = """<script type="speculationrules">
{"prerender": [{"urls": ["/rates/"], "eagerness": "immediate"}]}</script>"""
TOLD_S = 10.0

Event = dict[str, Any]


def test_the_script_is_under_one_kilobyte_on_the_wire() -> None:
    assert len(brotli.compress(SCRIPT.read_bytes())) < 1000


class Site(ThreadingHTTPServer):
    """A site of three pages that notes what it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.told: list[Event] = []
        self.rendered_ahead: set[str] = set()
        self.changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_address[1]}"

    def wait_for(self, is_enough: Callable[[list[Event]], object]) -> list[Event]:
        with self.changed:
            self.changed.wait_for(lambda: is_enough(self.told), TOLD_S)
            return list(self.told)


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        is_script = path == "/cl.js"
        if "prerender" in self.headers.get("Sec-Purpose", ""):
            with self.server.changed:
                self.server.rendered_ahead.add(path)
                self.server.changed.notify_all()
        service = path.split("/")[2] if path.startswith("/services/") else ""
        more = PRERENDER if path == "/before/" else ""
        text = PAGE.format(service=service, more=more)
        self.answer(200, SCRIPT.read_bytes() if is_script else text.encode(), is_script=is_script)

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.changed:
            self.server.told.append(told)
            self.server.changed.notify_all()
        self.answer(204, b"", is_script=False)

    def answer(self, status: int, body: bytes, *, is_script: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield site
    site.shutdown()
    site.server_close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


TOLD = "performance.getEntriesByType('resource').find(e => e.name.endsWith('/c/e'))"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]"


def views(told: list[Event]) -> list[Event]:
    return [event for event in told if event["kind"] == "view"]


class TestInABrowser:
    pytestmark = IN_BROWSER

    def test_a_page_view_is_told_once_and_after_the_page_was_painted(
        self, site: Site, page: Page
    ) -> None:
        page.goto(f"{site.url}/services/office-five/?utm_campaign=spring#plans")
        (view,) = site.wait_for(views)

        assert view == {
            "id": view["id"],
            "kind": "view",
            "url": f"{site.url}/services/office-five/?utm_campaign=spring",
            "referrer": "",
            "service": "office-five",
        }
        assert len(view["id"]) == 16
        int(view["id"], 16)
        # The browser lists a request once it was answered, which may be after we heard of it.
        page.wait_for_function(f"{TOLD} !== undefined")
        told_ms, painted_ms = page.evaluate(f"[{TOLD}.startTime, {PAINTED}.startTime]")
        assert told_ms > painted_ms
        assert what_is_stored(page) == NOTHING
        assert cookie_names(page.context) == set()

    def test_a_page_that_the_script_of_the_site_opens_is_a_view(
        self, site: Site, page: Page
    ) -> None:
        page.goto(f"{site.url}/")
        site.wait_for(views)
        page.evaluate("history.pushState({}, '', '/help/')")
        page.evaluate("history.pushState({}, '', '/help/#calls')")
        page.go_back()
        page.go_back()

        told = views(site.wait_for(lambda told: len(views(told)) == 3))

        assert [event["url"].removeprefix(site.url) for event in told] == ["/", "/help/", "/"]
        assert told[1]["referrer"] == f"{site.url}/"

    def test_time_in_view_is_told_when_the_page_is_left(self, site: Site, page: Page) -> None:
        page.clock.install()
        page.goto(f"{site.url}/services/world-400/")
        page.clock.run_for(100)
        site.wait_for(views)
        page.clock.run_for(7000)
        page.click("a")
        page.clock.run_for(100)

        told = site.wait_for(lambda told: len(told) == 3)

        (time,) = (event for event in told if event["kind"] == "time")
        assert time["seconds"] == 7
        assert time["url"] == f"{site.url}/services/world-400/"
        assert time["service"] == "world-400"
        assert views(told)[1]["referrer"] == f"{site.url}/services/world-400/"

    def test_time_in_view_is_told_before_a_form_is_sent_and_none_after_it(
        self, site: Site, page: Page
    ) -> None:
        page.clock.install()
        page.goto(f"{site.url}/services/world-400/")
        page.clock.run_for(100)
        site.wait_for(views)
        page.clock.run_for(7000)
        page.evaluate("document.forms[0].addEventListener('submit', e => e.preventDefault())")
        page.click("form button")
        (_, time) = site.wait_for(lambda told: len(told) == 2)
        page.clock.run_for(5000)
        page.click("a")
        page.clock.run_for(100)

        told = site.wait_for(lambda told: len(told) == 3)

        assert (time["kind"], time["seconds"]) == ("time", 7)
        assert [event["kind"] for event in told] == ["view", "time", "view"]

    def test_the_sites_own_acts_are_told(self, site: Site, page: Page) -> None:
        page.goto(f"{site.url}/")
        page.evaluate("clearline('rates-opened')")
        page.click("button b")

        told = site.wait_for(lambda told: len(told) == 3)

        named = [event["name"] for event in told if event["kind"] == "custom"]
        assert named == ["rates-opened", "call-me"]

    @pytest.mark.parametrize("broken", ["blocked", "no beacon", "neither"])
    def test_where_it_is_blocked_the_page_works_and_logs_no_error(
        self, site: Site, page: Page, broken: str
    ) -> None:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text))
        if broken == "blocked":
            page.add_init_script("navigator.sendBeacon = () => false")
        else:
            page.add_init_script("delete Navigator.prototype.sendBeacon")
        if broken == "neither":
            page.add_init_script("window.fetch = () => Promise.reject(new TypeError('blocked'))")

        page.goto(f"{site.url}/")
        page.click("button b")
        page.click("a")
        page.wait_for_function("location.pathname == '/rates/' && 'clearline' in window")

        assert errors == []
        if broken == "no beacon":
            assert site.wait_for(lambda told: len(views(told)) == 2)

    def test_a_page_rendered_ahead_is_told_of_when_it_is_looked_at(
        self, site: Site, page: Page
    ) -> None:
        page.goto(f"{site.url}/before/")
        site.wait_for(views)
        site.wait_for(lambda _: "/cl.js" in site.rendered_ahead or len(site.told) > 1)

        assert "/rates/" in site.rendered_ahead
        assert [event["url"] for event in site.told] == [f"{site.url}/before/"]
        page.click("a")
        told = views(site.wait_for(lambda told: len(views(told)) == 2))
        assert told[1]["url"] == f"{site.url}/rates/"
