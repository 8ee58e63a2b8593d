"""An account from its first page to its last: opened, looked at and shared."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.journeys.browser import AGENT
from tests.journeys.provider import RunningProvider

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

PASSWORD = "quiet rivers carry stones"
OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=360, height=740)


def look(page: Page) -> None:
    """Fail where the page has a barrier or is wider than the screen."""
    assert not page.evaluate(OVERFLOWS), page.url
    violations = Axe().run(page).response["violations"]
    assert [each["id"] for each in violations] == [], page.url


def open_account(page: Page, provider: RunningProvider, user_id: str, name: str) -> None:
    page.goto(f"{provider.url}/")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Open an account").click()
    look(page)
    page.get_by_label("18 or over").check()
    page.get_by_role("button", name="Go on").click()
    look(page)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail address").fill(f"{user_id}@mail.example")
    page.get_by_role("button", name="Go on").click()
    look(page)
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("I have read the privacy policy").check()
    page.get_by_role("button", name="Agree and open the account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is open")
    look(page)


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", NARROW)], ids=["1280-light", "360-dark"]
)
def test_an_account_is_opened_looked_at_and_shared(
    provider: RunningProvider, browser: Browser, scheme: str, size: ViewportSize
) -> None:
    alice, bob = (
        browser.new_context(
            user_agent=AGENT,
            viewport=size,
            color_scheme="dark" if scheme == "dark" else "light",
        ).new_page()
        for _ in range(2)
    )
    open_account(alice, provider, f"alice.{scheme}", "Alice Quill")
    open_account(bob, provider, f"bob.{scheme}", "Bob Reed")

    for path in ("/account/", "/account/profile/", "/account/my-data/", "/account/team/"):
        alice.goto(f"{provider.url}{path}")
        look(alice)
    alice.get_by_label("What you call them").fill("Front Desk")
    alice.get_by_label("Billing").check()
    alice.get_by_role("button", name="Make a code").click()
    look(alice)
    code = re.sub(r"\s", "", alice.locator("code.code").inner_text())

    bob.goto(f"{provider.url}/account/team/join/")
    bob.get_by_label("Code").fill(code)
    look(bob)
    bob.get_by_role("button", name="Join").click()
    expect(bob.get_by_role("main")).to_contain_text("Billing")

    alice.goto(f"{provider.url}/account/team/")
    expect(alice.get_by_role("main")).to_contain_text("Front Desk")
    look(alice)
    alice.context.close()
    bob.context.close()


def test_an_account_is_opened_without_script(provider: RunningProvider, browser: Browser) -> None:
    context = browser.new_context(user_agent=AGENT, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{provider.url}/account/join/")
    page.get_by_label("18 or over").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name", exact=True).fill("Charlie Wren")
    page.get_by_label("E-mail address").fill("charlie@mail.example")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("User ID").fill("charlie.noscript")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("I have read the privacy policy").check()
    page.get_by_role("button", name="Agree and open the account").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is open")
    page.goto(f"{provider.url}/account/profile/")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Charlie Wren")
    context.close()
