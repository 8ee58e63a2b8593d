"""The pages by which somebody gets back in, and what they ask: never a fact about person or bill.

CP-04: "account number or part, the phone number, bill amount" never authenticate anybody.
CP-05: nor does what others can find out: "SSN or last 4, mother's maiden name, home address, birth
date".
"""

import re

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from clearline.service.contacts import recovery
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.promises.provider import Clock
from tests.service.contacts.contacts import FIRST, LATER, confirmed
from tests.service.contacts.recovering import codes, links
from tests.trust.factors.people import add_app, add_passkey, code_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log", "_some_days_later")]
PAGE = "/account/recover/"
NEW_PASSWORD = "four slow herons wade"
# All that the steps may ask or carry; a field that is not here needs the law read again.
FIELDS = {
    *("step", "who", "token", "link", "code", "key"),
    *("forgot", "user_id", "password", "asks", "factor"),
}
FACTS = re.compile(
    r"birth|dob|ssn|social|maiden|mother|pet|school|street|zip|postal|phone|"
    r"account_number|bill|amount|balance|card|question|answer|hint"
)


@pytest.fixture
def _some_days_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", Clock(LATER))


def press(client: Client, **typed: str) -> tuple[int, str]:
    answer = client.post(PAGE, typed)
    return answer.status_code, answer.content.decode()


def carried(page: str, name: str) -> str:
    (value,) = re.findall(rf'name="{name}" value="([^"]*)"', page)
    return str(value)


def letter() -> str:
    recovery.answer_due(now=LATER)
    return codes(now=LATER)[-1][1]


def asked(page: str) -> set[str]:
    main = page.partition("<main")[2].partition("<footer")[0]
    return set(re.findall(r'<(?:input|select|textarea)\b[^>]*\bname="([^"]+)"', main))


def test_from_the_sign_in_page_to_a_new_password_and_in() -> None:
    confirmed()
    client = browser()
    assert f'href="{PAGE}"' in client.get("/account/sign-in/").content.decode()

    _, first = press(client, step="who", who="alice")
    _, second = press(client, step="code", token=carried(first, "token"), code=letter())
    status, last = press(client, step="password", key=carried(second, "key"), password=NEW_PASSWORD)

    assert "Look into your mail." in first
    assert 'name="user_id"' not in second
    assert status == 200
    assert "everybody who was signed in is signed out" in last
    assert client.get("/account/").status_code == 200  # and this browser is signed in
    form = {"user_id": "alice", "password": NEW_PASSWORD}
    assert client.post("/account/sign-in/", form)["Location"] == "/account/"


def test_the_link_in_the_letter_goes_on_by_a_press_and_in_any_browser() -> None:
    confirmed()
    press(browser(), step="who", who="alice")
    letter()
    (link,) = links(now=LATER)
    client = browser()

    looked = client.get(PAGE, {"link": link}).content.decode()
    looked = client.get(PAGE, {"link": link}).content.decode()  # by a program that reads mail, say
    _, last = press(client, step="link", link=carried(looked, "link"))
    press(client, step="password", key=carried(last, "key"), password=NEW_PASSWORD)
    status, over = press(client, step="link", link=link)

    assert "until you have set it, nothing changes" in looked
    assert status == 422
    assert "Follow the one in your newest letter, or begin again." in over
    assert client.get(PAGE, {"link": link}).status_code == 422
    form = {"user_id": "alice", "password": NEW_PASSWORD}
    assert client.post("/account/sign-in/", form)["Location"] == "/account/"


def test_who_typed_an_address_may_choose_a_new_user_id() -> None:
    confirmed()
    client = browser()
    _, first = press(client, step="who", who=FIRST)
    _, second = press(client, step="code", token=carried(first, "token"), code=letter())

    form = {"step": "password", "key": carried(second, "key"), "forgot": "yes"}
    status, wrong = press(client, **form, user_id="a b", password=NEW_PASSWORD)
    press(client, **form, user_id="a.quill", password=NEW_PASSWORD)

    assert status == 422
    assert 'value="a b"' in wrong
    assert NEW_PASSWORD not in wrong
    enter = {"user_id": "a.quill", "password": NEW_PASSWORD}
    assert client.post("/account/sign-in/", enter).status_code == 302


def test_who_has_an_app_is_asked_for_its_code_as_well() -> None:
    secret = add_app(confirmed(), now=LATER)
    client = browser()
    _, first = press(client, step="who", who="alice")
    _, second = press(client, step="code", token=carried(first, "token"), code=letter())
    form = {"step": "password", "key": carried(second, "key"), "asks": "yes"}

    status, refused = press(client, **form, password=NEW_PASSWORD, factor="000000")
    _, done = press(client, **form, password=NEW_PASSWORD, factor=code_of(secret, LATER))

    assert 'name="factor"' in second
    assert status == 422
    assert "That was not right, or was used before." in refused
    assert "Your new password is set" in done


