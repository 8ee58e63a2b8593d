"""P2, P3: an edition that lets more be done is agreed to by one customer and refused by another.

Who refuses takes their data along, closes the account, takes that back once, and closes it again.
Thirty days later all of it is gone: what stood in the tables before opens with no key that is left.
"""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.apps import apps
from playwright.sync_api import Browser, Page, ViewportSize, expect

from clearline.policy.vocabulary import SubjectId
from clearline.trust.envelope import SealBroken, Sealer, unwrap_key
from clearline.trust.vault import keyring, masters
from clearline.trust.vault.fields import Personal
from clearline.trust.vault.sealed import Sealed, open_text
from tests.hunt.hunt import hunt
from tests.hunt.personas import Persona
from tests.hunt.words import needles_of
from tests.journeys.browser import NARROW, WIDE, look, on_screen
from tests.journeys.people import left_by, sign_in, sign_up
from tests.journeys.provider import AT_THE_PROVIDER, RunningProvider, wait_until
from tests.journeys.test_every_page import press_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

TOLD_BEFORE, KEPT_CLOSED = timedelta(days=16), timedelta(days=31)
VERIFIER = Path("docs/verify_receipt.py").resolve()
ERASED_S = 60.0
SEEN_S = 15.0  # each process looks for new editions every five seconds
RECEIPT = re.compile("Receipt")


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[RunningProvider]:
    running = RunningProvider(tmp_path / "instance")
    now = datetime.now(UTC)
    running.make(effective=now.astimezone(AT_THE_PROVIDER).date(), at=now)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def alice(browser: Browser) -> Iterator[Page]:
    yield from page_of(browser, "light", WIDE)


@pytest.fixture
def bob(browser: Browser) -> Iterator[Page]:
    yield from page_of(browser, "dark", NARROW)


def page_of(browser: Browser, scheme: str, size: ViewportSize) -> Iterator[Page]:
    context = on_screen(browser, size, scheme)
    yield context.new_page()
    context.close()


def test_one_agrees_and_the_other_leaves_and_is_erased(
    provider: RunningProvider, alice: Page, bob: Page, tmp_path: Path
) -> None:
    she, he = Persona.new(), Persona.new()
    words = she.words("Alice") | he.words("Bob")
    provider.start()
    for who in (she, he):
        sign_up(provider, who)
    his = subject_of_the_last(provider)
    publish_what_lets_more_be_done(provider)
    alice.goto(f"{provider.url}/")
    wait_until(partial(is_announced_to, alice), seconds=SEEN_S, what="the change is announced")
    look(alice)
    provider.stop()

    provider.start(at=TOLD_BEFORE)
    receipt = agree(alice, provider, she)
    refuse(bob, provider, he)
    take_data_along(bob, he)
    proof = close_undo_and_close(bob, provider)
    before = backed_up(provider, tmp_path / "before")
    provider.stop()

    provider.start(at=TOLD_BEFORE + KEPT_CLOSED)
    wait_until(lambda: is_erased(provider, his), seconds=ERASED_S, what="Bob is erased")
    sign_in(bob, provider, he)
    expect(bob.get_by_role("main")).to_contain_text("Not signed in")
    sign_in(alice, provider, she)
    expect(alice.get_by_role("heading", level=1)).to_have_text("Your account")
    assert hunt(left_by(provider), needles_of(words)) == ()
    erasure = receipt_of_erasure(provider, tmp_path)
    for each in (receipt, proof, erasure):
        assert "Proved" in verified(provider, each, tmp_path)
    after = backed_up(provider, tmp_path / "after")

    sealed = sealed_of(before, his)
    assert {he.name, he.email, he.screen_name} <= {
        opened(each, keys_in(before), his) for each in sealed
    }
    left = keys_in(after)
    assert left, "Alice's key is there"
    assert {opened(each, left, his) for each in sealed} == {None}


def is_announced_to(page: Page) -> bool:
    page.reload()
    return page.get_by_text("Our privacy policy changes on").is_visible()


