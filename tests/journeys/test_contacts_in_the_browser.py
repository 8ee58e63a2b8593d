"""A customer proves and replaces an address, forgets a password, and takes back what a thief did.

Letters go through a real mail server, from which the journey reads them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.hunt.personas import Persona
from tests.journeys.browser import NARROW, WIDE, look, on_screen
from tests.journeys.code_app import add_code_app
from tests.journeys.letters import code_in, letter, letters, link_in, provider_that_writes
from tests.journeys.provider import RunningProvider
from tests.journeys.test_an_account_in_the_browser import open_account
from tests.service.mail.post_office import Office

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]
NEW_PASSWORD, LAST_PASSWORD = "four slow herons wade", "nine old lanterns glow"


@pytest.fixture(scope="module")
def provider(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    with provider_that_writes(office, tmp_path_factory.mktemp("provider")) as running:
        running.start()
        yield running


def type_code(page: Page, text: str, button: str) -> None:
    page.get_by_role("textbox", name="Code").fill(code_in(text))
    look(page)
    page.get_by_role("button", name=button).click()


def sign_in(page: Page, provider: RunningProvider, user_id: str, password: str) -> None:
    page.goto(f"{provider.url}/account/sign-in/")
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def get_back_in(page: Page, office: Office, who: str, to: str, password: str, *, nth: int) -> None:
    """Go through the steps of recovery, from its first page on."""
    page.get_by_label("User ID or e-mail address").fill(who)
    look(page)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("main")).to_contain_text("Look into your mail.")
    type_code(page, letter(office, to, "get back into", after=nth), "Go on")
    page.get_by_label("New password").fill(password)
    look(page)
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("main")).to_contain_text("Your new password is set")
    look(page)


def give_number_and_address(page: Page, provider: RunningProvider, who: Persona) -> None:
    page.goto(f"{provider.url}/account/profile/")
    page.get_by_role("link", name="Number, addresses and kind of device").click()
    look(page)
    page.get_by_label("A number at which we may reach you").fill(who.telephone)
    page.get_by_role("button", name="Save").first.click()
    bills = page.get_by_role("region", name="Address for bills")
    bills.get_by_label("Street and house number").fill(f"1 {who.called}")
    bills.get_by_label("City or place").fill("Portland")
    bills.get_by_label("ZIP or postal code").fill("4101")
    bills.get_by_role("button", name="Save").click()
    expect(bills).to_contain_text("A ZIP code has five digits")
    look(page)
    bills.get_by_label("ZIP or postal code").fill("04101")
    bills.get_by_label("State or region").fill("Maine")
    bills.get_by_role("button", name="Save").click()
    expect(bills.get_by_role("button", name="Take the address out")).to_be_visible()
    look(page)


def replace_address(page: Page, office: Office, second: str) -> None:
    page.get_by_label("New e-mail address").fill(second)
    page.get_by_role("button", name="Send a code there").click()
    expect(page.get_by_role("main")).to_contain_text(f"We sent six digits to {second}")
    type_code(page, letter(office, second, "Your code"), "Confirm")


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", NARROW)], ids=["1280-light", "360-dark"]
)
def test_an_address_is_proved_replaced_and_won_back(
    provider: RunningProvider,
    office: Office,
    browser: Browser,
    typed: dict[str, str],
    scheme: str,
    size: ViewportSize,
) -> None:
    page = on_screen(browser, size, scheme).new_page()
    she, second = open_account(page, provider, typed), Persona.new().email
    typed |= {f"her second address in {scheme}": second}
    name, first = she.user_id, she.email
    give_number_and_address(page, provider, she)
    page.goto(f"{provider.url}/account/")
    look(page)

    page.get_by_role("link", name="Confirm it").click()
    look(page)
    page.get_by_role("button", name="Send me a code").click()
    type_code(page, letter(office, first, "Your code"), "Confirm")
    expect(page.get_by_role("main")).to_contain_text("when it has been yours for thirty days")
    look(page)

    replace_address(page, office, second)
    expect(page.get_by_role("main")).to_contain_text("Your earlier address still counts.")
    expect(page.get_by_role("main")).to_contain_text(second)
    look(page)
    notice = letter(office, first, "Something was changed")
    assert second not in notice
    assert first not in notice
    assert letters(office, second, "Something was changed") == []

    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{provider.url}/account/sign-in/")
    page.get_by_role("link", name="I cannot sign in").click()
    get_back_in(page, office, name, first, NEW_PASSWORD, nth=0)
    page.get_by_role("link", name="To your account").click()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, provider, name, she.password)
    expect(page.get_by_role("main")).to_contain_text("Not signed in.")
    sign_in(page, provider, name, NEW_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")

    other = on_screen(browser, NARROW).new_page()
    other.goto(link_in(notice, "not-me"))
    look(other)
    other.get_by_role("button", name="Lock my account").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Your account is locked")
    look(other)
    page.goto(f"{provider.url}/account/contacts/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    other.get_by_role("link", name="Get back in").click()
    get_back_in(other, office, first, first, LAST_PASSWORD, nth=1)
    sign_in(page, provider, name, LAST_PASSWORD)
    page.goto(f"{provider.url}/account/contacts/")
    expect(page.get_by_role("main")).to_contain_text(first)
    expect(page.get_by_role("main")).not_to_contain_text(second)
    other.context.close()
    page.context.close()


def test_a_customer_of_before_comes_in_by_the_link_of_their_letter(
    provider: RunningProvider,
    office: Office,
    browser: Browser,
    typed: dict[str, str],
    tmp_path: Path,
) -> None:
    zoe, path = Persona.new(), tmp_path / "customers.csv"
    typed |= zoe.words("Zoe")
    row = f"{zoe.name},{zoe.email},{zoe.account_number}"
    path.write_text(f"name,email,account\n{row}\n", encoding="utf-8")
    brought = provider.command("customers", "import", str(path), "--invite")
    assert brought.returncode == 0, brought.stderr
    text = letter(office, zoe.email, "")
    link = link_in(text, "invited")

    page = on_screen(browser, NARROW).new_page()
    page.goto(link)
    look(page)
    page.get_by_label("18 or over").check()
    page.get_by_label("User ID").fill(zoe.user_id)
    page.get_by_label("Password").fill(zoe.password)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("main")).to_contain_text("receipt")
    look(page)
    page.goto(link)
    expect(page.get_by_role("main")).to_contain_text("A link of ours works once")
    look(page)
    page.context.close()


@pytest.mark.parametrize(
    ("scheme", "size"), [("dark", WIDE), ("light", NARROW)], ids=["1280-dark", "360-light"]
)
def test_a_second_factor_outlasts_the_old_mailbox_and_the_link_of_a_letter_lets_its_owner_in(
    provider: RunningProvider,
    office: Office,
    browser: Browser,
    typed: dict[str, str],
    scheme: str,
    size: ViewportSize,
) -> None:
    page = on_screen(browser, size, scheme).new_page()
    bea, second = open_account(page, provider, typed), Persona.new().email
    typed |= {f"Bea's second address in {scheme}": second}
    name, first = bea.user_id, bea.email
    page.goto(f"{provider.url}/account/contacts/")
    page.get_by_role("button", name="Send me a code").click()
    type_code(page, letter(office, first, "Your code"), "Confirm")
    app = add_code_app(page, "account")
    page.goto(f"{provider.url}/account/contacts/")
    replace_address(page, office, second)

    other = on_screen(browser, size).new_page()
    other.goto(link_in(letter(office, first, "Something was changed", after=1), "not-me"))
    other.get_by_role("button", name="Lock my account").click()
    expect(other.get_by_role("main")).to_contain_text("goes in a day")
    look(other)
    assert "/account/not-me/" not in letter(office, first, "is locked")

    page.goto(link_in(letter(office, second, "is locked"), "not-me"))
    look(page)
    page.get_by_role("button", name="They are mine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It stays")
    look(page)

    page.get_by_role("link", name="Get back in").click()
    page.get_by_label("User ID or e-mail address").fill(name)
    page.get_by_role("button", name="Send me a code").click()
    page.goto(link_in(letter(office, first, "get back into"), "recover"))
    look(page)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("New password").fill(NEW_PASSWORD)
    look(page)
    app.type_code(page, "Set it")
    expect(page.get_by_role("main")).to_contain_text("You are signed in here.")
    look(page)
    page.get_by_role("link", name="To your account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    other.context.close()
    page.context.close()
