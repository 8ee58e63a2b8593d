"""Second factors in a real browser: passkeys of a virtual authenticator, codes, other devices."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.hunt.personas import Persona
from tests.journeys.browser import AGENT, NARROW, WIDE, look
from tests.journeys.code_app import CodeApp, add_code_app
from tests.journeys.people import sign_up
from tests.journeys.provider import RunningProvider
from tests.journeys.test_an_account_in_the_browser import open_account

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

PASSWORD = "quiet rivers carry stones"
# A device that checks who holds it, as a phone or a computer with a fingerprint reader does.
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SIZES = pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", NARROW)], ids=["1280-light", "360-dark"]
)


@contextmanager
def device(browser: Browser, scheme: str = "light", size: ViewportSize = WIDE) -> Iterator[Page]:
    """Yield a page of a device of its own, which can keep passkeys; no error of a script passes."""
    context = browser.new_context(
        user_agent=AGENT, viewport=size, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    chrome = context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    chrome.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield page
    context.close()
    assert [each for each in errors if "status of 4" not in each] == []


def give_password(page: Page, provider: RunningProvider, who: Persona) -> None:
    page.goto(f"{provider.url}/account/sign-in/")
    page.get_by_label("User ID").fill(who.user_id)
    page.get_by_label("Password").fill(who.password)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page, provider: RunningProvider) -> None:
    page.goto(f"{provider.url}/account/")
    page.get_by_role("button", name="Sign out").click()


def add_passkey(page: Page, name: str) -> None:
    page.get_by_role("link", name="Add a passkey").click()
    look(page)
    page.get_by_label("Name of the passkey").fill(name)
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/security/recovery/**")


def make_codes(page: Page) -> list[str]:
    page.get_by_role("button", name=re.compile("Make (ten|new) codes")).click()
    look(page)
    return page.locator("ol.recovery code").all_inner_texts()


@SIZES
def test_a_customer_signs_in_by_a_passkey_and_without_it_nobody_does(
    provider: RunningProvider,
    browser: Browser,
    typed: dict[str, str],
    scheme: str,
    size: ViewportSize,
) -> None:
    with device(browser, scheme, size) as page, device(browser) as thief:
        she = open_account(page, provider, typed)
        page.goto(f"{provider.url}/.well-known/change-password")
        assert page.url == f"{provider.url}/account/security/"
        look(page)
        page.get_by_role("link", name="Add a second factor").click()
        look(page)
        add_passkey(page, "My laptop")
        look(page)
        page.get_by_role("link", name="Later").click()
        expect(page.get_by_role("main")).to_contain_text("My laptop")
        look(page)
        sign_out(page, provider)

        give_password(page, provider, she)
        page.wait_for_url("**/sign-in/second/**")
        look(page)
        page.goto(f"{provider.url}/account/")
        assert "/account/sign-in/" in page.url  # half a sign-in opens nothing
        give_password(page, provider, she)
        page.get_by_role("button", name="Use your passkey").click()
        page.wait_for_url("**/account/")

        give_password(thief, provider, she)
        thief.get_by_role("button", name="Use your passkey").click()
        expect(thief.get_by_role("main")).to_contain_text("The passkey was not used")
        look(thief)
        assert "/account/sign-in/second/" in thief.url


@SIZES
def test_a_customer_signs_in_by_codes_and_a_recovery_code_lets_in_once(
    provider: RunningProvider,
    browser: Browser,
    typed: dict[str, str],
    scheme: str,
    size: ViewportSize,
) -> None:
    with device(browser, scheme, size) as page, device(browser) as elsewhere:
        she = open_account(page, provider, typed)
        app = add_code_app(page, "account")
        look(page)
        codes = make_codes(page)
        assert len(set(codes)) == 10
        page.get_by_role("link", name="I have them").click()
        sign_out(page, provider)

        give_password(page, provider, she)
        app.type_code(page, "Sign in")
        page.wait_for_url("**/account/")

        give_password(elsewhere, provider, she)
        give(elsewhere, codes[0])
        elsewhere.wait_for_url("**/account/")
        sign_out(elsewhere, provider)
        give_password(elsewhere, provider, she)
        give(elsewhere, codes[0])
        expect(elsewhere.get_by_role("main")).to_contain_text("Not signed in")
        look(elsewhere)
        give(elsewhere, codes[1])
        elsewhere.wait_for_url("**/account/")

        end_the_other(page, elsewhere, provider)


def give(page: Page, code: str) -> None:
    page.get_by_label("Code from your app").fill(code)
    page.get_by_role("button", name="Sign in").click()


def end_the_other(page: Page, elsewhere: Page, provider: RunningProvider) -> None:
    """See both places, end the other one, and find it ended."""
    page.goto(f"{provider.url}/account/security/")
    places = page.get_by_role("region", name="Where you are signed in")
    expect(places.get_by_text("this one")).to_have_count(1)
    places.get_by_role("button", name=re.compile("Sign out there")).click()
    expect(page.get_by_role("main")).to_contain_text("Signed out there")
    look(page)
    elsewhere.goto(f"{provider.url}/account/")
    assert "/account/sign-in/" in elsewhere.url
    page.goto(f"{provider.url}/account/")
    assert page.url == f"{provider.url}/account/"


@SIZES
def test_staff_add_a_passkey_before_anything_else_opens_and_sign_in_by_it(
    provider: RunningProvider, browser: Browser, scheme: str, size: ViewportSize
) -> None:
    secret = provider.instance / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    made = provider.command(
        *("user", "create-staff", f"olu.{scheme}", "--role", "administrator"),
        *("--password-file", str(secret)),
    )
    assert made.returncode == 0, made.stderr
    with device(browser, scheme, size) as page:
        give_staff_password(page, provider, f"olu.{scheme}")
        page.wait_for_url("**/staff/security/second/")
        look(page)
        for path in ("/staff/", "/staff/people/", "/staff/ledger/"):
            page.goto(f"{provider.url}{path}")
            assert page.url == f"{provider.url}/staff/security/second/"
        add_passkey(page, "Security key")
        look(page)
        page.goto(f"{provider.url}/staff/people/")
        assert page.url == f"{provider.url}/staff/people/"
        page.goto(f"{provider.url}/staff/password/")
        look(page)
        page.get_by_role("button", name=re.compile("Take away.*Security key")).click()
        expect(page.get_by_role("main")).to_contain_text("This is your last one")
        look(page)
        page.get_by_role("button", name="Sign out", exact=True).click()

        give_staff_password(page, provider, f"olu.{scheme}")
        page.wait_for_url("**/sign-in/second/**")
        look(page)
        page.get_by_role("button", name="Use your passkey").click()
        page.wait_for_url("**/staff/people/")


def give_staff_password(page: Page, provider: RunningProvider, user_id: str) -> None:
    page.goto(f"{provider.url}/staff/people/")
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_codes_do_without_script(
    provider: RunningProvider, browser: Browser, typed: dict[str, str]
) -> None:
    context = browser.new_context(user_agent=AGENT, java_script_enabled=False)
    page = context.new_page()
    she = Persona.new()
    typed |= she.words("Alice without script")
    sign_up(provider, she)
    give_password(page, provider, she)
    page.wait_for_url("**/account/")
    page.goto(f"{provider.url}/account/security/passkey/")
    expect(page.get_by_role("main")).to_contain_text("This browser cannot make passkeys here")
    expect(page.get_by_role("button", name="Make the passkey")).to_be_hidden()
    app: CodeApp = add_code_app(page, "account")
    sign_out(page, provider)

    give_password(page, provider, she)
    app.type_code(page, "Sign in")

    page.wait_for_url("**/account/")
    context.close()


@SIZES
def test_a_password_can_be_pasted_and_read_back_while_it_is_typed(
    provider: RunningProvider, browser: Browser, scheme: str, size: ViewportSize
) -> None:
    """ID-05: password managers know the fields, pasting works, and what is typed can be shown."""
    with device(browser, scheme, size) as page:
        page.goto(f"{provider.url}/account/sign-in/")
        field = page.get_by_label("Password")
        page.get_by_label("User ID").fill(PASSWORD)
        page.get_by_label("User ID").press("Control+a")
        page.get_by_label("User ID").press("Control+c")
        field.press("Control+v")
        assert field.get_attribute("autocomplete") == "current-password"
        assert field.get_attribute("type") == "password"

        page.get_by_role("button", name="Show the password").press("Enter")
        expect(field).to_have_value(PASSWORD)
        assert field.get_attribute("type") == "text"
        look(page)
        page.get_by_role("button", name="Hide the password").click()
        assert field.get_attribute("type") == "password"
