"""Where the person is signed in, seen and ended from the app."""

import pytest
from django.test import Client

from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.api.app import App, make_app
from tests.service.accounts.people import PASSWORD

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"


def enter(user_id: str = "alice") -> Client:
    client = browser(**{"user-agent": FIREFOX})
    client.post("/account/sign-in/", {"user_id": user_id, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_browsers_are_listed_and_one_is_ended() -> None:
    app = make_app()
    one, other = enter(), enter()
    items = app.ask("GET", "sessions").told["items"]

    left = app.ask("DELETE", f"sessions/{items[0]['number']}").told["items"]
    again = app.ask("DELETE", f"sessions/{items[0]['number']}")

    assert len(items) == 2
    assert "Firefox" in items[0]["device"]
    assert [each["number"] for each in left] == [items[1]["number"]]
    assert again.status == 200
    assert {is_in(one), is_in(other)} == {True, False}
    assert Entry.objects.filter(kind="customer.sessions_ended").count() == 1


def test_signing_out_everywhere_else_leaves_this_app_alone() -> None:
    app, phone = make_app(), App()
    phone.sign_in()
    browsers = [enter(), enter()]

    said = app.ask("DELETE", "sessions")

    assert (said.status, said.told) == (200, {"items": []})
    assert [is_in(each) for each in browsers] == [False, False]
    assert phone.ask("GET", "account").status == 401
    assert app.ask("GET", "account").status == 200
    assert [each["is_this"] for each in app.ask("GET", "sign-ins").told["items"]] == [True]


def test_nobody_ends_another_s_session() -> None:
    make_app()
    bob = make_app("bob")
    hers = enter()

    assert bob.ask("GET", "sessions").told == {"items": []}
    bob.ask("DELETE", "sessions")
    assert is_in(hers)


@pytest.mark.parametrize("number", ["x", "A" * 16, "0" * 15, "0" * 17])
def test_a_number_that_none_can_have_is_refused(number: str) -> None:
    assert make_app().ask("DELETE", f"sessions/{number}").status == 422
