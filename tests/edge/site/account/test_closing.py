"""Closing an account asks once more, and says what happens and until when it can be taken back."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import queries
from clearline.service.accounts.closing_proof import find_address
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.service.accounts.people import NOW, PASSWORD, make_customer

pytestmark = pytest.mark.django_db
PAGE = "/account/close/"


@pytest.fixture
def alice(monkeypatch: pytest.MonkeyPatch) -> SubjectId:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return make_customer()


def enter() -> Client:
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    return client


def test_the_first_button_closes_nothing_and_says_until_when_it_could_be_taken_back(
    alice: SubjectId,
) -> None:
    asked = enter().post(PAGE)

    assert "Until 31 December 2026 you can sign in and take it back" in words_on(asked.content)
    assert queries.find_closed_at(alice) is None


def test_it_tells_where_the_proof_will_stand_and_there_that_nothing_was_erased_yet(
    alice: SubjectId,
) -> None:
    client = enter()

    closed = words_on(client.post(PAGE, {"sure": "yes"}, follow=True).content)

    address = find_address(alice)
    path = address.removeprefix(settings.ENV.url)
    assert "From then on the proof of that stands at this address" in closed
    assert address in closed
    waiting = browser().get(path)
    said = words_on(waiting.content)
    assert waiting.status_code == 409
    assert "Nothing was erased yet" in said
    assert "to be erased on 31 December 2026" in said
    told = browser().get(path, headers={"accept": "application/json"}).json()
    assert told["code"] == "nothing_erased"


def test_once_it_is_taken_back_that_address_says_so_and_the_pages_tell_none(
    alice: SubjectId,
) -> None:
    client = enter()
    client.post(PAGE, {"sure": "yes"})
    path = find_address(alice).removeprefix(settings.ENV.url)

    page = words_on(client.post(PAGE, {"reopen": "yes"}, follow=True).content)

    ended = browser().get(path)
    assert "/privacy/receipt/" not in page
    assert ended.status_code == 409
    assert "was taken back, so nothing was erased by it" in words_on(ended.content)


def test_the_second_button_closes_it_on_the_day_that_was_told(alice: SubjectId) -> None:
    client = enter()

    closed = client.post(PAGE, {"sure": "yes"}, follow=True)

    assert queries.find_closed_at(alice) == NOW
    assert "On 31 December 2026 all that it holds is erased" in words_on(closed.content)
    assert "Close it now?" not in words_on(client.post(PAGE).content)
