"""Closing an account asks once more, and says what happens and until when it can be taken back."""

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import queries
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


def test_the_second_button_closes_it_on_the_day_that_was_told(alice: SubjectId) -> None:
    client = enter()

    closed = client.post(PAGE, {"sure": "yes"}, follow=True)

    assert queries.find_closed_at(alice) == NOW
    assert "On 31 December 2026 all that it holds is erased" in words_on(closed.content)
    assert "Close it now?" not in words_on(client.post(PAGE).content)
