"""What an app sends twice because the answer got lost is done once and answered the same."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clearline.kit.errors import Conflict
from clearline.trust.arrivals import actions as arrivals
from clearline.trust.arrivals.actions import Sent
from clearline.trust.arrivals.models import KeptAnswer
from clearline.trust.ledger.models import Entry
from tests.edge.api.app import SIGN_UP, App, make_app

pytestmark = pytest.mark.django_db
KEY = "k3y-of-the-app-0123456789"


def test_the_same_request_is_done_once_and_answered_the_same() -> None:
    told = [App().ask("POST", "sign-up", SIGN_UP, **{"idempotency-key": KEY}) for _ in range(2)]

    assert [each.status for each in told] == [201, 201]
    assert told[0].told == told[1].told
    assert Entry.objects.filter(kind="account.opened").count() == 1


def test_another_request_under_the_same_key_is_refused() -> None:
    App().ask("POST", "sign-up", SIGN_UP, **{"idempotency-key": KEY})

    said = App().ask("POST", "sign-up", {**SIGN_UP, "name": "N"}, **{"idempotency-key": KEY})

    assert (said.status, said.told["code"]) == (422, "idempotency_key_used")


def test_the_same_key_of_somebody_else_is_another_one() -> None:
    for app in (make_app(), make_app("bob")):
        said = app.ask("POST", "account/close", None, **{"idempotency-key": KEY})
        assert said.status == 200

    assert KeptAnswer.objects.count() == 2


def test_a_refusal_is_not_kept() -> None:
    app = make_app()
    app.ask("POST", "account/reopen", None, **{"idempotency-key": KEY})

    app.ask("POST", "account/close")
    said = app.ask("POST", "account/reopen", None, **{"idempotency-key": KEY})

    assert (said.status, said.told["is_open"]) == (200, True)


@pytest.mark.parametrize("key", ["short", "x" * 65, "with spaces and more", "ä" * 20])
def test_a_key_that_can_be_guessed_or_is_none_is_refused(key: str) -> None:
    said = make_app().ask("POST", "account/close", None, **{"idempotency-key": key})

    assert said.told["code"] == "idempotency_key_refused"


@pytest.mark.parametrize(
    ("after", "code"),
    [(timedelta(seconds=1), "still_under_way"), (timedelta(minutes=2), "outcome_unknown")],
)
def test_what_is_still_being_done_is_not_done_again(after: timedelta, code: str) -> None:
    sent = Sent(KEY, "", b"POST")
    now = timezone.now()
    assert arrivals.begin_answer(sent, now=now) is None

    with pytest.raises(Conflict) as refused:
        arrivals.begin_answer(sent, now=now + after)

    assert refused.value.code == code
