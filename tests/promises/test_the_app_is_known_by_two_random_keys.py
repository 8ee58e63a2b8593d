"""P20 and P18, clauses account.app, account.repeat and account.acts.

"While you are signed in to our app, two random keys on your device say who you are: one opens for a
quarter of an hour, the other gets the next two and is then worth nothing. With us stand only keyed
codes of them under your random number. You are signed out after a week without use and after thirty
days at the latest, and what is left is erased the day after."

"When our app sends something twice because the first answer got lost, it is done once. For that we
keep our answer for a day, sealed with a key that only the app has."
"""

import hashlib
from datetime import timedelta

import pytest

from clearline.policy.choices import NOTHING_CHOSEN
from clearline.trust.arrivals.actions import KEEP_ANSWER
from clearline.trust.arrivals.models import KeptAnswer
from clearline.trust.gate import actions as gate
from clearline.trust.ledger.models import Entry
from clearline.trust.tokens.actions import KEEP_TOKEN
from clearline.trust.tokens.models import Family, Token
from tests.edge.api.app import SIGN_UP, App, make_app
from tests.promises.provider import BEGAN, Clock, everything, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
DAY = timedelta(days=1)
KEY = "k3y-of-the-app-0123456789"


def test_with_us_stand_only_keyed_codes_of_the_keys_under_a_random_number() -> None:
    app = make_app()

    kept = everything()

    for key in (app.access, app.refresh):
        assert key not in kept
        assert hashlib.sha256(key.encode()).hexdigest() not in kept
    assert Token.objects.count() == 2
    assert Family.objects.get().login == Entry.objects.get(kind="account.opened").subject


def test_the_first_key_opens_for_a_quarter_of_an_hour_and_the_second_gets_two_once(
    clock: Clock,
) -> None:
    app = make_app()
    first = App(app.access, app.refresh)
    clock.now += timedelta(minutes=15)

    assert app.ask("GET", "account").status == 401
    app.take(app.renew())

    assert app.ask("GET", "account").status == 200
    assert first.renew().status == 403


@pytest.mark.parametrize("days", [7, 8])
def test_after_a_week_without_use_the_app_is_signed_out(days: int, clock: Clock) -> None:
    app = make_app()
    clock.now += timedelta(days=days)

    assert app.renew().status == 403


def test_after_thirty_days_it_is_signed_out_and_a_day_later_nothing_is_left(clock: Clock) -> None:
    app = make_app()
    for _ in range(5):
        clock.now += 5 * DAY
        app.take(app.renew())
    clock.now += 5 * DAY
    assert app.renew().status == 403
    work(clock.now)
    assert Family.objects.exists()

    work(clock.now + DAY)

    assert not Family.objects.exists()
    assert not Token.objects.exists()


def test_what_is_sent_twice_is_done_once_and_the_answer_is_sealed_for_a_day(clock: Clock) -> None:
    told = [App().ask("POST", "sign-up", SIGN_UP, **{"idempotency-key": KEY}) for _ in range(2)]

    kept = everything()
    assert told[0].told == told[1].told
    assert Entry.objects.filter(kind="account.opened").count() == 1
    for word in (KEY, told[0].told["access_token"], told[0].told["refresh_token"]):
        assert word not in kept
    work(clock.now + timedelta(hours=23))
    assert KeptAnswer.objects.exists()
    work(clock.now + DAY)
    assert not KeptAnswer.objects.exists()


def test_the_answer_to_what_is_sent_twice_rests_on_its_own_clause_and_not_on_a_handover() -> None:
    assert gate.ask(use=KEEP_ANSWER, choices=NOTHING_CHOSEN, now=BEGAN).clause == "account.repeat"


def test_the_keys_rest_on_the_clause_of_the_app_and_not_on_that_of_second_factors() -> None:
    assert gate.ask(use=KEEP_TOKEN, choices=NOTHING_CHOSEN, now=BEGAN).clause == "account.app"


def test_ending_a_sign_in_of_the_app_is_written_under_the_persons_number() -> None:
    app = make_app()

    app.ask("POST", "sign-out")

    opened = Entry.objects.get(kind="account.opened")
    assert Entry.objects.get(kind="customer.app_signed_out").subject == opened.subject
