"""The page of how one is reached, and the page that a notice leads to."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts import notices
from clearline.service.contacts.models import ChangeNotice
from clearline.service.contacts.notices import token_index
from clearline.service.mail.template import Template
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import regaining
from clearline.trust.safeguards.models import Login
from tests.browser_client import browser
from tests.edge.api.app import App
from tests.edge.site.answering import words_on
from tests.promises.provider import Clock
from tests.service.accounts.people import NOW, PASSWORD, make_customer
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    SECOND,
    key_in,
    letters,
    newest_code,
    replace,
    tell,
)
from tests.trust.factors.people import add_app, code_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log", "_some_days_later")]
PAGE, REPLACE, NOT_ME = "/account/contacts/", "/account/contacts/replace/", "/account/not-me/"


@pytest.fixture
def _some_days_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A customer's pages are opened after the account was."""
    monkeypatch.setattr(timezone, "now", Clock(NOW + 3 * DAY))


def enter(user_id: str = "alice") -> Client:
    make_customer(user_id)
    client = browser()
    client.post("/account/sign-in/", {"user_id": user_id, "password": PASSWORD})
    return client


def press(client: Client, act: str, **typed: str) -> tuple[int, str]:
    answer = client.post(PAGE, {"act": act, **typed}, follow=True)
    return answer.status_code, words_on(answer.content)


def ask_to_replace(client: Client, email: str = SECOND) -> tuple[int, str]:
    answer = client.post(REPLACE, {"email": email}, follow=True)
    return answer.status_code, words_on(answer.content)


def code() -> str:
    return newest_code(now=timezone.now())


def test_an_address_is_confirmed_by_the_code_from_the_letter() -> None:
    client = enter()
    assert "not confirmed yet" in words_on(client.get(PAGE).content)

    _, asked = press(client, "confirm")
    _, done = press(client, "code", code=code())

    assert f"We sent six digits to {FIRST}" in asked
    assert f"{FIRST} confirmed" in done
    assert "when it has been yours for thirty days" in done
    assert "Change" in words_on(client.get("/account/profile/").content)


def test_a_new_address_takes_the_place_once_its_code_is_typed() -> None:
    client = enter()
    _, asked = ask_to_replace(client)
    assert f"We sent six digits to {SECOND}" in asked
    assert f"{FIRST} not confirmed yet" in asked

    _, done = press(client, "code", code=code())

    assert f"{SECOND} confirmed" in done


def test_whoever_did_not_prove_lately_who_they_are_does_so_before_an_address_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = enter()
    monkeypatch.setattr(timezone, "now", Clock(NOW + 3 * DAY + timedelta(minutes=20)))

    led = client.post(REPLACE, {"email": SECOND})
    nothing = letters(Template.ADDRESS_CODE, now=timezone.now())
    proved = client.post("/account/prove/", {"password": PASSWORD})
    _, asked = ask_to_replace(client)

    assert led["Location"].startswith("/account/prove/")
    assert nothing == []
    assert "What you had sent is still here" in words_on(proved.content)
    assert f"We sent six digits to {SECOND}" in asked


def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays() -> None:
    client = enter()

    status, page = ask_to_replace(client, "alice at home")
    answer = client.post(REPLACE, {"email": "alice at home"})

    assert status == 422
    assert "Write an address like name@example.com." in page
    assert b'value="alice at home"' in answer.content


def test_a_wrong_code_may_be_typed_again_and_a_dropped_one_may_not() -> None:
    client = enter()
    press(client, "confirm")

    status, page = press(client, "code", code="1")
    _, stopped = press(client, "drop")
    late, said = press(client, "code", code=code())

    assert (status, late) == (422, 422)
    assert "That is not the code." in page
    assert "Send me a code" in stopped
    assert "This code works no longer." in said


def test_too_many_codes_are_refused_kindly() -> None:
    client = enter()
    for _ in range(5):
        press(client, "confirm")

    status, page = press(client, "confirm")

    assert status == 429
    assert "try again in an hour" in page


@pytest.mark.parametrize("form", [{}, {"act": "x"}, {"act": ["code"], "code": "\x00" * 5_000}])
def test_a_form_that_is_none_changes_nothing(form: dict[str, str]) -> None:
    client = enter()

    answer = client.post(PAGE, form)

    assert answer.status_code in {400, 422}
    assert not Entry.objects.filter(kind__startswith="contact.").exists()


def test_the_link_of_a_notice_asks_first_and_locks_when_the_button_is_pressed() -> None:
    client = enter()
    press(client, "confirm")
    press(client, "code", code=code())
    ask_to_replace(client)
    press(client, "code", code=code())
    ((to, filled),) = tell(now=timezone.now())
    key, other = key_in(filled["link"]), browser()

    shown = other.get(NOT_ME, {"key": key})
    still = client.get(PAGE).status_code
    done = other.post(NOT_ME, {"key": key})

    assert to == FIRST
    assert "Lock my account" in words_on(shown.content)
    assert FIRST not in shown.content.decode()
    assert still == 200
    assert "Your account is locked" in words_on(done.content)
    assert client.get(PAGE).status_code == 302
    assert "works no longer" in words_on(other.get(NOT_ME, {"key": key}).content)
    assert other.post(NOT_ME, {"key": key}).status_code == 422
    assert not ChangeNotice.objects.filter(token_index=token_index(key)).exists()
    assert letters(Template.CHANGE_NOTICE, now=timezone.now())


