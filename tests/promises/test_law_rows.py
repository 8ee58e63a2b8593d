"""Each row of docs/law.toml, as a person at the site sees it kept."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN
from clearline.policy.vocabulary import Answer, ChoiceName
from clearline.rights.agreement.actions import EditionRefused, publish_edition
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner
from clearline.trust.consent.queries import NO_ASK_WINDOW, needs_prompt
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.published import BETTER, DEFAULT, LONGER, published
from tests.instance import FIRST_DAY

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


def test_every_page_tells_of_a_material_change_before_it_takes_effect_and_not_after(
    tmp_path: Path,
) -> None:
    """CO-05: "we say so on every page of the site at least two weeks ahead"."""
    today = timezone.now().date()
    tomorrow = today + timedelta(days=1)
    changes = f"/privacy/editions/{FIRST_DAY}/{tomorrow}/"
    pages = (*PAGES, "/privacy/editions/", "/help/keep-your-number/")

    with published(tmp_path, (FIRST_DAY, ()), (tomorrow, (LONGER,))):
        before = {path: browser().get(path).content.decode() for path in (*pages, changes)}
    (tmp_path / "later").mkdir()
    with published(tmp_path / "later", (FIRST_DAY, ()), (today, (LONGER,))):
        after = {path: browser().get(path).content.decode() for path in pages}

    told = f"Our privacy policy changes on {date_format(tomorrow, 'j F Y')},"
    link = f'<a href="{changes}">Read what changes</a>'
    assert [path for path, page in before.items() if told not in page or link not in page] == []
    assert [path for path, page in after.items() if "Our privacy policy changes" in page] == []
    assert "Data is kept longer: 7 months" in before[changes]


def test_a_change_that_permits_no_more_is_not_announced_and_staff_pages_announce_none(
    tmp_path: Path,
) -> None:
    """CO-05."""
    tomorrow = timezone.now().date() + timedelta(days=1)
    with published(tmp_path, (FIRST_DAY, ()), (tomorrow, (BETTER,))):
        better = browser().get("/").content.decode()
    (tmp_path / "wider").mkdir()
    with published(tmp_path / "wider", (FIRST_DAY, ()), (tomorrow, (LONGER,))):
        staff = browser().get("/staff/sign-in/").content.decode()

    assert "Our privacy policy changes" not in better
    assert "Our privacy policy changes" not in staff


def test_a_material_change_cannot_be_published_without_two_weeks_to_tell_of_it(
    tmp_path: Path,
) -> None:
    """CO-05."""
    soon = timezone.now().date() + timedelta(days=14)
    with published(tmp_path, (FIRST_DAY, ())):
        path = tmp_path / "policy" / f"{soon}.toml"
        text = DEFAULT.replace("date = 2026-01-01", f"date = {soon}").replace(*LONGER)
        path.write_text(text, encoding="utf-8")
        with pytest.raises(EditionRefused, match="too soon"):
            publish_edition(policy_dir=path.parent, source=path, now=timezone.now())


def test_old_editions_keep_their_addresses_and_their_words(tmp_path: Path) -> None:
    """CO-05."""
    today = timezone.now().date()
    with published(tmp_path, (FIRST_DAY, ()), (today, (BETTER,))):
        old = browser().get(f"/privacy/editions/{FIRST_DAY}/").content.decode()
        new = browser().get("/privacy/").content.decode()
        listed = browser().get("/privacy/editions/").content.decode()

    assert BETTER[0] in old
    assert BETTER[1] not in old
    assert BETTER[1] in new
    assert f'href="/privacy/editions/{FIRST_DAY}/"' in listed


def test_each_edition_shows_the_date_on_which_it_takes_effect(tmp_path: Path) -> None:
    """CO-06."""
    today = timezone.now().date()
    coming = today + timedelta(days=1)
    with published(tmp_path, (FIRST_DAY, ()), (today, (BETTER,)), (coming, ())):
        pages = {
            FIRST_DAY: browser().get(f"/privacy/editions/{FIRST_DAY}/").content.decode(),
            today: browser().get("/privacy/").content.decode(),
            coming: browser().get(f"/privacy/editions/{coming}/").content.decode(),
        }

    for day, page in pages.items():
        main = page.partition('<footer class="foot"')[0]
        assert f"Updated: {date_format(day, 'F Y')}" in main
        assert f'<time datetime="{day}">{day}</time>' in main
    assert f"It takes effect on {date_format(coming, 'j F Y')}." in pages[coming]


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
