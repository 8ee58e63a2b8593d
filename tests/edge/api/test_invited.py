"""Customers of before come in by the app, by the token of their letter."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from clearline.service.accounts.models import Holder
from clearline.service.mail.models import Letter
from clearline.trust.safeguards.user_ids import TAKEN_OF_NETWORK_MAX
from tests.edge.api.app import App
from tests.promises.provider import Clock
from tests.service.accounts.invited import bring_in, invite_all, link_of
from tests.service.accounts.people import NOW, PASSWORD, make_account

pytestmark = pytest.mark.django_db
TAKEN = {
    "user_id": "zoe.new",
    "password": PASSWORD,
    "age_range": "18_or_over",
    "agreed_edition": "2026-01-01",
}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(NOW)
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture(autouse=True)
def _post(settings: Settings) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = django_settings.ENV.model_copy(update={"mail_url": url})


def invited(age: str = "") -> str:
    (subject,) = bring_in("zoe", age=age)
    invite_all()
    return link_of(subject)


def test_who_was_invited_chooses_how_to_sign_in_and_is_signed_in() -> None:
    token, app = invited(), App()

    asked = app.ask("POST", "invited/ask", {"token": token})
    said = app.ask("POST", "invited", {**TAKEN, "token": token})
    app.take(said)
    again = App().ask("POST", "invited", {**TAKEN, "token": token, "user_id": "zoe.two"})

    assert asked.told == {"asks_age_range": True}
    assert said.status == 201
    assert app.ask("GET", "profile").told["is_email_confirmed"]
    assert app.ask("GET", "agreement").told["edition"] == "2026-01-01"
    assert (again.status, again.told["code"]) == (404, "no_such_invitation")
    assert App().sign_in("zoe.new").status == 200


def test_who_asks_for_many_that_are_taken_learns_no_more_from_that_network() -> None:
    make_account("alice")
    token = invited()
    asked = {**TAKEN, "token": token}
    taken = {
        App().ask("POST", "invited", {**asked, "user_id": "alice"}).told["code"]
        for _ in range(TAKEN_OF_NETWORK_MAX)
    }

    said = [App().ask("POST", "invited", {**asked, "user_id": each}) for each in ("alice", "free")]

    assert taken == {"user_id_taken"}
    assert {(each.status, each.told["code"]) for each in said} == {(429, "network_asked_too_often")}


@pytest.mark.parametrize(
    ("told", "status", "code", "field"),
    [
        ({"age_range": None}, 422, "field_wrong", "age_range"),
        ({"age_range": "under_13"}, 409, "sure_needed", None),
        ({"password": "short"}, 422, "password_refused", None),
        ({"user_id": "z"}, 422, "user_id_refused", None),
        ({"agreed_edition": "2025-01-01"}, 409, "other_edition", None),
        ({"token": "x" * 48}, 404, "no_such_invitation", None),
    ],
)
def test_who_is_refused_may_try_again_by_the_same_letter(
    told: dict[str, str], status: int, code: str, field: str | None
) -> None:
    token = invited()

    said = App().ask("POST", "invited", {**TAKEN, "token": token, **told})
    after = App().ask("POST", "invited", {**TAKEN, "token": token})

    assert (said.status, said.told["code"]) == (status, code)
    assert [each["field"] for each in said.told.get("errors", [])] == ([field] if field else [])
    assert after.status == 201


def test_the_account_of_a_child_closes_for_good_once_that_is_sure() -> None:
    token = invited()
    child = {**TAKEN, "token": token, "age_range": "under_13", "is_sure": True}

    said = App().ask("POST", "invited", child)
    after = App().ask("POST", "invited", {**TAKEN, "token": token})

    assert (said.status, said.told["code"]) == (403, "closed_for_age")
    assert (after.status, after.told["code"]) == (404, "no_such_invitation")
    assert Holder.objects.get().is_final


def test_an_age_under_13_that_was_said_by_mistake_is_corrected_by_the_same_token() -> None:
    token = invited()
    right = {"token": token, "age_range": "16_to_17", "question": "Your age", "answer": "16 or 17"}
    App().ask(
        "POST", "invited", {**TAKEN, "token": token, "age_range": "under_13", "is_sure": True}
    )

    wrong = App().ask("POST", "invited/age", {**right, "age_range": "under_13"})
    corrected = App().ask("POST", "invited/age", right)
    again = App().ask("POST", "invited/age", right)
    said = App().ask("POST", "invited", {**TAKEN, "token": token, "age_range": None})

    assert (wrong.status, wrong.told["code"]) == (403, "closed_for_age")
    assert (corrected.status, corrected.told) == (200, {"asks_age_range": False})
    assert (again.status, again.told["code"]) == (404, "no_such_invitation")
    assert said.status == 201


def test_the_age_is_asked_only_where_nobody_knows_it() -> None:
    token = invited(age="18_or_over")

    asked = App().ask("POST", "invited/ask", {"token": token})
    said = App().ask("POST", "invited", {**TAKEN, "token": token, "age_range": None})

    assert asked.told == {"asks_age_range": False}
    assert said.status == 201


def test_a_new_letter_is_asked_for_by_a_token_that_is_over_and_nobody_learns_whose(
    clock: Clock,
) -> None:
    token = invited()
    clock.now += timedelta(days=31)
    before = Letter.objects.count()

    over = App().ask("POST", "invited/ask", {"token": token})
    told = [App().ask("POST", "invited/anew", {"token": each}) for each in (token, "x" * 48)]

    assert over.status == 404
    assert [(each.status, each.told) for each in told] == [(200, {"is_asked": True})] * 2
    assert Letter.objects.count() == before + 1


def test_without_a_mail_server_no_letter_is_promised(settings: Settings) -> None:
    token = invited()
    settings.ENV = django_settings.ENV.model_copy(update={"mail_url": None})

    said = App().ask("POST", "invited/anew", {"token": token})

    assert (said.status, said.told["code"]) == (503, "no_letters_now")
