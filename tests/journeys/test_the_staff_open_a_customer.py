"""Journey: staff open Alice's address for a call; Alice sees who, when and why, and can prove it.

Row: CP-08.
"""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.browser import AGENT, NARROW, WIDE, look
from tests.journeys.code_app import add_code_app
from tests.journeys.provider import RunningProvider
from tests.journeys.test_an_account_in_the_browser import open_account

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

PASSWORD = "seven quiet herons fly"
QUARTER = timedelta(minutes=15)


def sign_in(page: Page, provider: RunningProvider, folder: Path, user_id: str, role: str) -> None:
    secret = folder / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    made = provider.command(
        *("user", "create-staff", user_id, "--role", role, "--password-file", str(secret))
    )
    assert made.returncode == 0, made.stderr
    page.goto(f"{provider.url}/staff/")
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/staff/security/second/")
    add_code_app(page, "staff")
    page.goto(f"{provider.url}/staff/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")


def find(page: Page, text: str) -> None:
    page.get_by_label("E-mail address, telephone number").fill(text)
    page.get_by_role("button", name="Find").click()


def test_staff_open_alices_address_and_she_sees_who_when_and_why_with_a_proof(
    provider: RunningProvider, browser: Browser, typed: dict[str, str], tmp_path: Path
) -> None:
    alice = browser.new_context(user_agent=AGENT, viewport=WIDE).new_page()
    support = browser.new_context(
        user_agent=AGENT, viewport=NARROW, color_scheme="dark", java_script_enabled=False
    ).new_page()
    she = open_account(alice, provider, typed)
    sign_in(support, provider, tmp_path, "sam", "support")

    find(support, she.email[1:])
    expect(support.get_by_role("main")).to_contain_text("Nobody has exactly this")
    find(support, she.email)
    expect(support.get_by_role("heading", level=1)).to_have_text("Found. At which contact?")
    assert she.email not in support.content()
    support.get_by_label("A call").check()
    support.get_by_label("Its number with us").fill("C-1042")
    support.get_by_role("button", name="Open", exact=True).click()
    expect(support.get_by_role("main")).to_contain_text(she.email)
    expect(support.get_by_role("main")).to_contain_text("Opened for a call, number C-1042")
    page_of_alice = support.url

    # The same page with a script engine, for the tools that look at it; its script is none of ours.
    signed_in = support.context.storage_state()
    watched = browser.new_context(
        user_agent=AGENT, viewport=WIDE, storage_state=signed_in
    ).new_page()
    watched.goto(page_of_alice)
    look(watched)
    watched.set_viewport_size(NARROW)
    look(watched)
    watched.evaluate("document.getAnimations().forEach(each => each.finish())")
    expect(watched.get_by_text(she.email)).to_be_hidden()
    expect(watched.get_by_text("Shut.")).to_be_visible()
    watched.goto(f"{provider.url}/staff/customers/")
    expect(watched.get_by_role("link", name=she.name)).to_be_visible()
    look(watched)

    provider.stop()
    provider.start(at=QUARTER)
    support.goto(page_of_alice)
    expect(support.get_by_role("heading", level=1)).to_have_text("Nobody is open to you here")
    assert she.email not in support.content()

    alice.goto(f"{provider.url}/account/my-data/?group=shown")
    line = alice.get_by_role("row").filter(has_text="Your account was opened at a call")
    expect(line).to_contain_text("number C-1042: name, name to be called by, e-mail address")
    expect(line).to_contain_text(re.compile("Support, staff number [0-9a-f]{8}"))
    expect(line).to_contain_text("to help you with your service")
    with alice.expect_download() as receipt:
        line.get_by_role("link", name="Receipt").click()
    assert is_proved(alice, provider, tmp_path, receipt.value.path())
    for each in (alice, support, watched):
        each.context.close()


def is_proved(page: Page, provider: RunningProvider, folder: Path, receipt: Path) -> bool:
    """Check a receipt as the page for it says: with the program from there, without us."""
    page.goto(f"{provider.url}/privacy/receipts/")
    key = re.search(r"verify_receipt\.py receipt\.json '([^']+)'", page.inner_text("main"))
    assert key is not None
    with page.expect_download() as program:
        page.locator("a[href$='verify_receipt.py']").click()
    verifier = folder / "verify_receipt.py"
    program.value.save_as(verifier)
    words = [sys.executable, "-I", "-S", str(verifier), str(receipt), key[1]]
    told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 0, told.stdout + told.stderr
    return "C-1042" in told.stdout or told.returncode == 0
