"""How the person is reached, by the app: proved, replaced, told, taken back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clearline.service.mail.template import Template
from clearline.trust.ledger.models import Entry
from tests.edge.api.app import App, make_app
from tests.promises.provider import Clock
from tests.service.accounts.people import NOW
from tests.service.contacts.contacts import DAY, FIRST, SECOND, key_in, letters, newest_code, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The app is used some days after the account was opened."""
    clock = Clock(NOW + 3 * DAY)
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def newest() -> str:
    return newest_code(now=timezone.now())


def confirmed_app() -> App:
    app = make_app()
    app.ask("POST", "contacts/code")
    assert app.ask("POST", "contacts/confirm", {"code": newest()}).status == 200
    return app


def replaced(app: App, email: str = SECOND) -> None:
    app.ask("POST", "contacts/email", {"email": email})
    assert app.ask("POST", "contacts/confirm", {"code": newest()}).status == 200


def test_an_address_is_confirmed_by_the_code_from_the_letter() -> None:
    app = make_app()
    before = app.ask("GET", "contacts").told

    asked = app.ask("POST", "contacts/code").told
    done = app.ask("POST", "contacts/confirm", {"code": newest()}).told

    assert (before["present"]["address"], before["present"]["is_confirmed"]) == (FIRST, False)
    assert (asked["waiting"]["address"], asked["waiting"]["to"]) == (FIRST, "confirm")
    assert (done["present"]["is_confirmed"], done["waiting"]) == (True, None)
    assert app.ask("GET", "profile").told["is_email_confirmed"]
    again = app.ask("POST", "contacts/code")
    assert (again.status, again.told["code"]) == (409, "address_confirmed")


def test_a_new_address_is_that_of_record_after_thirty_days_and_the_old_one_until_then(
    clock: Clock,
) -> None:
    app = confirmed_app()
    clock.now = NOW + 40 * DAY
    app.sign_in()

    asked = app.ask("POST", "contacts/email", {"email": SECOND}).told
    done = app.ask("POST", "contacts/confirm", {"code": newest()}).told
    clock.now += 30 * DAY
    app.sign_in()
    later = app.ask("GET", "contacts").told

    assert (asked["waiting"]["address"], asked["waiting"]["to"]) == (SECOND, "replace")
    assert asked["present"]["address"] == FIRST
    assert (done["present"]["address"], done["earlier"]["address"]) == (SECOND, FIRST)
    assert done["present"]["of_record_at"] == "2027-02-09T12:00:00Z"
    assert (later["present"]["of_record_at"], later["earlier"]) == (None, None)


def test_a_change_is_told_to_the_address_before_and_taken_back_by_its_key() -> None:
    app = confirmed_app()
    replaced(app)
    told = tell(now=timezone.now())
    key = key_in(told[-1][1]["link"])

    said = App().ask("POST", "contacts/take-back", {"key": key})
    again = App().ask("POST", "contacts/take-back", {"key": key})

    assert told[-1][0] == FIRST
    opened = {"next": "recover", "is_open": True, "erased_on": None, "is_final": False}
    assert (said.status, said.told) == (200, opened)
    assert (again.status, again.told["code"]) == (404, "no_such_notice")
    assert app.ask("GET", "contacts").status == 401
    assert App().sign_in().status == 403


def test_who_takes_a_change_back_reads_that_the_account_was_closed_before_and_still_is(
    clock: Clock,
) -> None:
    app = confirmed_app()
    app.ask("POST", "account/close")
    clock.now += 9 * DAY
    app.sign_in()
    replaced(app)
    key = key_in(tell(now=timezone.now())[-1][1]["link"])

    said = App().ask("POST", "contacts/take-back", {"key": key}).told

    assert (said["is_open"], said["is_final"]) == (False, False)
    assert said["erased_on"] == str((clock.now + 21 * DAY).date())


def test_another_address_asks_for_a_sign_in_of_the_last_quarter_of_an_hour(clock: Clock) -> None:
    app = make_app()
    app.take(app.renew())
    clock.now += timedelta(minutes=15)
    app.take(app.renew())

    said = app.ask("POST", "contacts/email", {"email": SECOND})

    assert (said.status, said.told["code"]) == (403, "prove_again")
    assert letters(Template.ADDRESS_CODE, now=clock.now) == []


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"email": "alice at home"}, "field_wrong"),
        ({"email": f"{'a' * 300}@mail.example"}, "invalid"),
        ({"email": FIRST.upper()}, "same_address"),
        ({}, "invalid"),
    ],
)
def test_an_address_that_cannot_be_is_refused(told: dict[str, str], code: str) -> None:
    said = make_app().ask("POST", "contacts/email", told)

    assert (said.status, said.told["code"]) == (422, code)


def test_a_wrong_code_may_be_typed_again_and_a_dropped_one_may_not() -> None:
    app = make_app()
    app.ask("POST", "contacts/code")

    wrong = app.ask("POST", "contacts/confirm", {"code": "1"})
    dropped = app.ask("DELETE", "contacts/code").told
    late = app.ask("POST", "contacts/confirm", {"code": newest()})

    assert (wrong.status, wrong.told["code"]) == (422, "code_wrong")
    assert dropped["waiting"] is None
    assert (late.status, late.told["code"]) == (422, "no_code_waits")


def test_the_sixth_code_in_an_hour_is_refused() -> None:
    app = make_app()

    told = [app.ask("POST", "contacts/code") for _ in range(6)]

    assert [each.status for each in told] == [200] * 5 + [429]
    assert told[-1].told["code"] == "too_many_codes"
    assert told[-1].headers["Retry-After"]


def test_a_code_asked_for_twice_by_one_idempotency_key_is_sent_once() -> None:
    app, key = make_app(), {"idempotency-key": "k" * 20}

    said = [app.ask("POST", "contacts/code", **key).told for _ in range(2)]

    assert said[0] == said[1]
    assert Entry.objects.filter(kind="contact.code_sent").count() == 1


def test_nobody_sees_or_types_what_is_another_s() -> None:
    alice, bob = make_app(), make_app("bob")
    alice.ask("POST", "contacts/code")

    said = bob.ask("POST", "contacts/confirm", {"code": newest()})

    assert said.told["code"] == "no_code_waits"
    assert bob.ask("GET", "contacts").told["waiting"] is None
