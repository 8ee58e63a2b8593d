"""Debian's Chromium, driven by Playwright, with a clock of its own when a journey needs one."""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    StorageState,
    ViewportSize,
    sync_playwright,
)

from tests.journeys.provider import clock

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
# Headless Chromium says so in its name and would rightly be left out as a bot.
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
WHAT_IS_STORED = """async () => ({
  local: Object.keys(localStorage).length,
  session: Object.keys(sessionStorage).length,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=360, height=740)
CLOCKED = "chromium-with-a-clock"
REFUSED = 2  # as Chromium writes it in a profile
NOTHING = {"local": 0, "session": 0, "databases": 0, "caches": 0, "workers": 0}


@contextmanager
def chromium(folder: Path, at: datetime | None = None) -> Iterator[Browser]:
    """Yield a browser; with `at`, one whose computer shows that date."""
    program = folder / CLOCKED
    words = " ".join(f"{name}='{value}'" for name, value in (clock(at) if at else {}).items())
    program.write_text(f'#!/bin/sh\nexec env {words} {CHROMIUM} "$@"\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def person(
    browser: Browser,
    *,
    script: bool = True,
    gpc: bool = False,
    remembers: StorageState | None = None,
    agent: str = AGENT,
) -> BrowserContext:
    """Open a browser profile: script on or off, with or without Global Privacy Control."""
    headers = {"Sec-GPC": "1"} if gpc else {}
    return browser.new_context(
        user_agent=agent,
        java_script_enabled=script,
        extra_http_headers=headers,
        storage_state=remembers,
        viewport=WIDE,
    )


def on_screen(browser: Browser, size: ViewportSize, scheme: str = "light") -> BrowserContext:
    """Open a browser profile on a screen of that size, in light or dark."""
    return browser.new_context(
        user_agent=AGENT, viewport=size, color_scheme="dark" if scheme == "dark" else "light"
    )


def cookie_refuser(browser: Browser, folder: Path) -> BrowserContext:
    """Open a profile whose owner has set the browser to refuse all cookies."""
    profile = folder / "refusing"
    (profile / "Default").mkdir(parents=True)
    chosen = {"profile": {"default_content_setting_values": {"cookies": REFUSED}}}
    (profile / "Default" / "Preferences").write_text(json.dumps(chosen), encoding="utf-8")
    return browser.browser_type.launch_persistent_context(
        str(profile), executable_path=str(folder / CLOCKED), args=list(FLAGS), user_agent=AGENT
    )


def what_is_stored(page: Page) -> dict[str, int]:
    stored: dict[str, int] = page.evaluate(WHAT_IS_STORED)
    return stored


def cookie_names(context: BrowserContext) -> set[str]:
    return {str(cookie["name"]) for cookie in context.cookies()}


def look(page: Page) -> None:
    """Fail where the page has a barrier or is wider than the screen."""
    page.wait_for_load_state()
    assert not page.evaluate(OVERFLOWS), page.url
    violations = Axe().run(page).response["violations"]
    assert [each["id"] for each in violations] == [], page.url
