"""What the app shows of an account, and changes in it."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from clearline.service.accounts.models import Holder
from tests.edge.api.app import SIGN_UP, App, make_app
from tests.edge.site.published import LONGER, published
from tests.promises.provider import Clock
from tests.service.accounts.people import PASSWORD
from tests.trust.ledger.log import sign_log

pytestmark = pytest.mark.django_db
NEW = "stones make rivers loud"


def test_a_profile_is_shown_and_its_names_corrected() -> None:
    app = make_app()

    said = app.ask("PUT", "profile", {"name": "Alice Reed", "screen_name": "Ali"})

    assert said.status == 200
    assert app.ask("GET", "profile").told == said.told
    assert (said.told["name"], said.told["screen_name"]) == ("Alice Reed", "Ali")
    wrong = app.ask("PUT", "profile", {"name": " "})
    assert wrong.told["errors"] == [{"field": "name", "message": "Write your name."}]


def test_closing_is_taken_back_and_neither_is_done_twice() -> None:
    app = make_app()

    told = [app.ask("POST", f"account/{act}").status for act in ("close", "close", "reopen")]

    assert told == [200, 409, 200]
    assert app.ask("GET", "account").told == {
        "is_open": True,
        "closed_at": None,
        "erased_on": None,
        "erasure_proof": None,
    }


def test_a_closed_account_says_until_when_that_can_be_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(datetime(2026, 12, 1, 12, tzinfo=UTC))
    monkeypatch.setattr(timezone, "now", clock)

    said = make_app().ask("POST", "account/close").told

    proof = Holder.objects.get().closing_proof
    assert said == {
        "is_open": False,
        "closed_at": "2026-12-01T12:00:00Z",
        "erased_on": "2026-12-31",
        "erasure_proof": f"/privacy/receipt/{proof}/",
    }


def test_closing_asks_for_a_sign_in_of_the_last_quarter_of_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    app = make_app()
    app.take(app.renew())
    clock.now += timedelta(minutes=15)
    app.take(app.renew())

    late = app.ask("POST", "account/close")
    again = App()
    again.sign_in()
    closed = again.ask("POST", "account/close")

    assert (late.status, late.told["code"]) == (403, "prove_again")
    assert closed.status == 200
    assert app.ask("POST", "account/reopen").status == 200


def test_a_name_is_corrected_only_after_a_proof_of_the_last_quarter_of_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    app = make_app()
    app.take(app.renew())
    clock.now += timedelta(minutes=15)
    app.take(app.renew())
    names = {"name": "Mallory Pike", "screen_name": ""}

    late = app.ask("PUT", "profile", names)
    business = app.ask("PUT", "profile/businesses/1", {"business_name": "Pike Ltd"})

    assert (late.status, late.told["code"]) == (403, "prove_again")
    assert (business.status, business.told["code"]) == (403, "prove_again")
    assert app.ask("GET", "profile").told["name"] == "Alice Quill"


def test_a_new_password_ends_every_other_sign_in_but_not_this_one() -> None:
    app, other = make_app(), App()
    other.sign_in()

    wrong = app.ask("PUT", "password", {"old": "x" * 20, "new": NEW})
    right = app.ask("PUT", "password", {"old": PASSWORD, "new": NEW})

    assert (wrong.status, right.status) == (403, 200)
    assert app.ask("GET", "account").status == 200
    assert (other.ask("GET", "account").status, other.renew().status) == (401, 403)
    assert App().sign_in(password=NEW).status == 200


@pytest.mark.usefixtures("own_log")
def test_the_receipt_of_the_agreement_is_given_once_it_is_signed() -> None:
    app = make_app()
    early = app.ask("GET", "agreement/receipt")
    sign_log(now=timezone.now())

    receipt = app.ask("GET", "agreement/receipt")

    assert early.told["code"] == "not_in_tree"
    assert receipt.told["head"]["kind"] == "account.opened"
    assert receipt.told["body"]["fields"]["edition"] == "2026-01-01"


def test_the_description_is_openapi_with_every_no_as_problem_json() -> None:
    told = App().ask("GET", "openapi.json").told

    assert told["openapi"].startswith("3.1")
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            kinds = {
                kind
                for status, answer in operation["responses"].items()
                if int(status) >= 400
                for kind in answer["content"]
            }
            assert kinds == {"application/problem+json"}, (method, path)
    assert "http" not in json.dumps(told["paths"])


def test_an_edition_that_lets_us_do_more_is_agreed_to_before_anything_else(tmp_path: Path) -> None:
    with published(tmp_path, (date(2026, 1, 1), ()), (date(2026, 2, 1), (LONGER,))):
        app = make_app()

        shut = app.ask("GET", "profile")
        asked = app.ask("GET", "agreement")
        other = app.ask("POST", "agreement", {"edition": "2026-01-01"})
        said = app.ask("POST", "agreement", {"edition": "2026-02-01"})

        assert (shut.status, shut.told["code"]) == (403, "agreement_needed")
        assert asked.told["asks_again"]
        assert (other.status, other.told["code"]) == (409, "other_edition")
        assert (said.told["edition"], said.told["asks_again"]) == ("2026-02-01", False)
        assert app.ask("GET", "profile").status == 200


def test_an_account_opened_for_a_business_is_told_so() -> None:
    app = App()
    told = {**SIGN_UP, "business_name": "Quill & Daughters"}
    wrong = app.ask("POST", "sign-up", {**told, "business_name": ""})
    assert wrong.told["errors"][0]["field"] == "business_name"

    app.take(app.ask("POST", "sign-up", told))

    (own,) = app.ask("GET", "profile").told["accounts"]
    assert (own["kind"], own["business_name"]) == ("business", "Quill & Daughters")
    assert len(own["number"]) == 10
