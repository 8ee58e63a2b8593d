"""Signing in to the console: who gets in, for how long, and what guessers meet."""

import time

import pytest
from django.conf import settings
from django.test import Client

from clearline.edge.entry import demo_links
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.roles import LoginKind, Role
from tests.browser_client import PASSWORD, browser, decide_roles, make_staff, signed_in
from tests.service.accounts.people import make_account

pytestmark = pytest.mark.django_db
DANA = demo_links.Named(LoginKind.STAFF, "dana")


def sign_in(client: Client, *, password: str = PASSWORD, **form: str) -> int:
    answer = client.post("/staff/sign-in/", {"user_id": "dana", "password": password, **form})
    return answer.status_code


def test_a_page_asked_for_leads_through_sign_in_to_itself() -> None:
    make_staff("dana", Role.MARKETER)
    client = browser()

    asked = client.get("/staff/visitors/?period=7")
    form = client.get(asked["Location"])
    answer = client.post(
        "/staff/sign-in/",
        {"user_id": "dana", "password": PASSWORD, "next": form.context["next"]},
    )

    assert answer["Location"] == "/staff/visitors/?period=7"


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/staff/", "/rates/"])
def test_sign_in_leads_to_the_console_and_nowhere_else(back: str) -> None:
    make_staff("dana", Role.MARKETER)
    client = browser()

    answer = client.post("/staff/sign-in/", {"user_id": "dana", "password": PASSWORD, "next": back})

    assert answer["Location"] == "/staff/"


def test_only_signing_in_sets_the_session_cookie() -> None:
    client = browser()

    client.get("/staff/")
    client.get("/staff/sign-in/")

    assert settings.SESSION_COOKIE_NAME not in client.cookies


def test_a_wrong_password_says_the_same_as_an_unknown_user_id() -> None:
    make_staff("dana", Role.MARKETER)
    client = browser()

    wrong = client.post("/staff/sign-in/", {"user_id": "dana", "password": "x" * 20})
    unknown = client.post("/staff/sign-in/", {"user_id": "nobody", "password": "x" * 20})

    assert wrong.status_code == unknown.status_code == 403
    assert wrong.context["error"] == unknown.context["error"]


def test_who_guesses_waits() -> None:
    make_staff("dana", Role.MARKETER)
    client = browser()

    told = [sign_in(client, password="x" * 20) for _ in range(6)]

    assert told == [403] * 5 + [429]
    assert sign_in(client) == 429


def test_half_an_hour_without_a_click_signs_out() -> None:
    client = signed_in("dana", Role.MARKETER)
    session = client.session
    session[sessions.SEEN_AT] = int(time.time()) - 31 * 60
    session.save()

    assert client.get("/staff/password/").status_code == 302
    assert Session.objects.count() == 0


def test_twelve_hours_sign_out_whoever_clicks_on() -> None:
    client = signed_in("dana", Role.MARKETER)
    session = client.session
    session[sessions.BEGAN_AT] = int(time.time()) - 12 * 3600 + 60
    session.save()
    assert client.get("/staff/password/").status_code == 200

    session[sessions.BEGAN_AT] = int(time.time()) - 12 * 3600 - 60
    session.save()

    assert client.get("/staff/password/").status_code == 302
    assert Session.objects.count() == 0


def test_signing_out_ends_the_session_for_a_copied_cookie_too() -> None:
    client = signed_in("dana", Role.MARKETER)
    copy = browser()
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value

    client.post("/staff/sign-out/")

    copy.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert copy.get("/staff/password/").status_code == 302


def test_a_new_password_ends_every_other_session() -> None:
    client = signed_in("dana", Role.MARKETER)
    other = browser()
    assert sign_in(other) == 302

    changed = client.post(
        "/staff/password/", {"old": PASSWORD, "new": "nine slow boats", "again": "nine slow boats"}
    )

    assert changed.status_code == 200
    assert client.get("/staff/password/").status_code == 200
    assert other.get("/staff/password/").status_code == 302


def test_a_way_in_that_is_taken_back_closes_at_the_next_click() -> None:
    admin = signed_in("olu", Role.ADMINISTRATOR)
    dana = signed_in("dana", Role.MARKETER)
    public_id = dana.session[sessions.LOGIN]

    admin.post(f"/staff/people/{public_id}/set/", {"role": "marketer", "is_active": "no"})

    assert dana.get("/staff/password/").status_code == 302
    assert sign_in(browser()) == 403


def test_the_last_administrator_stays_one() -> None:
    admin = signed_in("olu", Role.ADMINISTRATOR)
    own = admin.session[sessions.LOGIN]

    refused = admin.post(f"/staff/people/{own}/set/", {"role": "marketer", "is_active": "yes"})

    assert refused.status_code == 422
    assert "Nobody else is an administrator" in refused.content.decode()


def test_an_administrator_gives_ways_in_and_a_short_password_is_refused() -> None:
    admin = signed_in("olu", Role.ADMINISTRATOR)
    second = signed_in("ina", Role.ADMINISTRATOR)
    form = {"user_id": "dana", "role": "marketer"}

    refused = admin.post("/staff/people/", form | {"password": "short"})
    made = admin.post("/staff/people/", form | {"password": PASSWORD})
    before = sign_in(browser())
    dana = made["Location"].partition("made=")[2]
    decide_roles(second, dana, "confirm")

    assert refused.status_code == 422
    assert made.status_code == 302
    assert before == 403
    assert sign_in(browser()) == 302


def test_a_demo_link_signs_in_once_by_a_pressed_button() -> None:
    make_staff("dana", Role.MARKETER)
    link = demo_links.make_link(settings.ENV.data_dir, DANA)
    client = browser()

    assert "Sign in as dana" in client.get(link).content.decode()
    assert client.post(link).status_code == 302
    assert client.get("/staff/password/").status_code == 200
    assert browser().post(link).status_code == 404


def test_a_demo_link_of_staff_is_none_at_the_customers_door() -> None:
    make_staff("dana", Role.MARKETER)
    link = demo_links.make_link(settings.ENV.data_dir, DANA)

    assert browser().post(link.replace("/staff/", "/account/")).status_code == 404
    assert browser().post(link).status_code == 302


def test_a_demo_link_signs_a_customer_in() -> None:
    make_account()
    alice = demo_links.Named(LoginKind.CUSTOMER, "alice")
    client = browser()

    answer = client.post(demo_links.make_link(settings.ENV.data_dir, alice))

    assert answer["Location"] == "/account/"
    assert client.get("/account/profile/").status_code == 200


def test_a_demo_link_works_from_this_machine_only() -> None:
    make_staff("dana", Role.MARKETER)
    link = demo_links.make_link(settings.ENV.data_dir, DANA)
    away = Client(
        headers={"host": settings.ALLOWED_HOSTS[0], "sec-fetch-site": "same-origin"},
        REMOTE_ADDR="203.0.113.7",
    )

    assert away.post(link).status_code == 404
    assert (
        demo_links.find_user_id(settings.ENV.data_dir, LoginKind.STAFF, link.split("/")[3])
        == "dana"
    )


def test_pages_of_the_console_are_kept_by_no_cache() -> None:
    client = signed_in("dana", Role.MARKETER)

    assert client.get("/staff/password/")["Cache-Control"] == "private, no-store"
