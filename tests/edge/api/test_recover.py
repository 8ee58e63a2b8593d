"""Who forgot gets back in by the app, and nobody learns there who is a customer."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from webauthn.helpers import base64url_to_bytes

from clearline.service.contacts import recovery
from clearline.service.mail.models import Letter
from tests.edge.api.app import App, Said, make_app
from tests.promises.provider import Clock
from tests.service.accounts.people import NOW, PASSWORD
from tests.service.contacts.contacts import DAY, FIRST, confirmed, key_in, replace, tell
from tests.service.contacts.recovering import codes, links
from tests.trust.factors.people import add_app, add_passkey, code_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
NEW = "four slow herons wade"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(NOW + 40 * DAY)
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def ask(who: str) -> Said:
    return App().ask("POST", "recover", {"who": who})


def give(path: str, **told: str) -> Said:
    return App().ask("POST", f"recover/{path}", told)


def letter() -> tuple[str, str]:
    """Let the worker answer, and return the code and the link of the newest letter."""
    now = timezone.now()
    recovery.answer_due(now=now)
    return codes(now=now)[-1][1], links(now=now)[-1]


def proved(who: str = "alice") -> Said:
    asked = ask(who).told
    return give("code", token=asked["token"], code=letter()[0])


def test_a_forgotten_password_is_set_anew_by_the_code_of_the_letter() -> None:
    confirmed()
    before = App()
    before.sign_in()

    said = proved()
    done = give("password", key=said.told["key"], password=NEW)
    again = give("password", key=said.told["key"], password=NEW)

    assert (said.told["may_set_user_id"], said.told["asks_for_code"]) == (False, False)
    assert done.status == 200
    back = App()
    back.take(done)
    assert back.ask("GET", "account").status == 200
    assert (again.status, again.told["code"]) == (422, "recovery_over")
    assert before.ask("GET", "account").status == 401
    assert (App().sign_in().status, App().sign_in(password=NEW).status) == (403, 200)


def test_who_forgot_the_user_id_chooses_a_new_one_by_the_link_of_the_letter() -> None:
    confirmed()
    make_app("bob")
    ask(FIRST)
    link = letter()[1]

    said = give("link", link=link)
    taken = give("password", key=said.told["key"], password=NEW, user_id="bob")
    done = give("password", key=said.told["key"], password=NEW, user_id="alice.quill")

    assert said.told["may_set_user_id"]
    assert (taken.status, taken.told["code"]) == (409, "user_id_taken")
    assert done.status == 200
    assert App().sign_in("alice.quill", NEW).status == 200
    assert App().sign_in("alice", NEW).status == 403
    twice = give("link", link=link)
    assert (twice.status, twice.told["code"]) == (422, "recovery_over")


def test_who_has_an_app_that_shows_codes_gives_one(clock: Clock) -> None:
    secret = add_app(confirmed(), now=clock.now)
    key = proved().told["key"]

    told = [
        give("password", key=key, password=NEW, code=code)
        for code in ("", "000000", code_of(secret, clock.now))
    ]

    assert [each.status for each in told] == [403, 403, 200]
    assert told[-1].told["access_token"]
    assert told[0].told["code"] == "factor_refused"
    assert App().sign_in(password=NEW).status == 202


def test_whoever_is_asked_for_the_answer_is_the_same_by_the_same_statements() -> None:
    confirmed()
    ask("anybody")  # the first request of a network begins its counts
    said, statements = [], []
    for who in ("alice", "nobody", FIRST, "nobody@mail.example", "x" * 300):
        with CaptureQueriesContext(connection) as captured:
            said.append(ask(who))
        statements.append([each["sql"].split()[0] for each in captured.captured_queries])

    assert {(each.status, tuple(each.told), each.told["until"]) for each in said} == {
        (200, ("token", "until"), "2027-01-10T12:15:00Z")
    }
    assert len({len(each.told["token"]) for each in said}) == 1
    assert all(each == statements[0] for each in statements)


def test_wrong_codes_are_refused_alike_and_after_three_it_begins_anew() -> None:
    confirmed()
    known, unknown = ask("alice").told["token"], ask("nobody").told["token"]
    right = letter()[0]

    for token in (known, unknown):
        told = [give("code", token=token, code="00000000") for _ in range(4)]
        assert [each.told["code"] for each in told] == ["letter_code_wrong"] * 3 + ["recovery_over"]

    late = give("code", token=known, code=right)
    assert (late.status, late.told["code"]) == (422, "recovery_over")
    assert give("link", link=letter()[1]).status == 200, "the link works whatever was guessed"


@pytest.mark.parametrize(
    ("path", "told", "code"),
    [
        ("", {"who": " "}, "nothing_typed"),
        ("", {}, "invalid"),
        ("/code", {"token": "x", "code": "1"}, "recovery_over"),
        ("/link", {"link": "x"}, "recovery_over"),
        ("/password", {"key": "x", "password": NEW}, "recovery_over"),
        ("/password", {"key": "x" * 101, "password": NEW}, "invalid"),
        ("/password", {"key": "x", "password": NEW, "answer": "my pet"}, "invalid"),
    ],
)
def test_what_cannot_be_is_refused(path: str, told: dict[str, str], code: str) -> None:
    said = App().ask("POST", f"recover{path}", told)

    assert (said.status, said.told["code"]) == (422, code)


def test_a_weak_password_may_be_typed_again() -> None:
    confirmed()
    key = proved().told["key"]

    weak = give("password", key=key, password="short")
    good = give("password", key=key, password=NEW)

    assert (weak.status, weak.told["code"]) == (422, "password_refused")
    assert good.status == 200


def test_only_who_is_known_gets_a_letter() -> None:
    confirmed()
    before = Letter.objects.count()
    for who in ("nobody", "nobody@mail.example"):
        ask(who)
    recovery.answer_due(now=timezone.now())

    assert Letter.objects.count() == before
    assert App().sign_in(password=PASSWORD).status == 200


def test_who_has_a_passkey_alone_is_asked_for_it_before_they_are_in(clock: Clock) -> None:
    subject = confirmed()
    key = add_passkey(subject, now=clock.now)
    proof = proved().told

    step = give("password", key=proof["key"], password=NEW)

    assert not proof["asks_for_code"]
    assert (step.status, step.told["by"]) == (202, ["passkey"])
    challenge = base64url_to_bytes(step.told["passkey"]["challenge"])
    told = {"second_step": step.told["second_step"], "passkey": json.loads(key.sign(challenge))}
    assert App().ask("POST", "sign-in/second", told).status == 200


def test_factors_that_are_about_to_go_are_kept_by_who_is_back_in_by_one(clock: Clock) -> None:
    subject = confirmed()
    secret = add_app(subject, now=clock.now - timedelta(hours=1))
    replace(subject, now=clock.now)
    clock.now += timedelta(hours=1)
    link = key_in(tell(now=clock.now)[-1][1]["link"])
    App().ask("POST", "contacts/take-back", {"key": link})
    key, app = proved().told["key"], App()
    app.take(give("password", key=key, password=NEW, code=code_of(secret, clock.now)))

    before = app.ask("GET", "factors").told["go_at"]
    kept = app.ask("POST", "factors/keep")
    again = app.ask("POST", "factors/keep")

    assert before == "2027-01-11T13:00:00Z"
    assert (kept.status, kept.told["go_at"]) == (200, None)
    assert (again.status, again.told["code"]) == (422, "nothing_waits")
