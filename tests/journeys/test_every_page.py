"""Every page, light and dark, wide and narrow, with and without script: no barrier, no overflow."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from tests.journeys.browser import AGENT, NARROW, OVERFLOWS, WIDE, on_screen
from tests.journeys.code_app import CodeApp, add_code_app
from tests.journeys.provider import RunningProvider

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

PASSWORD = "seven quiet herons fly"
PUBLIC = (
    *("/", "/services/", "/services/home-line/", "/rates/", "/rates/?country=PT&currency=EUR"),
    *("/help/", "/help/?q=echo", "/help/?q=submarine", "/help/keep-your-number/", "/contact/"),
    *("/your-privacy-rights/", "/privacy/", "/privacy/editions/", "/privacy/choices/"),
    *(
        "/privacy/receipts/",
        "/privacy/cookies/",
        "/nowhere/",
        "/?cookies=refused",
        "/staff/sign-in/",
    ),
)
STAFF = (
    *(
        "/staff/",
        "/staff/visitors/",
        "/staff/visitors/?from=x",
        "/staff/customers/",
        "/staff/health/",
        "/staff/ledger/",
    ),
    *("/staff/people/", "/staff/password/", "/design/"),
    *("/staff/security/second/", "/staff/security/passkey/", "/staff/security/app/"),
    *("/staff/security/recovery/", "/staff/prove/"),
)
CUT_TABLES = """[...document.querySelectorAll('.scroll')]
    .filter(each => each.querySelector('table') && each.scrollWidth > each.clientWidth + 1)
    .map(each => each.innerText.slice(0, 60))"""


OLU: dict[str, CodeApp] = {}  # what she signs in by, once the first of these journeys added it


@pytest.fixture(scope="module", autouse=True)
def staff(provider: RunningProvider) -> None:
    OLU.clear()
    secret = provider.instance / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    made = provider.command(
        *("user", "create-staff", "olu", "--role", "administrator", "--role", "marketer"),
        *("--role", "support"),
        *("--password-file", str(secret)),
    )
    assert made.returncode == 0, made.stderr


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "360"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_or_is_wider_than_the_screen(
    provider: RunningProvider, browser: Browser, scheme: str, size: ViewportSize
) -> None:
    context = on_screen(browser, size, scheme)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    found = dict(barriers(provider, page, PUBLIC))
    sign_in(provider, page)
    found |= barriers(provider, page, (*STAFF, *first_rows(provider, page)))
    context.close()

    assert found == {}
    assert errors == []


def first_rows(provider: RunningProvider, page: Page) -> Iterator[str]:
    """Yield the pages of the newest entry and of the first of the staff."""
    for path in ("/staff/ledger/", "/staff/people/"):
        page.goto(f"{provider.url}{path}")
        yield str(page.locator("main td a").first.get_attribute("href"))


def test_choosing_days_opens_above_the_page_and_moves_nothing(
    provider: RunningProvider, browser: Browser
) -> None:
    context = browser.new_context(user_agent=AGENT, viewport=NARROW)
    page = context.new_page()
    sign_in(provider, page)
    page.goto(f"{provider.url}/staff/visitors/")
    below = page.get_by_role("navigation", name="Whose visits")
    before = below.bounding_box()

    page.get_by_text("Choose…").click()

    page.get_by_label("From").wait_for()
    assert below.bounding_box() == before
    assert not page.evaluate(OVERFLOWS)
    context.close()


def barriers(
    provider: RunningProvider, page: Page, paths: tuple[str, ...]
) -> Iterator[tuple[str, object]]:
    for path in paths:
        page.goto(f"{provider.url}{path}")
        if page.evaluate(OVERFLOWS):
            yield path, "wider than the screen"
        if cut := page.evaluate(CUT_TABLES):
            yield path, ("a table is cut", cut)
        result = Axe().run(page)
        for violation in result.response["violations"]:
            yield path, (violation["id"], [node["html"] for node in violation["nodes"]])


def test_every_page_says_what_it_is_without_script(
    provider: RunningProvider, browser: Browser
) -> None:
    context: BrowserContext = browser.new_context(user_agent=AGENT, java_script_enabled=False)
    page = context.new_page()
    for path in PUBLIC:
        page.goto(f"{provider.url}{path}")
        assert page.locator("h1").count() == 1, path
    sign_in(provider, page)
    for path in STAFF:
        page.goto(f"{provider.url}{path}")
        assert page.locator("h1").count() == 1, path
    context.close()


def test_the_prompt_is_answered_and_the_site_walked_by_keyboard_alone(
    provider: RunningProvider, browser: Browser
) -> None:
    context = browser.new_context(user_agent=AGENT)
    page = context.new_page()
    page.goto(f"{provider.url}/")

    press_until(page, "Decline")
    page.keyboard.press("Enter")
    page.locator("form.ask").wait_for(state="detached")
    assert {str(cookie["name"]) for cookie in context.cookies()} == {"cl_choices"}

    press_until(page, "Your Privacy Choices")
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy/choices/")
    press_until(page, "Accept")
    page.keyboard.press("Space")
    page.wait_for_function("document.body.innerText.includes('Your browser keeps your choices')")
    assert "cl_visitor" in {str(cookie["name"]) for cookie in context.cookies()}
    context.close()


def press_until(page: Page, words: str) -> None:
    """Press Tab until what has the focus says these words, and can be seen to have it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        told = str(page.evaluate("document.activeElement.innerText || ''")).strip()
        if told.startswith(words):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{words} does not show that it has the focus"
            return
    raise AssertionError(f"Tab never came to {words}")


def sign_in(provider: RunningProvider, page: Page) -> None:
    page.goto(f"{provider.url}/staff/sign-in/")
    page.get_by_label("User ID").fill("olu")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    if "app" in OLU:
        page.wait_for_url("**/staff/sign-in/second/**")
        OLU["app"].type_code(page, "Sign in")
    else:
        page.wait_for_url("**/staff/security/second/")
        OLU["app"] = add_code_app(page, "staff")
        page.goto(f"{provider.url}/staff/")
    page.wait_for_url("**/staff/")


def test_a_blocked_script_breaks_nothing(provider: RunningProvider, browser: Browser) -> None:
    context = browser.new_context(user_agent=AGENT)
    context.route("**/cl.js", lambda route: route.abort())
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    page.goto(f"{provider.url}/services/")
    page.get_by_role("button", name="Accept").click()
    page.locator("form.ask").wait_for(state="detached")

    assert errors == []
    context.close()