def backed_up(provider: RunningProvider, to: Path) -> Path:
    """Copy tables and keys of a provider that serves, as a backup does."""
    (to / "data").mkdir(parents=True)
    shutil.copytree(provider.instance / "keys", to / "keys")
    name = "data/clearline.sqlite3"
    with (
        closing(sqlite3.connect(f"file:{provider.instance / name}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to / name)) as copy,
    ):
        source.backup(copy)
    return to


def publish_what_lets_more_be_done(provider: RunningProvider) -> None:
    """Write and publish, as an operator would, an edition by which visits are kept for longer."""
    (first,) = (provider.instance / "policy").glob("*.toml")
    day = datetime.now(AT_THE_PROVIDER).date() + TOLD_BEFORE
    text = first.read_text(encoding="utf-8").replace(first.stem, day.isoformat(), 1)
    draft = first.with_name(f"{day.isoformat()}.toml")
    draft.write_text(text.replace('"25 months"', '"30 months"'), encoding="utf-8")
    published = provider.command("policy", "publish", str(draft))
    assert published.returncode == 0, published.stderr


def agree(page: Page, provider: RunningProvider, who: Persona) -> Path:
    """Be asked again, read what changed, agree by keyboard alone, and take the receipt."""
    sign_in(page, provider, who)
    expect(page.get_by_role("heading", level=1)).to_have_text("The privacy policy changed")
    expect(page.get_by_text("30 months").first).to_be_visible()
    expect(page.get_by_text("25 months").first).to_be_visible()
    expect(page.get_by_text("Why it is material").first).to_be_visible()
    look(page)
    page.goto(f"{provider.url}/account/team/")  # nothing else of the account opens
    expect(page.get_by_role("heading", level=1)).to_have_text("The privacy policy changed")
    press_until(page, "I agree")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What you agreed to")
    look(page)
    wait_until(lambda: has_receipt(page), seconds=30, what="the receipt is there", every=0.5)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download the receipt").click()
    press_until(page, "Go on")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Team")
    return Path(taken.value.path())


def has_receipt(page: Page) -> bool:
    again = page.get_by_role("link", name="Look again")
    if again.count():
        again.click()
    return page.get_by_role("link", name="Download the receipt").count() == 1


def refuse(page: Page, provider: RunningProvider, who: Persona) -> None:
    """Be asked again, and say no by keyboard alone."""
    sign_in(page, provider, who)
    expect(page.get_by_role("heading", level=1)).to_have_text("The privacy policy changed")
    look(page)
    press_until(page, "I do not agree")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You do not agree")
    look(page)


def take_data_along(page: Page, who: Persona) -> None:
    """Take both files, and find in them what is held, and that they were taken."""
    page.get_by_role("link", name="To your data").click()
    look(page)
    told = []
    for button in ("To read (HTML)", "For programs (JSON)"):
        with page.expect_download() as taken:
            page.get_by_role("button", name=button).click()
        told.append(Path(taken.value.path()).read_text(encoding="utf-8"))
    to_read, for_programs = told
    for word in (who.name, who.email):
        assert word in to_read
        assert word in for_programs
    file = json.loads(for_programs)
    values = {each["category"]: each["values"] for each in file["held"]}
    assert values["user.name"] == [who.name]
    assert values["user.contact.email"] == [who.email]
    kinds = [line["kind"] for line in file["lines"]]
    assert kinds[:2] == ["data.exported", "data.exported"]
    assert "account.opened" in kinds
    assert "policy.agreed" not in kinds
    reader = page.context.new_page()
    reader.set_content(to_read)
    look(reader)
    reader.close()


def close_undo_and_close(page: Page, provider: RunningProvider) -> Path:
    """Close the account, keep it after all, and close it for good; return the proof of that."""
    page.goto(f"{provider.url}/account/disagree/")
    press_until(page, "To closing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Close your account")
    look(page)
    press_until(page, "Close my account")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("Close it now?")
    look(page)
    press_until(page, "Yes, close my account")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("This account is closed.")
    look(page)
    press_until(page, "Keep my account")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).not_to_contain_text("This account is closed.")
    page.goto(f"{provider.url}/account/")  # to keep it is not to agree
    expect(page.get_by_role("heading", level=1)).to_have_text("The privacy policy changed")
    page.get_by_role("link", name="I do not agree").click()
    page.get_by_role("link", name="To closing").click()
    page.get_by_role("button", name="Close my account").click()
    page.get_by_role("button", name="Yes, close my account").click()
    expect(page.get_by_role("main")).to_contain_text("This account is closed.")
    page.goto(f"{provider.url}/account/my-data/")
    closed = page.get_by_role("row").filter(has_text="closed").first
    wait_until(lambda: is_signed(page), seconds=30, what="the closing is signed", every=0.5)
    with page.expect_download() as taken:
        closed.get_by_role("link", name=RECEIPT).click()
    return Path(taken.value.path())


def is_signed(page: Page) -> bool:
    page.reload()
    return page.get_by_role("row").nth(1).get_by_role("link", name=RECEIPT).count() == 1


def subject_of_the_last(provider: RunningProvider) -> SubjectId:
    (found,) = rows(
        provider.instance, "SELECT subject FROM accounts_holder ORDER BY id DESC LIMIT 1"
    )
    return SubjectId(str(found[0]))


def is_erased(provider: RunningProvider, subject: SubjectId) -> bool:
    sql = "SELECT 1 FROM vault_personkey WHERE subject = ? AND key_wrapped IS NULL"
    return bool(rows(provider.instance, sql, subject))


def receipt_of_erasure(provider: RunningProvider, folder: Path) -> Path:
    """Return the receipt of the only erasure, as the operator makes it."""
    ((entry,),) = rows(
        provider.instance, "SELECT public_id FROM ledger_entry WHERE kind = 'account.erased'"
    )
    file = folder / "erasure.json"
    made = provider.command("ledger", "prove", str(entry), "--output", str(file))
    assert made.returncode == 0, made.stderr
    assert json.loads(file.read_text(encoding="utf-8"))["head"]["kind"] == "account.erased"
    return file


def verified(provider: RunningProvider, receipt: Path, folder: Path) -> str:
    """Return what the published verifier, which imports nothing of ours, says of a receipt."""
    ((entry,),) = rows(provider.instance, "SELECT public_id FROM ledger_entry LIMIT 1")
    told = provider.command(
        *("ledger", "prove", str(entry), "--output", str(folder / "any.json"), "--json")
    )
    vkey = json.loads(told.stdout)["vkey"]
    said = subprocess.run(
        [sys.executable, str(VERIFIER), str(receipt), vkey],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout + said.stderr


def rows(instance: Path, sql: str, *given: object) -> list[tuple[object, ...]]:
    url = f"file:{instance}/data/clearline.sqlite3?mode=ro"
    with closing(sqlite3.connect(url, uri=True)) as connection:
        return connection.execute(sql, given).fetchall()


def sealed_of(instance: Path, subject: SubjectId) -> list[Sealed]:
    """Return all that is sealed of somebody in the tables of an instance or of its copy."""
    return [
        Sealed(cell, field.bound_to, field.category)
        for model in apps.get_models()
        for table in [model._meta.db_table]  # noqa: SLF001  # Django's own name for it
        for field in model._meta.concrete_fields  # noqa: SLF001  # as above
        if isinstance(field, Personal)
        for (cell,) in rows(
            instance,
            f'SELECT "{field.column}" FROM "{table}" WHERE "{field.of}" = ?',
            subject,
        )
        if isinstance(cell, bytes)
    ]


def keys_in(instance: Path) -> list[Sealer]:
    """Return every key that an instance or its copy can open, whosever it is."""
    found = rows(instance, "SELECT subject, key_wrapped, master FROM vault_personkey")
    return [
        unwrap_key(
            wrapped,
            master=masters.master(instance / "keys", int(str(number))),
            context=keyring.context_of(SubjectId(str(whose))),
        )
        for whose, wrapped, number in found
        if isinstance(wrapped, bytes)
    ]


def opened(value: Sealed, keys: list[Sealer], subject: SubjectId) -> str | None:
    for key in keys:
        try:
            return open_text(value, key=key, subject=subject)
        except SealBroken:
            continue
    return None
