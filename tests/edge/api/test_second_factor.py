"""The app of who has a second factor gets no key for the password alone."""

import json
from datetime import timedelta

import pyotp
import pytest
from django.utils import timezone
from webauthn.helpers import base64url_to_bytes

from clearline.trust.factors import actions as factors
from clearline.trust.factors.proof import PasskeyAnswer
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.tokens.models import Family
from tests.browser_client import add_app, browser
from tests.edge.api.app import App, Said
from tests.promises.provider import Clock
from tests.service.accounts.people import PASSWORD, make_customer
from tests.trust.factors.authenticator import Authenticator

pytestmark = pytest.mark.django_db
CUSTOMER = LoginKind.CUSTOMER
CHALLENGE = b"c" * 32


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def secret() -> str:
    return add_app(make_customer(), CUSTOMER)


def give(step: Said, **told: object) -> Said:
    return App().ask("POST", "sign-in/second", {"second_step": step.told["second_step"], **told})


def code_now(secret: str) -> str:
    return pyotp.TOTP(secret).at(timezone.now())


def test_the_password_alone_gives_no_key_and_a_code_of_the_app_does(secret: str) -> None:
    app = App()

    step = app.sign_in()
    said = give(step, code=code_now(secret))

    assert (step.status, step.told["by"], step.told["passkey"]) == (202, ["app"], None)
    assert not set(step.told) & {"access_token", "refresh_token"}
    assert said.status == 200
    app.take(said)
    assert app.ask("GET", "account").status == 200
    assert Entry.objects.filter(kind="customer.signed_in").count() == 1


def test_the_step_is_used_up_by_the_keys_that_it_gave(secret: str, clock: Clock) -> None:
    step = App().sign_in()
    give(step, code=code_now(secret))
    clock.now += timedelta(minutes=1)

    again = give(step, code=code_now(secret))

    assert (again.status, again.told["code"]) == (403, "second_step_ended")
    assert Family.objects.count() == 1
    assert not Session.objects.exists()


def test_a_recovery_code_lets_in_once(secret: str) -> None:
    subject = str(Entry.objects.filter(kind="customer.factor_added").get().subject)
    code = factors.make_recovery_codes(kind=CUSTOMER, public_id=subject, now=timezone.now())[0]
    step, other = App().sign_in(), App().sign_in()

    first, second = give(step, code=code), give(other, code=code)

    assert step.told["by"] == ["app", "recovery_code"]
    assert (first.status, second.status, second.told["code"]) == (200, 403, "factor_refused")


def test_a_passkey_answers_the_challenge_that_came_along_once() -> None:
    subject = str(make_customer())
    site = factors.site_here()
    key = Authenticator(host=site.host, origin=site.origin)
    made = PasskeyAnswer(key.make(CHALLENGE), CHALLENGE)
    factors.add_passkey(
        kind=CUSTOMER, public_id=subject, answer=made, name="Phone", now=timezone.now()
    )
    step = App().sign_in()
    challenge = step.told["passkey"]["challenge"]
    answer = json.loads(key.sign(base64url_to_bytes(challenge)))

    wrong = give(step, passkey=json.loads(key.sign(CHALLENGE)))
    late = give(step, passkey=answer)
    fresh = App().sign_in()
    right = give(
        fresh, passkey=json.loads(key.sign(base64url_to_bytes(fresh.told["passkey"]["challenge"])))
    )

    assert (wrong.status, late.status, right.status) == (403, 403, 200)
    assert step.told["by"] == ["passkey"]


def test_five_wrong_tries_end_the_step_and_the_right_code_comes_too_late(
    secret: str, clock: Clock
) -> None:
    step = App().sign_in()
    wrong = [give(step, code="000000").status for _ in range(5)]
    clock.now += timedelta(minutes=1)

    late = give(step, code=code_now(secret))

    assert set(wrong) <= {403, 429}
    assert (late.status, late.told["code"]) == (403, "second_step_ended")
    assert not Family.objects.exists()


def test_the_step_is_over_after_five_minutes(secret: str, clock: Clock) -> None:
    step = App().sign_in()
    clock.now += timedelta(minutes=5)

    said = give(step, code=code_now(secret))

    assert (said.status, said.told["code"]) == (403, "second_step_ended")


@pytest.mark.parametrize("step", ["k" * 32, "0" * 32])
def test_a_step_that_never_was_opens_nothing(step: str, secret: str) -> None:
    said = App().ask("POST", "sign-in/second", {"second_step": step, "code": code_now(secret)})

    assert (said.status, said.told["code"]) == (403, "second_step_ended")


@pytest.mark.parametrize(
    "told",
    [
        {"second_step": "x", "code": "123456"},
        {"code": "123456"},
        {"second_step": "k" * 32, "code": 123456},
        {"second_step": "k" * 32, "code": "1" * 301},
        {"second_step": "k" * 32, "passkey": "text"},
        {"second_step": "k" * 32, "other": "x"},
    ],
)
def test_what_is_not_of_the_form_is_told(told: dict[str, object]) -> None:
    said = App().ask("POST", "sign-in/second", told)

    assert (said.status, said.told["code"]) == (422, "invalid")


def test_the_session_of_a_browser_is_no_step_of_the_app(secret: str) -> None:
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    client.post("/account/sign-in/second/", {"code": code_now(secret)})
    cookie = next(iter(client.cookies.values())).value

    said = App().ask("POST", "sign-in/second", {"second_step": cookie, "code": "000000"})

    assert (said.status, said.told["code"]) == (403, "second_step_ended")
    assert client.get("/account/").status_code == 200


def test_a_new_password_ends_the_step(secret: str, clock: Clock) -> None:
    subject = str(Entry.objects.filter(kind="customer.factor_added").get().subject)
    step = App().sign_in()
    safeguards.change_password(
        public_id=subject, old=PASSWORD, new="loud rivers make stones", now=timezone.now()
    )

    said = give(step, code=code_now(secret))

    assert said.status == 403
    assert not Family.objects.exists()


@pytest.mark.parametrize("depth", [100, 900, 6_000])
def test_an_answer_of_any_depth_proves_nothing_and_breaks_nothing(depth: int, secret: str) -> None:
    step = App().sign_in().told["second_step"]
    deep = '{"second_step": "' + step + '", "passkey": {"id": ' + "[" * depth + "]" * depth + "}}"

    said = browser().generic("POST", "/api/v1/sign-in/second", deep, "application/json")

    assert said.status_code in {400, 403, 422}
