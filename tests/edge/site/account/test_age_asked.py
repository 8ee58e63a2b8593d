"""An account whose age was forgotten opens nothing before its owner says it again."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.choices import Choices
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import queries
from clearline.service.accounts.models import Holder
from clearline.service.contacts import recovery
from clearline.service.mail.template import Template
from clearline.trust.consent import actions as consent
from clearline.trust.consent.account import choices_in_account
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.promises.provider import Clock
from tests.service.accounts.people import PASSWORD
from tests.service.contacts.contacts import LATER, confirmed, key_in, letters, tell
from tests.service.contacts.recovering import codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log", "_some_days_later")]
NEW_PASSWORD = "four slow herons wade"
AGE = "/account/age/"
CHOICES, PROMPT = "/privacy/choices/", "/privacy/choice/"


@pytest.fixture
def _some_days_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", Clock(LATER))


def press(client: Client, **typed: str) -> str:
    return client.post("/account/recover/", typed).content.decode()


def carried(page: str, name: str) -> str:
    (value,) = re.findall(rf'name="{name}" value="([^"]*)"', page)
    return str(value)


def back_in() -> Client:
    """Return the browser of who was called a child by another, took that back, and is in again."""
    confirmed()
    thief, client = browser(), browser()
    thief.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    thief.post(AGE, {"age": "under_13", "sure": "yes"})
    tell(now=LATER)
    ((_, words),) = letters(Template.CLOSING_NOTICE, now=LATER)
    client.post("/account/not-me/", {"key": key_in(words["link"])})
    asked = press(client, step="who", who="alice")
    recovery.answer_due(now=LATER)
    code = codes(now=LATER)[-1][1]
    proved = press(client, step="code", token=carried(asked, "token"), code=code)
    press(client, step="password", key=carried(proved, "key"), password=NEW_PASSWORD)
    return client


def alice() -> SubjectId:
    return SubjectId(Holder.objects.get().subject)


def choices_of_alice() -> Choices:
    by = Actor(ActorKind.SUBJECT, alice())
    return choices_in_account(consent.show_account(by=by, subject=alice(), now=timezone.now()))


@pytest.mark.parametrize(
    "page", ["", "profile/", "details/", "contacts/", "user-id/", "team/", "security/"]
)
def test_every_page_of_the_account_leads_to_the_question(page: str) -> None:
    client = back_in()

    assert client.get(f"/account/{page}")["Location"] == AGE
    assert client.post(f"/account/{page}", {"act": "remove", "field": "phone"})["Location"] == AGE


@pytest.mark.parametrize("page", ["my-data/", "close/", "agreement/"])
def test_the_ways_out_stay_open(page: str) -> None:
    assert back_in().get(f"/account/{page}").status_code in {200, 409}


def test_once_it_is_answered_the_account_serves_on() -> None:
    client = back_in()

    asked = words_on(client.get(AGE).content)
    wrong = client.post(AGE, {"age": "old"})
    answered = client.post(AGE, {"age": "16_to_17"})

    assert "tell us in which range it lies" in asked
    assert "Back to your profile" not in asked
    assert wrong.status_code == 422
    assert answered["Location"] == "/account/"
    assert "16 or 17" in words_on(client.get("/account/profile/").content)
    assert Entry.objects.filter(kind="account.age_changed").count() == 1


def test_who_says_again_to_be_under_13_closes_it_again() -> None:
    client = back_in()

    client.post(AGE, {"age": "under_13"})
    still_open = queries.find_closed_at(alice())
    client.post(AGE, {"age": "under_13", "sure": "yes"})

    assert still_open is None
    assert queries.is_closing_final(alice())
    assert "It stays closed" in words_on(client.get("/account/").content)


def test_no_yes_counts_before_the_age_is_known_and_the_page_says_why_and_what_to_do() -> None:
    client = back_in()
    said = Entry.objects.filter(kind="choice.recorded").count()

    shown = words_on(client.get(CHOICES).content)
    pressed = [client.post(CHOICES, {"act": "accept"}), client.post(PROMPT, {"answer": "accept"})]
    saved = client.post(CHOICES, {"act": "save", "content": "no", "measurement": "yes"})
    kept = words_on(client.get(client.get(saved["Location"])["Location"]).content)

    assert "does not know in which range your age lies, so no yes counts" in shown
    assert {each.status_code for each in pressed} == {403}
    assert "it asks the range" in words_on(pressed[0].content)
    assert "A yes of yours was not kept: none counts before your account knows" in kept
    assert choices_of_alice().yes == frozenset()
    assert choices_of_alice().no >= {"content"}
    assert Entry.objects.filter(kind="choice.recorded").count() == said + 1


def test_a_yes_counts_again_once_the_age_is_said() -> None:
    client = back_in()
    client.post(AGE, {"age": "18_or_over"})

    shown = words_on(client.get(CHOICES).content)
    client.post(CHOICES, {"act": "save", "content": "yes"})

    assert "does not count yet" not in shown
    assert "content" in choices_of_alice().yes


def test_no_yes_counts_of_who_was_said_to_be_under_13() -> None:
    client = back_in()
    client.post(AGE, {"age": "under_13", "sure": "yes"})

    shown = words_on(client.get(CHOICES).content)
    accepted = client.post(CHOICES, {"act": "accept"})

    assert "Your account says that you are under 13, so no yes counts in it" in shown
    assert accepted.status_code == 403
    assert choices_of_alice().yes == frozenset()
