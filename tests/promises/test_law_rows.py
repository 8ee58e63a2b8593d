"""Each row of docs/law.toml, as a person at the site sees it kept."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN
from clearline.policy.vocabulary import Answer, ChoiceName
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner
from clearline.trust.consent.queries import NO_ASK_WINDOW, needs_prompt
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser

pytestmark = pytest.mark.django_db
TOP = Path(__file__).parents[2]
LAW = tomllib.loads((TOP / "docs" / "law.toml").read_text(encoding="utf-8"))
SIGNER = CookieSigner(settings.ENV.key("choices"), is_https=False)
PAGES = (
    *("/", "/services/", "/services/home-line/", "/rates/", "/help/", "/contact/", "/privacy/"),
    *("/privacy/choices/", "/privacy/cookies/", "/your-privacy-rights/", "/nowhere/"),
)


@pytest.mark.parametrize("row", LAW)
def test_a_row_of_law_is_quoted_by_a_test(row: str) -> None:
    tests = (path.read_text(encoding="utf-8") for path in TOP.glob("tests/**/*.py"))

    assert any(row in text for text in tests), f"write the test that proves {row}, and quote it"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_carries_the_link_to_the_choices_with_its_icon(path: str) -> None:
    """CC-30; CO-01: the policy is linked by a link with the word privacy."""
    foot = browser().get(path).content.decode().partition("<footer")[2]

    link = re.search(r'<a href="/privacy/choices/"[^>]*>Your Privacy Choices\s*<svg', foot)
    assert link, path
    assert re.search(r'<a href="/privacy/">Privacy policy</a>', foot)


def test_opting_out_needs_no_account_and_nothing_filled_in() -> None:
    """CC-32, CC-33: one click, at once."""
    client = browser()

    page = client.get("/privacy/choices/").content.decode()
    client.post("/privacy/choices/", {"act": "opt_out"})

    form = page[page.index('id="do-not-sell"') :].partition("</form>")[0]
    assert "<input" not in form
    assert "Opted out" in client.get("/privacy/choices/").content.decode()


def test_the_signal_speaks_for_the_browser_and_its_pseudonymous_profile() -> None:
    """CC-35; CC-41: and for nothing else."""
    said = NOTHING_CHOSEN.with_answers(dict.fromkeys(ChoiceName, Answer.YES))

    closed = {name for name in ChoiceName if said.under_gpc().answer(name) is Answer.NO}

    assert closed == GPC_CLOSES == {ChoiceName.SALE_OR_SHARING, ChoiceName.THIRD_PARTY_MARKETING}


def test_a_signal_that_is_missing_later_is_not_a_yes() -> None:
    """CC-38, CC-39: the signal ended the yes; without it the no stays."""
    client = browser()
    client.post("/privacy/choices/", {"act": "opt_in_confirmed"})
    client.get("/", headers={"sec-gpc": "1"})

    page = client.get("/privacy/choices/").content.decode()

    assert "Opted out" in page


@pytest.mark.parametrize("path", PAGES)
def test_the_signal_costs_nothing_and_brings_up_nothing_that_stands_in_the_way(path: str) -> None:
    """CC-40: the page is the same but for the words that say it was honoured."""
    plain = browser().get(path)
    signalled = browser(**{"sec-gpc": "1"}).get(path)

    def without_the_words(html: str) -> str:
        main = re.sub(r'<div class="notice good".*?</div>', "", html, flags=re.DOTALL)
        kept = re.sub(r'<span class="tag good">Opt-Out Request Honored</span>', "", main)
        form = (
            kept.partition('id="do-not-sell"')[0] + kept.partition('aria-labelledby="signals"')[2]
        )
        return re.sub(r"id=[0-9a-f]{16}", "", re.sub(r"\s+", " ", form))

    assert without_the_words(signalled.content.decode()) == without_the_words(
        plain.content.decode()
    )
    assert signalled.status_code == plain.status_code


@pytest.mark.parametrize("days", [0, 1, 180, 364])
def test_after_a_no_nobody_is_asked_for_twelve_months(days: int) -> None:
    """CC-42."""
    now = timezone.now()
    no = NOTHING_CHOSEN.with_answers({ChoiceName.MEASUREMENT: Answer.NO})
    chosen = ChosenOnDevice(no, now - timedelta(days=days), now.date(), "0" * 32)

    assert not needs_prompt(chosen, policy_in_force(now), now)
    assert timedelta(days=365) <= NO_ASK_WINDOW


def test_saying_no_takes_as_many_steps_as_saying_yes_and_ignoring_is_no_yes() -> None:
    """CC-45, CC-31."""
    client = browser()
    page = client.get("/").content.decode()

    buttons = re.findall(r'<button class="([^"]*)" name="answer" value="(\w+)">', page)
    client.get("/services/")

    assert {value for _, value in buttons} == {"accept", "decline"}
    assert len({style for style, _ in buttons}) == 1
    assert not client.cookies
    assert not Entry.objects.exists()


def test_a_published_edition_keeps_its_address_and_the_policy_says_how_changes_are_told() -> None:
    """CO-05."""
    page = browser().get("/privacy/").content.decode()

    assert "at least two weeks ahead" in page
    assert browser().get("/privacy/editions/2026-01-01/").status_code == 200


def test_the_policy_shows_the_date_on_which_it_takes_effect() -> None:
    """CO-06."""
    page = browser().get("/privacy/").content.decode()

    assert "Updated: January 2026" in page
    assert '<time datetime="2026-01-01">2026-01-01</time>' in page


def test_do_not_track_changes_nothing_as_the_policy_says() -> None:
    """CO-07."""
    page = browser().get("/privacy/").content.decode()
    tracked, plain = browser(dnt="1").get("/rates/"), browser().get("/rates/")

    assert "Do Not Track" in page
    assert len(tracked.content) == len(plain.content)


def test_taking_consent_back_is_as_easy_as_giving_it_and_both_are_proved() -> None:
    """EU-01."""
    client = browser()

    client.post("/privacy/choice/", {"answer": "accept"})
    client.post("/privacy/choice/", {"answer": "decline"})

    told = SIGNER.read_choices({k: m.value for k, m in client.cookies.items()})
    assert told is not None
    assert Entry.objects.filter(kind="choice.recorded").count() == 2
    assert Entry.objects.order_by("-number")[0].public_id == told.proof