def test_who_has_passkeys_alone_is_asked_for_one_before_they_are_in() -> None:
    """AS-02: "given reset link used, then MFA still asked"."""
    add_passkey(confirmed())
    client = browser()
    _, first = press(client, step="who", who="alice")
    _, second = press(client, step="code", token=carried(first, "token"), code=letter())

    _, done = press(client, step="password", key=carried(second, "key"), password=NEW_PASSWORD)

    assert 'href="/account/sign-in/second/"' in done
    assert client.get("/account/")["Location"].startswith("/account/sign-in/")
    assert "passkey" in client.get("/account/sign-in/second/").content.decode()


def test_who_is_known_and_who_is_not_read_the_same_page() -> None:
    """AS-05: "same body, status"."""
    confirmed()
    pages = []
    for who in ("alice", "nobody", FIRST, "nobody@mail.example"):
        status, page = press(browser(), step="who", who=who)
        _, wrong = press(browser(), step="code", token=carried(page, "token"), code="1")
        token = carried(page, "token")
        told = [re.sub(r"id=[0-9a-f]{16}", "", each).replace(token, "") for each in (page, wrong)]
        pages.append((status, *told))

    assert pages[0] == pages[1] == pages[2] == pages[3]


def test_what_is_wrong_is_said_beside_the_field() -> None:
    client = browser()
    confirmed()

    empty, nothing = press(client, step="who", who=" ")
    _, page = press(client, step="who", who="alice")
    token = carried(page, "token")
    mistyped, again = press(client, step="code", token=token, code="1")
    _, proved = press(client, step="code", token=token, code=letter())
    weak, short = press(client, step="password", key=carried(proved, "key"), password="short")
    over, begin = press(client, step="code", token="x", code="1")

    assert (empty, mistyped, weak, over) == (422, 422, 422, 422)
    assert "Write your user ID or your e-mail address." in nothing
    assert carried(again, "token") == token
    assert "Use at least 15 characters." in short
    assert "Begin again." in begin
    assert 'name="who"' in begin


def test_who_asks_too_often_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "ASKS_TAKEN_MAX", 1)
    press(browser(), step="who", who="one")

    status, page = press(browser(), step="who", who="two")

    assert status == 429
    assert "Wait 15 minutes." in page


@pytest.mark.parametrize("step", ["", "done", "x" * 5_000, "\x00"])
def test_a_step_that_is_none_is_refused(step: str) -> None:
    assert press(browser(), step=step)[0] == 422


def test_no_step_asks_for_a_fact_about_the_person_or_the_account() -> None:
    """CP-04, CP-05, CP-42, CP-44, ID-04: a code, a passkey or a recovery code, never a question."""
    add_app(confirmed(), now=LATER)
    client = browser()
    first = client.get(PAGE).content.decode()
    _, second = press(client, step="who", who=FIRST)
    _, third = press(client, step="code", token=carried(second, "token"), code=letter())
    press(client, step="who", who=FIRST)
    letter()
    fourth = client.get(PAGE, {"link": links(now=LATER)[-1]}).content.decode()

    fields = set().union(*map(asked, (first, second, third, fourth)))

    assert fields == FIELDS
    assert not [each for each in fields if FACTS.search(each)]


def test_no_table_holds_a_question_or_a_hint_by_which_somebody_could_be_asked() -> None:
    """ID-04: "no `security_question`" in the schema."""
    columns = {
        field.name
        for model in apps.get_models()
        if model.__module__.startswith("clearline.")
        for field in model._meta.concrete_fields  # noqa: SLF001  # Django's own name for it
    }

    assert not [each for each in columns if re.search("question|hint|maiden|birth|ssn", each)]


def test_who_holds_bill_and_birth_date_gets_nowhere() -> None:
    """CP-42: given an attacker who holds bill, birth date and SSN4, then no session."""
    confirmed()
    client = browser()
    _, page = press(client, step="who", who="alice")

    facts = {"account_number": "1", "birth_date": "1980-01-01", "ssn4": "1234", "amount": "10"}
    status, refused = press(
        client, step="code", token=carried(page, "token"), code="12345678", **facts
    )

    assert status == 422
    assert "That is not the code." in words_on(refused.encode())
    assert "sessionid" not in client.cookies
    guessed = {"user_id": "alice", "password": "not the right one", **facts}
    assert client.post("/account/sign-in/", guessed).status_code == 403
    assert "sessionid" not in client.cookies
