"""N8: Global Privacy Control sent once by one browser or by the app holds in all, and is shown."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.hunt.personas import Persona
from tests.journeys.browser import person
from tests.journeys.provider import RunningProvider

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

HONOURED = "Opt-Out Request Honored"


@dataclass(slots=True)
class App:
    """Somebody's app, by the API alone."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, told: object = None) -> dict[str, Any]:
        answer = httpx.request(
            method, f"{self.url}/api/v1/{path}", json=told, headers=self.headers, timeout=30
        )
        assert answer.is_success, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def sign_up(self, who: Persona) -> "App":
        told = {
            "user_id": who.user_id,
            "password": who.password,
            "name": who.name,
            "email": who.email,
            "age_range": "18_or_over",
            "agreed_edition": self.ask("GET", "policy")["edition"],
        }
        return self.take(self.ask("POST", "sign-up", told))

    def sign_in(self, who: Persona) -> "App":
        told = {"user_id": who.user_id, "password": who.password}
        return self.take(self.ask("POST", "sign-in", told))

    def take(self, keys: dict[str, Any]) -> "App":
        self.headers = {"Authorization": f"Bearer {keys['access_token']}"}
        return self


def enter(context: BrowserContext, provider: RunningProvider, who: Persona) -> None:
    page = context.new_page()
    page.goto(f"{provider.url}/account/sign-in/")
    page.get_by_label("User ID").fill(who.user_id)
    page.get_by_label("Password").fill(who.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_signal_of_one_browser_holds_in_another_and_by_the_app_and_is_shown(
    provider: RunningProvider, browser: Browser, typed: dict[str, str]
) -> None:
    she = Persona.new()
    typed |= she.words("Alice")
    app = App(provider.url).sign_up(she)
    before = app.ask("GET", "choices")["signal"]
    signalling, other = person(browser, gpc=True), person(browser, script=False)

    enter(signalling, provider, she)
    signalling.close()
    enter(other, provider, she)
    page = other.new_page()
    page.goto(f"{provider.url}/help/")
    expect(page.locator("footer")).to_contain_text(f"{HONOURED}, since")
    page.goto(f"{provider.url}/account/")
    expect(page.get_by_role("main")).to_contain_text(HONOURED)
    page.goto(f"{provider.url}/privacy/choices/")
    expect(page.get_by_role("main")).to_contain_text("came from: a browser's signal")
    told = App(provider.url).sign_in(she).ask("GET", "choices")

    assert not before["is_honoured"]
    assert (told["signal"]["is_honoured"], told["signal"]["words"]) == (True, HONOURED)
    sale = told["sale_or_sharing"]
    assert (sale["answer"], sale["came_from"]) == ("no", "gpc")
    assert app.ask("GET", "choices") == told
    other.close()


def test_a_signal_of_the_app_holds_in_every_browser_until_it_is_taken_back_in_two_steps(
    provider: RunningProvider, browser: Browser, typed: dict[str, str]
) -> None:
    he = Persona.new()
    typed |= he.words("Bob")
    app = App(provider.url, {"Sec-GPC": "1"}).sign_up(he)
    context = person(browser)
    enter(context, provider, he)
    page = context.new_page()
    page.goto(f"{provider.url}/privacy/choices/")
    expect(page.locator("footer")).to_contain_text(f"{HONOURED}, since")

    page.get_by_role("button", name="Allow it again").click()
    page.get_by_role("button", name="Yes, allow it again").click()
    page.goto(f"{provider.url}/help/")
    expect(page.locator("footer")).not_to_contain_text(HONOURED)
    told = app.ask("GET", "choices")

    assert not told["signal"]["is_honoured"]
    assert (told["sale_or_sharing"]["answer"], told["sale_or_sharing"]["came_from"]) == (
        "yes",
        "form",
    )
    context.close()
