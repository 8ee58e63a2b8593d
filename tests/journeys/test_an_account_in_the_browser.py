"""An account from its first page to its last: opened, looked at and shared.

At the end all that the instance left is searched for what its people typed.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.hunt.personas import Persona
from tests.journeys.browser import AGENT, NARROW, WIDE, look, on_screen
from tests.journeys.letters import code_in, letter, provider_that_writes
from tests.journeys.people import sign_in, sign_up
from tests.journeys.provider import RunningProvider
from tests.journeys.test_every_page import press_until
from tests.service.mail.post_office import Office

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def provider(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    with provider_that_writes(office, tmp_path_factory.mktemp("provider")) as running:
        running.start()
        yield running


def open_account(page: Page, provider: RunningProvider, typed: dict[str, str]) -> Persona:
    """Open an account as somebody nobody is like, whose words may stand nowhere in the end."""
    who = Persona.new()
    typed |= who.words(f"somebody's of {len(typed)}")
    open_account_of(page, provider, who)
    return who


def open_account_of(page: Page, provider: RunningProvider, who: Persona) -> None:
    page.goto(f"{provider.url}/")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Open an account").click()
    look(page)
    page.get_by_label("18 or over").check()
    page.get_by_role("button", name="Go on").click()
    look(page)
    page.get_by_label("Name", exact=True).fill(who.name)
    page.get_by_label("E-mail address").fill(who.email)
    page.get_by_role("button", name="Go on").click()
    look(page)
    page.get_by_label("User ID").fill(who.user_id)
    page.get_by_label("Password").fill(who.password)
    page.get_by_label("I have read the privacy policy").check()
    page.get_by_role("button", name="Agree and open the account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is open")
    look(page)


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", NARROW)], ids=["1280-light", "360-dark"]
)
def test_an_account_is_opened_looked_at_and_shared(
    provider: RunningProvider,
    browser: Browser,
    typed: dict[str, str],
    scheme: str,
    size: ViewportSize,
) -> None:
    alice, bob = (on_screen(browser, size, scheme).new_page() for _ in range(2))
    she, he = Persona.new(), Persona.new()
    typed |= she.words(f"Alice in {scheme}") | he.words(f"Bob in {scheme}")
    open_account_of(alice, provider, she)
    open_account_of(bob, provider, he)

    for path in ("/account/", "/account/profile/", "/account/my-data/", "/account/team/"):
        alice.goto(f"{provider.url}{path}")
        look(alice)
    alice.get_by_label("What you call them").fill(she.called)
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
    expect(alice.get_by_role("main")).to_contain_text(she.called)
    look(alice)
    alice.context.close()
    bob.context.close()


def confirm_address(page: Page, office: Office, provider: RunningProvider, who: Persona) -> None:
    page.goto(f"{provider.url}/account/contacts/")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_role("textbox", name="Code").fill(code_in(letter(office, who.email, "Your code")))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("main")).to_contain_text("when it has been yours for thirty days")


def test_a_business_is_opened_handed_over_and_its_owner_corrects_what_is_held(
    provider: RunningProvider, office: Office, browser: Browser, typed: dict[str, str]
) -> None:
    alice = browser.new_context(user_agent=AGENT, viewport=WIDE).new_page()
    bob = browser.new_context(user_agent=AGENT, viewport=NARROW, color_scheme="dark").new_page()
    she, he = Persona.new(), Persona.new()
    typed |= she.words("Alice of the business") | he.words("Bob of the business")
    open_business_of(alice, provider, she)
    sign_up(provider, he)
    sign_in(bob, provider, he)
    join_team(alice, bob, provider, she.called)
    provider.pass_days(3)

    alice.goto(f"{provider.url}/account/team/")
    press_until(alice, "Hand this account over")
    alice.keyboard.press("Enter")
    prove(alice, she)
    expect(alice.get_by_role("heading", level=1)).to_have_text("Hand this account over")
    expect(alice.get_by_role("main")).to_contain_text("Confirm your e-mail address first.")
    look(alice)
    confirm_address(alice, office, provider, she)
    alice.goto(f"{provider.url}/account/team/hand-over/")
    look(alice)
    alice.get_by_label(she.called).check()
    alice.get_by_label("I look on").check()
    alice.get_by_role("button", name="Offer the account").click()
    expect(alice.get_by_role("main")).to_contain_text("You offer this account")
    look(alice)
    bob.goto(f"{provider.url}/account/team/")
    look(bob)
    bob.get_by_role("link", name="Look at it").click()
    prove(bob, he)
    expect(bob.get_by_role("heading", level=1)).to_have_text("Take this account over")
    expect(bob.get_by_role("main")).to_contain_text("You can take it from")
    look(bob)
    provider.pass_days(3)
    bob.reload()
    press_until(bob, "Take it over")
    bob.keyboard.press("Enter")
    expect(bob.get_by_role("heading", level=1)).to_have_text("Team")
    bob.get_by_label("What you call them").first.fill(he.called)
    look(bob)
    bob.get_by_role("button", name="Name").click()
    expect(bob.get_by_role("main")).to_contain_text(he.called)
    bob.goto(f"{provider.url}/account/profile/")
    named = bob.get_by_role("textbox", name="Name of the business")
    expect(named).to_have_value(she.business)
    look(bob)
    alice.goto(f"{provider.url}/account/profile/")
    expect(alice.get_by_role("main")).not_to_contain_text(she.business)
    correct_what_is_held(bob, provider, he)
    alice.context.close()
    bob.context.close()


def prove(page: Page, who: Persona) -> None:
    """Prove again who one is, where having signed in is not enough."""
    page.get_by_label("Password").fill(who.password)
    look(page)
    page.keyboard.press("Enter")


def open_business_of(page: Page, provider: RunningProvider, who: Persona) -> None:
    page.goto(f"{provider.url}/")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Open an account").click()
    page.get_by_label("18 or over").check()
    page.get_by_role("button", name="It is for a business").click()
    expect(page.get_by_label("Name of the business")).to_be_visible()
    look(page)
    page.get_by_label("Name of the business").fill(who.business)
    page.get_by_label("Your name").fill(who.name)
    page.get_by_label("E-mail address").fill(who.email)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("User ID")).to_be_visible()
    look(page)
    page.get_by_label("User ID").fill(who.user_id)
    page.get_by_label("Password").fill(who.password)
    page.get_by_label("I have read the privacy policy").check()
    page.get_by_role("button", name="Agree and open the account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is open")
    page.goto(f"{provider.url}/account/")
    expect(page.get_by_role("main")).to_contain_text("for a business")


def join_team(owner: Page, member: Page, provider: RunningProvider, called: str) -> None:
    owner.goto(f"{provider.url}/account/team/")
    owner.get_by_label("What you call them").fill(called)
    owner.get_by_label("Billing").check()
    owner.get_by_role("button", name="Make a code").click()
    code = re.sub(r"\s", "", owner.locator("code.code").inner_text())
    member.goto(f"{provider.url}/account/team/join/")
    member.get_by_label("Code").fill(code)
    member.get_by_role("button", name="Join").click()
    expect(member.get_by_role("main")).to_contain_text("Billing")


def correct_what_is_held(page: Page, provider: RunningProvider, who: Persona) -> None:
    """Choose another user ID, which signs in, and correct the range of the age by keyboard."""
    page.get_by_role("link", name="Choose another").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Another user ID")
    look(page)
    page.get_by_label("New user ID").fill(f"{who.user_id}.new")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your new user ID is set")
    look(page)
    page.goto(f"{provider.url}/account/age/")
    look(page)
    page.get_by_label("Under 13").check()
    press_until(page, "Correct it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Under 13 nobody can keep an account")
    look(page)
    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_label("13 to 15").check()
    page.get_by_role("button", name="Correct it").click()
    expect(page.get_by_role("main")).to_contain_text("13 to 15")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, provider, replace(who, user_id=f"{who.user_id}.new"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")


def test_an_account_is_opened_without_script(
    provider: RunningProvider, browser: Browser, typed: dict[str, str]
) -> None:
    charlie = Persona.new()
    typed |= charlie.words("Charlie")
    context = browser.new_context(user_agent=AGENT, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{provider.url}/account/join/")
    page.get_by_label("18 or over").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name", exact=True).fill(charlie.name)
    page.get_by_label("E-mail address").fill(charlie.email)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("User ID").fill(charlie.user_id)
    page.get_by_label("Password").fill(charlie.password)
    page.get_by_label("I have read the privacy policy").check()
    page.get_by_role("button", name="Agree and open the account").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is open")
    page.goto(f"{provider.url}/account/profile/")
    expect(page.get_by_label("Name", exact=True)).to_have_value(charlie.name)
    context.close()


def test_words_typed_into_the_search_and_into_addresses_are_counted_for_nobody(
    provider: RunningProvider, browser: Browser, typed: dict[str, str]
) -> None:
    dora = Persona.new()
    typed |= dora.words("Dora")
    context = browser.new_context(user_agent=AGENT)
    page = context.new_page()
    page.goto(provider.url)
    page.get_by_role("button", name="Accept").first.click()

    page.goto(f"{provider.url}/help/")
    page.get_by_role("searchbox").first.fill(f"{dora.name} {dora.email}")
    page.get_by_role("searchbox").first.press("Enter")
    expect(page.get_by_role("main")).to_contain_text(dora.email)
    for address in (dora.user_id, f"help/{dora.telephone}", f"services/?name={dora.name}"):
        page.goto(f"{provider.url}/{address}")
    page.goto(f"{provider.url}/rates/#{dora.screen_name}")
    page.goto(f"{provider.url}/")  # the page before is told as the one that led here

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    context.close()
