"""What never gets through to the app's way in, and what every answer says."""

import pytest
from django.conf import settings
from django.test import Client

from clearline.edge.api import limits
from clearline.edge.api.guard import BODY_BYTES_MAX
from clearline.service.accounts.models import Holder
from clearline.trust.arrivals.limits import Limit
from tests.browser_client import browser
from tests.edge.api.app import SIGN_UP, App, make_app
from tests.service.accounts.people import PASSWORD, make_customer

pytestmark = pytest.mark.django_db
EVIL = "https://evil.example"


def test_a_session_cookie_opens_nothing_here() -> None:
    make_customer()
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    assert client.get("/account/").status_code == 200

    answer = client.get("/api/v1/profile")

    assert answer.status_code == 401
    assert not answer.cookies


@pytest.mark.parametrize(
    "sent",
    [
        {"origin": EVIL},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
        {"origin": EVIL, "sec-fetch-site": "cross-site"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_a_page_of_another_origin_can_do_nothing_even_with_a_key(
    sent: dict[str, str], method: str
) -> None:
    app = make_app()

    said = app.ask(method, "sign-ins", **sent)

    assert (said.status, said.told["code"]) == (403, "other_origin")
    assert not [name for name in said.headers if name.lower().startswith("access-control-")]
    assert app.ask("GET", "account").status == 200


def test_a_page_that_asks_whether_it_may_is_not_told_so() -> None:
    asked = {"origin": settings.ENV.url, "access-control-request-method": "PUT"}

    said = make_app().ask("OPTIONS", "profile", **asked)

    assert said.status == 405
    assert not [name for name in said.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_form_can_send_is_not_read(kind: str) -> None:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})

    answer = client.generic("POST", "/api/v1/sign-up", str(SIGN_UP), kind)

    assert answer.status_code == 415
    assert not Holder.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 9_000,
        b'{"user_id":' * 1_400,
        b'{"user_id": NaN}',
        b"\xff",
        b'{"user_id": "\\ud800", "password": "x"}',
        b"[]",
        b"null",
    ],
)
def test_what_is_not_good_json_is_refused_calmly(body: bytes) -> None:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})

    answer = client.generic("POST", "/api/v1/sign-in", body, "application/json")

    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_that_is_too_long_is_refused_unread() -> None:
    said = App().ask("POST", "sign-in", {"user_id": "x" * BODY_BYTES_MAX, "password": ""})

    assert (said.status, said.told["code"]) == (413, "too_long")


@pytest.mark.parametrize("path", ["nothing", "sign-ins/x/y", "", "profile/"])
def test_what_is_not_there_is_a_problem_too(path: str) -> None:
    said = make_app().ask("GET", path)

    assert (said.status, said.told["code"]) == (404, "not_found")
    assert said.headers["Cache-Control"] == "no-store"


def test_every_answer_says_how_much_more_may_be_asked() -> None:
    app = make_app()
    app.ask("GET", "account")

    said = app.ask("GET", "account")

    assert said.headers["RateLimit-Policy"] == '"network";q=6000;w=300, "token";q=300;w=300'
    assert ',"token";r=298;t=' in said.headers["RateLimit"].replace(" ", "")
    assert said.headers["Cache-Control"] == "no-store"


def test_who_asks_too_often_is_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    few = Limit("token", quota=3, window=limits.BY_TOKEN.window)
    monkeypatch.setattr("clearline.edge.api.guard.BY_TOKEN", few)
    app, bob = make_app(), make_app("bob")

    told = [app.ask("GET", "account") for _ in range(4)]

    assert [each.status for each in told] == [200, 200, 200, 429]
    assert 1 <= int(told[-1].headers["Retry-After"]) <= 300
    assert told[-1].told["code"] == "asked_too_often"
    assert bob.ask("GET", "account").status == 200


def test_a_fault_of_ours_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object, **__: object) -> None:
        message = "the secret of Alice"
        raise RuntimeError(message)

    app = make_app()
    monkeypatch.setattr("clearline.service.accounts.queries.find_closed_at", fall)
    client = Client(
        raise_request_exception=False,
        headers={
            "host": settings.ALLOWED_HOSTS[0],
            "authorization": f"Bearer {app.access}",
        },
    )

    answer = client.get("/api/v1/account")

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert b"Alice" not in answer.content


@pytest.mark.parametrize(
    "told",
    ["{access}", "Basic {access}", "Bearer  {access}", "Bearer {access},", "Bearer {refresh}"],
)
def test_a_key_that_is_told_in_another_way_or_is_for_another_end_opens_nothing(told: str) -> None:
    app = make_app()
    told = told.format(access=app.access, refresh=app.refresh)

    said = app.ask("GET", "account", authorization=told)

    assert (said.status, said.told["code"]) == (401, "token_needed")
    assert App().ask("GET", f"account?access_token={app.access}").status == 401
    assert App().renew(app.access).told["code"] == "token_ended"
    assert app.ask("GET", "account", authorization=f"bearer {app.access}").status == 200


@pytest.mark.parametrize("path", ["my-data/lines", "sign-ins", "policy", "nothing"])
def test_an_address_with_more_fields_than_are_read_is_refused(path: str) -> None:
    query = "&".join(f"a{number}=1" for number in range(200))

    said = make_app().ask("GET", f"{path}?{query}")

    assert (said.status, said.told["code"]) == (400, "unreadable")
