"""The pages of second factors as a browser without script meets them, at both doors."""

from datetime import timedelta

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.trust.factors import queries
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.roles import LoginKind, Role
from clearline.trust.tokens import actions as tokens
from clearline.trust.tokens.queries import list_sign_ins
from tests.browser_client import PASSWORD, add_app, browser, give_both, make_staff
from tests.promises.provider import Clock
from tests.service.accounts.people import PASSWORD as OF_CUSTOMERS
from tests.service.accounts.people import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def alice() -> Client:
    make_customer()
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": OF_CUSTOMERS})
    return client


def test_staff_without_a_factor_are_led_to_add_one_from_every_page_but_a_few() -> None:
    make_staff("olu", Role.ADMINISTRATOR)
    client = browser()
    client.post("/staff/sign-in/", {"user_id": "olu", "password": PASSWORD})

    led = {path: client.get(path).headers.get("Location") for path in ("/staff/", "/staff/people/")}
    opened = [client.get(f"/staff/{path}").status_code for path in ("security/app/", "password/")]

    assert set(led.values()) == {"/staff/security/second/"}
    assert opened == [200, 200]


def test_the_password_opens_nothing_where_a_factor_is_awaited() -> None:
    secret = add_app(make_staff("olu", Role.ADMINISTRATOR))
    client = browser()
    answer = client.post("/staff/sign-in/", {"user_id": "olu", "password": PASSWORD})

    inside = client.get("/staff/people/")
    wrong = client.post(answer["Location"], {"code": "000000"})
    right = client.post(answer["Location"], {"code": pyotp.TOTP(secret).at(timezone.now())})

    assert inside["Location"].startswith("/staff/sign-in/")
    assert (wrong.status_code, right.status_code) == (422, 302)
    assert client.get("/staff/people/").status_code == 200


def test_five_wrong_factors_lead_to_the_start() -> None:
    add_app(make_staff("olu", Role.ADMINISTRATOR))
    client = browser()
    answer = client.post("/staff/sign-in/", {"user_id": "olu", "password": PASSWORD})

    told = [client.post(answer["Location"], {"code": "000000"}) for _ in range(5)]

    assert [each.status_code for each in told] == [422] * 4 + [302]
    assert told[-1]["Location"] == "/staff/sign-in/"
    assert not Session.objects.exists()


def test_a_form_that_was_sent_waits_until_its_sender_has_proved_who_they_are(
    alice: Client, clock: Clock
) -> None:
    clock.now += timedelta(minutes=16)

    led = alice.post("/account/close/", {"sure": "yes", "why": "<b>"})
    wrong = alice.post(led["Location"], {"password": "x"})
    right = alice.post(led["Location"], {"password": OF_CUSTOMERS})

    assert led["Location"] == "/account/prove/"
    assert wrong.status_code == 422
    page = right.content.decode()
    assert right.status_code == 200
    assert 'action="/account/close/"' in page
    assert "&lt;b&gt;" in page


def test_who_proved_again_is_led_back_to_a_page_of_ours_alone(alice: Client, clock: Clock) -> None:
    clock.now += timedelta(minutes=16)
    led = alice.get("/account/security/passkey/")
    assert led["Location"] == "/account/prove/?next=%2Faccount%2Fsecurity%2Fpasskey%2F"

    back = alice.post("/account/prove/", {"password": OF_CUSTOMERS, "next": "//evil.example/"})

    assert back["Location"] == "/account/"
    assert alice.get("/account/security/passkey/").status_code == 200


@pytest.mark.parametrize("number", ["", "x", "9" * 5_000, "9" * 30, "-1", "٣"])
def test_a_passkey_that_never_was_is_not_taken_away_nor_anything_else(number: str) -> None:
    subject = str(make_customer())
    secret = add_app(subject, LoginKind.CUSTOMER)
    client = browser()
    sent = {"user_id": "alice", "password": OF_CUSTOMERS}
    answer = client.post("/account/sign-in/", sent)
    client.post(answer["Location"], {"code": pyotp.TOTP(secret).at(timezone.now())})

    told = client.post("/account/security/remove/", {"passkey": number})

    assert told.status_code == 409
    assert queries.factors_of(subject).has_app


def test_the_picture_of_a_secret_is_shown_while_it_is_needed_and_kept_nowhere(
    alice: Client,
) -> None:
    before = alice.get("/account/security/app/code.svg")
    alice.get("/account/security/app/")
    picture = alice.get("/account/security/app/code.svg")

    assert before["Location"] == "/account/security/app/"
    assert picture["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture["Cache-Control"]
    assert picture.content.startswith(b"<svg")


def test_staff_sign_in_by_both_and_out(clock: Clock) -> None:
    secret = add_app(make_staff("olu", Role.ADMINISTRATOR))
    client = browser()
    give_both(client, "olu", secret)

    answer = client.post("/staff/sign-out/")

    assert answer["Location"] == "/staff/sign-in/?signed_out=yes"
    assert "You are signed out." in client.get(answer["Location"]).content.decode()
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/staff/")["Location"].startswith("/staff/sign-in/")


def app_of_alice() -> str:
    """Sign alice in by an app, and return which sign-in it is."""
    came = signed_in_as_alice()
    return tokens.begin(signed_in=came, now=timezone.now()).family


def signed_in_as_alice() -> SignedIn:
    found = safeguards.sign_in(
        kind=LoginKind.CUSTOMER,
        user_id="alice",
        password=OF_CUSTOMERS,
        network="198.51.100.0",
        now=timezone.now(),
    )
    assert isinstance(found, SignedIn)
    return found


def apps_of_alice() -> set[str]:
    subject = SubjectId(signed_in_as_alice().public_id)
    return {each.id for each in list_sign_ins(subject, now=timezone.now())}


def test_the_app_is_among_the_places_where_one_is_signed_in_and_ends_there(alice: Client) -> None:
    one, other = app_of_alice(), app_of_alice()

    page = alice.get("/account/security/").content.decode()
    ended = alice.post("/account/security/sessions/end/", {"app": one})

    assert one in page
    assert other in page
    assert ended.status_code == 302
    assert apps_of_alice() == {other}
    assert alice.post("/account/security/sessions/end/", {"app": one}).status_code == 404


def test_signing_out_everywhere_else_ends_the_app_too(alice: Client) -> None:
    app_of_alice()

    alice.post("/account/security/sessions/end/")

    assert apps_of_alice() == set()
    assert alice.get("/account/security/").status_code == 200