@pytest.mark.parametrize(
    ("end", "advice"),
    [
        (("/account/close/", {"sure": "yes"}), "press Keep my account there"),
        (("/account/age/", {"age": "under_13", "sure": "yes"}), "the letter that told of that"),
    ],
)
def test_the_page_of_a_change_taken_back_says_that_the_account_is_still_closed_and_what_opens_it(
    end: tuple[str, dict[str, str]], advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = enter()
    press(client, "confirm")
    press(client, "code", code=code())
    clock = Clock(timezone.now() + DAY)
    monkeypatch.setattr(timezone, "now", clock)
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    client.post(*end)
    tell(now=clock.now)
    clock.now += 9 * DAY
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    ask_to_replace(client)
    press(client, "code", code=code())
    key = key_in(tell(now=clock.now)[-1][1]["link"])

    page = words_on(browser().post(NOT_ME, {"key": key}).content)

    assert "Your account is still closed." in page
    assert advice in page
    day = clock.now + 21 * DAY
    assert f"On {day.day} {day:%B %Y} all that it holds is erased for good." in page


def test_the_link_to_a_new_address_says_from_when_on_it_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = enter()
    press(client, "confirm")
    press(client, "code", code=code())
    ask_to_replace(client)
    press(client, "code", code=code())
    clock = Clock(timezone.now() + timedelta(hours=1))
    monkeypatch.setattr(timezone, "now", clock)
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    client.post("/account/close/", {"sure": "yes"})
    tell(now=clock.now)
    told = dict(letters(Template.CLOSING_NOTICE, now=clock.now))
    key = key_in(told[SECOND]["link"])

    asked = words_on(browser().get(NOT_ME, {"key": key}).content)
    pressed = browser().post(NOT_ME, {"key": key})
    early = App().ask("POST", "contacts/take-back", {"key": key})
    clock.now += 30 * DAY - timedelta(hours=1)
    later = words_on(browser().get(NOT_ME, {"key": key}).content)

    for page in (asked, words_on(pressed.content)):
        assert "This link does not work yet." in page
        assert "It works from 3 January 2027, " in page
    assert told[SECOND]["starts"].startswith("3 January 2027, 12:00")
    assert pressed.status_code == 422
    assert (early.status, early.told["code"]) == (409, "notice_too_new")
    assert "press the button" in later


def test_two_customers_see_their_own_address_alone() -> None:
    alice, bob = enter("alice"), enter("bob")
    ask_to_replace(bob)

    assert SECOND not in alice.get(PAGE).content.decode()
    assert press(alice, "code", code=code())[0] == 422


def taken_back_with_app() -> tuple[str, str]:
    """Return the secret of an app that is to go, and the link by which it stays."""
    client, now = enter(), timezone.now()
    alice = SubjectId(Login.objects.get().public_id)
    press(client, "confirm")
    press(client, "code", code=code())
    secret = add_app(alice, now=now)
    replace(alice, now=now)
    notices.take_back(token=key_in(tell(now=now)[-1][1]["link"]), now=now)
    filled = letters(Template.FACTORS_WAIT, now=now)[-1][1]
    return secret, filled["link"].partition("?keep=")[2]


def test_the_link_in_the_letter_to_a_newer_address_keeps_second_factors_by_a_press() -> None:
    _, key = taken_back_with_app()
    client = browser()

    asked = words_on(client.get(NOT_ME, {"keep": key}).content)
    kept = words_on(client.post(NOT_ME, {"keep": key}).content)
    again = client.post(NOT_ME, {"keep": key})

    assert "If you added them, press the button" in asked
    assert "Your account stays locked." in kept
    assert again.status_code == 422
    assert "This link works no longer." in words_on(again.content)
    assert "This link works no longer." in words_on(client.get(NOT_ME, {"keep": key}).content)
    assert "sessionid" not in client.cookies


def test_who_is_signed_in_by_a_second_factor_that_is_to_go_keeps_it_on_the_page() -> None:
    secret, _ = taken_back_with_app()
    now = timezone.now()
    alice = SubjectId(Login.objects.get().public_id)
    regaining.set_way_in(alice, regaining.new_way_in("four slow herons wade", user_id=""), now=NOW)
    client = browser()
    form = {"user_id": "alice", "password": "four slow herons wade"}
    client.post("/account/sign-in/", form)
    client.post("/account/sign-in/second/", {"code": code_of(secret, now)})

    before = words_on(client.get(PAGE).content)
    _, after = press(client, "keep")
    status, late = press(client, "keep")

    assert "Your new second factors are about to go." in before
    assert "about to go" not in after
    assert status == 422
    assert "There is nothing to keep any more." in late
