"""Signing in as a customer, and out again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, signed_in
from tests.edge.site.answering import words_on
from tests.promises.provider import Clock
from tests.service.accounts.people import PASSWORD, make_customer

pytestmark = pytest.mark.django_db


def enter(client: Client, password: str = PASSWORD, **more: str) -> int:
    form = {"user_id": "alice", "password": password, **more}
    return client.post("/account/sign-in/", form).status_code


def test_a_customer_signs_in_and_out() -> None:
    make_customer()
    client = browser()
    assert enter(client) == 302
    assert client.get("/account/").status_code == 200

    answer = client.post("/account/sign-out/")

    assert (answer.status_code, answer["Location"]) == (302, "/account/sign-in/?signed_out=yes")
    assert "You are signed out." in client.get(answer["Location"]).content.decode()
    assert "You are signed out." not in client.get("/account/sign-in/").content.decode()
    assert '"cache"' in answer["Clear-Site-Data"]
    assert client.get("/account/").status_code == 302
    assert not Session.objects.exists()


def test_whoever_is_not_signed_in_is_led_to_sign_in_and_from_there_back() -> None:
    make_customer()
    client = browser()

    led = client.get("/account/profile/")
    back = client.post(
        led["Location"], {"user_id": "alice", "password": PASSWORD, "next": "/account/profile/"}
    )

    assert led["Location"] == "/account/sign-in/?next=%2Faccount%2Fprofile%2F"
    assert back["Location"] == "/account/profile/"


@pytest.mark.parametrize(
    "asked", ["//evil.example/", "/staff/", "https://evil.example", "/account/\t/"]
)
def test_nobody_is_led_elsewhere(asked: str) -> None:
    make_customer()

    answer = browser().post(
        "/account/sign-in/", {"user_id": "alice", "password": PASSWORD, "next": asked}
    )

    assert answer["Location"] == "/account/"


def test_a_wrong_password_and_an_unknown_user_id_are_told_the_same() -> None:
    make_customer()
    pages = []
    for user_id in ("alice", "alicf"):
        form = {"user_id": user_id, "password": "x" * 20}
        answer = browser().post("/account/sign-in/", form)
        assert answer.status_code == 403
        pages.append(words_on(answer.content.replace(user_id.encode(), b"")))

    assert pages[0] == pages[1]


def test_who_guesses_has_to_wait() -> None:
    make_customer()
    client = browser()

    told = [enter(client, "x" * 20) for _ in range(6)]

    assert told == [403] * 5 + [429]


@pytest.mark.parametrize(
    ("minutes", "every", "status"),
    [(24 * 60 - 30, 30, 200), (61, 61, 302), (24 * 60 + 30, 30, 302)],
)
def test_a_session_ends_after_an_hour_without_a_request_and_after_a_day(
    minutes: int, every: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_customer()
    client = browser()
    began = timezone.now()
    clock = Clock(began)
    monkeypatch.setattr(timezone, "now", clock)
    enter(client)

    for minute in range(every, minutes + 1, every):
        clock.now = began + timedelta(minutes=minute)
        answer = client.get("/account/")

    assert answer.status_code == status


def test_staff_are_no_customers_and_customers_no_staff() -> None:
    make_customer()
    client, dana = browser(), signed_in("dana", Role.MARKETER)
    enter(client)

    assert dana.get("/account/").status_code == 302
    assert client.get("/staff/").status_code == 302
    assert client.get("/account/").status_code == 200
    assert dana.get("/staff/").status_code == 200


def test_pages_of_an_account_are_stored_nowhere() -> None:
    make_customer()
    client = browser()
    enter(client)

    for path in ("/account/", "/account/profile/", "/account/sign-in/", "/account/join/"):
        assert client.get(path)["Cache-Control"] == "private, no-store"


def test_names_are_corrected_on_the_profile() -> None:
    make_customer()
    client = browser()
    enter(client)

    client.post("/account/profile/", {"name": "Alice Reed", "screen_name": "Ali"})
    wrong = client.post("/account/profile/", {"name": "", "screen_name": "Kept"})

    assert 'value="Alice Reed"' in client.get("/account/profile/").content.decode()
    assert wrong.status_code == 422
    assert "Write your name." in words_on(wrong.content)
    assert 'value="Kept"' in wrong.content.decode()


def test_a_name_is_corrected_only_by_who_proved_lately_who_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever finds a session open cannot make the document of another fit the account."""
    make_customer()
    client, now = browser(), timezone.now()
    enter(client)
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=15))

    led = client.post("/account/profile/", {"name": "Mallory Pike", "screen_name": ""})

    assert led["Location"].startswith("/account/prove/")
    assert 'value="Alice Quill"' in client.get("/account/profile/").content.decode()
