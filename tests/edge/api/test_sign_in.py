"""The app opens an account, signs in, gets new keys and gives them back."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from clearline.trust.ledger.models import Entry
from clearline.trust.tokens.models import Family
from tests.edge.api.app import SIGN_UP, App, make_app
from tests.promises.provider import Clock
from tests.service.accounts.people import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def test_an_app_opens_an_account_under_the_edition_in_force_and_is_signed_in() -> None:
    app = App()
    policy = app.ask("GET", "policy").told

    said = app.ask("POST", "sign-up", {**SIGN_UP, "agreed_edition": policy["edition"]})

    assert said.status == 201
    app.take(said)
    held = app.ask("GET", "profile").told
    assert (held["name"], held["email"]) == ("Carol Reed", "carol@mail.example")
    agreed = app.ask("GET", "agreement").told
    assert agreed["edition"] == policy["edition"]
    assert Entry.objects.get(public_id=agreed["proof"]).kind == "account.opened"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"agreed_edition": "2025-01-01"}, 409, "other_edition"),
        ({"age_range": "under_13"}, 403, "too_young"),
        ({"email": "carol"}, 422, "field_wrong"),
        ({"password": "short"}, 422, "password_refused"),
        ({"user_id": "a b"}, 422, "user_id_refused"),
        ({"name": "n" * 301}, 422, "invalid"),
        ({"admin": True}, 422, "invalid"),
        ({"age_range": 18}, 422, "invalid"),
    ],
)
def test_what_cannot_be_taken_is_told_and_opens_nothing(
    changed: dict[str, object], status: int, code: str
) -> None:
    said = App().ask("POST", "sign-up", {**SIGN_UP, **changed})

    assert (said.status, said.told["code"]) == (status, code)
    assert said.headers["Content-Type"] == "application/problem+json"
    assert not Entry.objects.exists()


def test_a_field_that_is_wrong_is_named_and_its_words_are_not_said_back() -> None:
    said = App().ask("POST", "sign-up", {**SIGN_UP, "user_id": ["secret words"]})

    assert [each["field"] for each in said.told["errors"]] == ["user_id"]
    assert "secret" not in str(said.told)


def test_a_wrong_password_and_an_unknown_user_id_are_told_the_same() -> None:
    make_customer()

    wrong, unknown = App().sign_in(password="x" * 20), App().sign_in("alicf", "x" * 20)

    assert (wrong.status, wrong.told) == (unknown.status, unknown.told)
    assert wrong.told["code"] == "sign_in_refused"


def test_who_guesses_has_to_wait_and_the_page_and_the_app_count_together() -> None:
    make_customer()

    told = [App().sign_in(password="x" * 20).status for _ in range(6)]

    assert told == [403] * 5 + [429]


def test_each_use_of_the_second_key_gives_two_new_ones_and_ends_the_old_ones() -> None:
    make_customer()
    app = App()
    app.sign_in()
    old = App(app.access)

    app.take(app.renew())

    assert app.ask("GET", "account").status == 200
    assert old.ask("GET", "account").status == 401


def test_a_key_that_is_used_twice_ends_the_whole_sign_in_and_that_is_noted() -> None:
    app = make_app()
    thief = App(refresh=app.refresh)
    app.take(app.renew())

    assert thief.renew().status == 403

    assert app.ask("GET", "account").status == 401
    assert app.renew().told["code"] == "token_ended"
    assert Entry.objects.filter(kind="customer.app_signed_out").count() == 1


@pytest.mark.parametrize("token", ["", "x", "y" * 201, "ä"])
def test_a_key_that_never_was_opens_nothing(token: str) -> None:
    make_app()

    said = App(token).ask("GET", "account", authorization=f"Bearer {token}")

    assert (said.status, said.told["code"]) == (401, "token_needed")
    assert said.headers["www-authenticate"] == 'Bearer realm="app"'
    assert App().renew(token or "z").status == 403 if len(token) <= 200 else True


@pytest.mark.parametrize(
    ("after", "status"),
    [(timedelta(minutes=14), 200), (timedelta(minutes=16), 401)],
)
def test_the_first_key_opens_for_a_quarter_of_an_hour(
    after: timedelta, status: int, clock: Clock
) -> None:
    app = make_app()
    clock.now += after

    assert app.ask("GET", "account").status == status


@pytest.mark.parametrize(
    ("every", "times", "status"),
    [(timedelta(days=6), 4, 200), (timedelta(days=8), 1, 403), (timedelta(days=6), 5, 403)],
)
def test_a_sign_in_ends_after_a_week_without_use_and_after_thirty_days(
    every: timedelta, times: int, status: int, clock: Clock
) -> None:
    app = make_app()
    began: datetime = clock.now
    for _ in range(times):
        clock.now += every
        said = app.renew()
        if said.status == 200:
            app.take(said)

    assert said.status == status, clock.now - began


def test_a_person_sees_their_sign_ins_page_by_page_and_ends_one() -> None:
    app, others = make_app(), [App() for _ in range(4)]
    for each in others:
        each.sign_in()
    make_app("bob")

    first = app.ask("GET", "sign-ins?limit=3").told
    second = app.ask("GET", f"sign-ins?limit=3&cursor={first['next']}").told
    ids = [each["id"] for each in (*first["items"], *second["items"])]
    ended = app.ask("DELETE", f"sign-ins/{ids[0]}")

    assert (len(set(ids)), second["next"]) == (5, None)
    assert [each["is_this"] for each in second["items"]] == [False, True]
    assert ended.status == 200
    assert others[-1].ask("GET", "account").status == 401
    assert app.ask("DELETE", f"sign-ins/{ids[0]}").told["code"] == "no_such_sign_in"


def test_what_is_another_s_is_not_found() -> None:
    app, bob = make_app(), make_app("bob")
    theirs = bob.ask("GET", "sign-ins").told["items"][0]["id"]

    assert app.ask("DELETE", f"sign-ins/{theirs}").status == 404
    assert app.ask("GET", f"sign-ins?cursor={theirs}").status == 404
    assert bob.ask("GET", "account").status == 200


def test_all_end_at_once_and_signing_out_ends_one() -> None:
    app, other = make_app(), App()
    other.sign_in()
    assert other.ask("POST", "sign-out").told == {"ended": 1}
    other.sign_in()

    assert app.ask("DELETE", "sign-ins").told == {"ended": 2}

    assert app.ask("GET", "account").status == other.ask("GET", "account").status == 401
    assert not Family.objects.filter(ended_at__isnull=True).exists()
