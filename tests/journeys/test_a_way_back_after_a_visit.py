"""Journey: Alice lost every way in; at the desk two of support let her back in by one letter.

Row: CP-43.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.hunt.personas import Persona
from tests.journeys.browser import NARROW, WIDE, look, on_screen
from tests.journeys.code_app import add_code_app
from tests.journeys.letters import code_in, letter, letters, link_in, provider_that_writes
from tests.journeys.people import sign_in, sign_up
from tests.journeys.provider import RunningProvider
from tests.journeys.test_the_staff_open_a_customer import find
from tests.journeys.test_the_staff_open_a_customer import sign_in as sign_in_at_desk
from tests.service.mail.post_office import Office

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]
NEW_PASSWORD = "six pale moths circle"
THIRTY_DAYS = 30  # then an address that was confirmed is one of record
LETTER = "After your visit"


@pytest.fixture(scope="module")
def provider(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    with provider_that_writes(office, tmp_path_factory.mktemp("provider")) as running:
        running.start()
        yield running


def look_at_both(page: Page) -> None:
    """Look at a page on a wide screen and on a narrow one."""
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        look(page)


def lose_all(page: Page, provider: RunningProvider, office: Office, who: Persona) -> None:
    """Prove an address, add an app that is lost later, and stand before the door."""
    page.goto(f"{provider.url}/account/contacts/")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_role("textbox", name="Code").fill(code_in(letter(office, who.email, "Your code")))
    page.get_by_role("button", name="Confirm").click()
    add_code_app(page, "account")
    page.goto(f"{provider.url}/account/")
    page.get_by_role("button", name="Sign out").click()
    provider.pass_days(THIRTY_DAYS)
    page.goto(provider.url)
    page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="I cannot sign in").click()
    page.get_by_role("link", name="I have a code from a visit").click()
    look_at_both(page)


def open_for_visit(page: Page, who: Persona) -> None:
    find(page, who.user_id)
    page.get_by_label("A visit").check()
    page.get_by_label("Its number with us").fill("V-7")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(who.name)


def begin(page: Page) -> None:
    page.get_by_text("Let them back in").click()
    page.get_by_label("The password and the second factor are lost").check()
    page.get_by_label("A passport").check()
    page.get_by_label("Yes", exact=True).check()
    look_at_both(page)
    page.get_by_role("button", name="Ask a colleague to confirm").click()
    expect(page.get_by_role("main")).to_contain_text("Now a colleague of support looks")
    look_at_both(page)


def choose_password(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_role("textbox", name="Code")).to_have_count(0)
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Set it").click()
    look_at_both(page)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("main")).to_contain_text("Your new password is set.")
    look_at_both(page)


def test_who_lost_every_way_in_comes_back_by_two_of_the_staff_and_one_letter(
    provider: RunningProvider,
    office: Office,
    browser: Browser,
    typed: dict[str, str],
    tmp_path: Path,
) -> None:
    alice = on_screen(browser, NARROW).new_page()
    sam, dana = (on_screen(browser, WIDE, scheme).new_page() for scheme in ("light", "dark"))
    she = Persona.new()
    typed |= she.words("Alice")
    sign_up(provider, she)
    sign_in(alice, provider, she)
    lose_all(alice, provider, office, she)

    for page, user_id in ((sam, "sam"), (dana, "dana")):
        sign_in_at_desk(page, provider, tmp_path, user_id, "support")
        open_for_visit(page, she)
    begin(sam)
    dana.reload()
    expect(dana.get_by_role("main")).to_contain_text("saw a passport")
    look_at_both(dana)
    assert letters(office, she.email, LETTER) == []
    dana.get_by_role("button", name="I saw it too: send the letter").click()
    expect(dana.get_by_role("main")).to_contain_text("The letter is on its way.")
    look_at_both(dana)

    link = link_in(letter(office, she.email, LETTER), "way-back")
    assert link not in dana.content()
    choose_password(alice, link)
    typed |= {"her new password": NEW_PASSWORD, "the code of her letter": link.partition("=")[2]}
    alice.get_by_role("main").get_by_role("link", name="Sign in").click()
    alice.get_by_label("User ID").fill(she.user_id)
    alice.get_by_label("Password").fill(NEW_PASSWORD)
    alice.get_by_role("button", name="Sign in").click()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Your account")
    look_at_both(alice)

    thief = on_screen(browser, WIDE).new_page()
    sign_in(thief, provider, she)
    expect(thief.get_by_role("main")).to_contain_text("Not signed in.")
    thief.goto(link)
    expect(thief.get_by_role("textbox", name="Code")).to_be_visible()
    for each in (alice, sam, dana, thief):
        each.context.close()
