"""The app shows and sets the choices of the account, and the signal that it sends is kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clearline.policy.vocabulary import ChoiceName, SubjectId
from clearline.service.accounts.age import AgeRange
from clearline.trust.consent import actions as consent
from clearline.trust.consent.models import AccountChoices
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.models import Entry
from clearline.trust.tokens import actions as tokens
from tests.browser_client import browser
from tests.edge.api.app import SIGN_UP, App, Said, app_of, make_app
from tests.edge.site.answering import press, words_on
from tests.promises.provider import Clock
from tests.service.accounts.people import PASSWORD, make_account

pytestmark = pytest.mark.django_db
GPC = {"sec-gpc": "1"}


@pytest.fixture(autouse=True)
def fresh() -> None:
    consent.ANSWERS.forget()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    monkeypatch.setattr("time.time", lambda: clock().timestamp())  # signatures read it
    return clock


def choose(app: App, *, seen: str = "", **answers: str) -> Said:
    return app.ask("POST", "choices", {"answers": answers, "seen": seen})


def answers_in(told: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    items = [*told["items"], told["sale_or_sharing"]]
    return {each["name"]: (each["answer"], each["came_from"]) for each in items}


def confirm(app: App, step: str, **headers: str) -> Said:
    return app.ask("POST", "choices/opt-in/confirm", {"step": step}, **headers)


def test_choices_never_made_are_shown_with_their_words_and_what_a_no_loses() -> None:
    said = make_app().ask("GET", "choices")

    assert said.status == 200
    assert answers_in(said.told) == {
        "measurement": ("unset", None),
        "content": ("unset", None),
        "sale_or_sharing": ("unset", None),
    }
    first = said.told["items"][0]
    assert first["title"]
    assert first["lost"]
    assert "visits.measure" in first["clauses"]
    assert said.told["signal"] == {"is_honoured": False, "since": None, "words": ""}
    assert said.told["proof"] is None


def test_an_answer_is_kept_with_the_words_the_moment_and_where_it_came_from() -> None:
    app = make_app()

    said = choose(app, measurement="yes", sale_or_sharing="no")

    assert said.status == 200
    assert said.told == app.ask("GET", "choices").told
    assert answers_in(said.told) == {
        "measurement": ("yes", "app"),
        "content": ("unset", None),
        "sale_or_sharing": ("no", "app"),
    }
    proof = said.told["proof"]
    assert {said.told["items"][0]["proof"], said.told["sale_or_sharing"]["proof"]} == {proof}
    (entry,) = Entry.objects.filter(kind="choice.recorded")
    assert entry.public_id == proof
    fields = ledger.list_about(SubjectId(str(entry.subject))).entries[0].fields
    assert fields is not None
    assert (fields["method"], fields["surface"]) == ("app", "app")
    assert said.told["items"][0]["text"] in str(fields["text"])
    assert said.told["items"][1]["text"] not in str(fields["text"])
    assert str(fields["text"]).endswith("[Save my choices]")


def test_what_the_app_chose_holds_in_a_browser_and_the_other_way_round() -> None:
    app = make_app()
    choose(app, content="yes")
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD}, follow=True)

    page = words_on(client.get("/privacy/choices/").content)
    press(client, "save", content="no")

    assert "came from: our app" in page
    assert answers_in(app.ask("GET", "choices").told)["content"] == ("no", "form")


def test_a_yes_takes_back_only_a_no_that_the_app_has_shown(clock: Clock) -> None:
    app, other = make_app(), App()
    other.sign_in()
    choose(other, content="no")
    clock.now += timedelta(seconds=1)

    unseen = choose(app, content="yes", measurement="yes")
    seen = choose(app, content="yes", seen=unseen.told["proof"])

    assert answers_in(unseen.told)["content"] == ("no", "app")
    assert answers_in(unseen.told)["measurement"] == ("yes", "app")
    assert answers_in(seen.told)["content"] == ("yes", "app")


def test_what_an_app_shows_of_somebody_else_counts_for_nothing() -> None:
    app, bob = make_app(), make_app("bob")
    choose(app, content="no")
    theirs = choose(bob, content="no", measurement="no").told["proof"]

    said = choose(app, content="yes", seen=theirs)

    assert answers_in(said.told)["content"] == ("no", "app")
    assert answers_in(said.told)["measurement"] == ("unset", None)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, "invalid"),
        ({"answers": {}}, "nothing_answered"),
        ({"answers": {"sale_or_sharing": "yes"}}, "invalid"),
        ({"answers": {"measurement": "unset"}}, "invalid"),
        ({"answers": {"ads": "no"}}, "invalid"),
        ({"answers": {"content": "no"}, "seen": "x"}, "invalid"),
        ({"answers": {"content": ["no"]}}, "invalid"),
    ],
)
def test_what_answers_nothing_that_is_asked_is_refused_and_keeps_nothing(
    told: dict[str, object], code: str
) -> None:
    said = make_app().ask("POST", "choices", told)

    assert (said.status, said.told["code"]) == (422, code)
    assert not Entry.objects.filter(kind="choice.recorded").exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "profile"), ("GET", "choices"), ("DELETE", "sign-ins"), ("POST", "account/close")],
)
def test_the_signal_with_any_request_is_kept_once_and_shown(method: str, path: str) -> None:
    """CC-35: a signal of a known account is a no of the account."""
    app, later = make_app(), App()
    app.ask(method, path, **GPC)
    later.sign_in()

    said = later.ask("GET", "choices", **GPC)

    signal = said.told["signal"]
    assert (signal["is_honoured"], signal["words"]) == (True, "Opt-Out Request Honored")
    assert signal["since"] is not None
    assert answers_in(said.told)["sale_or_sharing"] == ("no", "gpc")
    assert Entry.objects.filter(kind="choice.recorded").count() == 1


@pytest.mark.parametrize("told", ["0", "true", "", "11"])
def test_nothing_else_is_the_signal(told: str) -> None:
    app = make_app()

    said = app.ask("GET", "choices", **{"sec-gpc": told})

    assert not said.told["signal"]["is_honoured"]
    assert not AccountChoices.objects.exists()


def test_a_yes_to_sale_takes_two_steps_by_one_sign_in_without_the_signal() -> None:
    """CC-34: opting in again after an opt-out takes two steps."""
    app, other = make_app(), App()
    other.sign_in()
    app.ask("GET", "choices", **GPC)

    signalled = app.ask("POST", "choices/opt-in", **GPC)
    step = app.ask("POST", "choices/opt-in").told["step"]
    foreign = confirm(other, step)
    with_signal = confirm(app, step, **GPC)
    taken = confirm(app, step)
    again = confirm(app, step)

    assert (signalled.status, signalled.told["code"]) == (403, "signal_says_no")
    assert (foreign.status, foreign.told["code"]) == (409, "first_step_missing")
    assert (with_signal.status, with_signal.told["code"]) == (403, "signal_says_no")
    assert answers_in(taken.told)["sale_or_sharing"] == ("yes", "app")
    assert not taken.told["signal"]["is_honoured"]
    assert again.told["code"] == "first_step_missing"


def test_a_first_step_is_over_after_ten_minutes_and_with_every_other_choice(
    clock: Clock,
) -> None:
    app = make_app()
    choose(app, sale_or_sharing="no")
    old = app.ask("POST", "choices/opt-in").told["step"]
    clock.now += timedelta(minutes=10, seconds=1)
    late = confirm(app, old)
    step = app.ask("POST", "choices/opt-in").told["step"]

    choose(app, content="no")

    told = [late, confirm(app, step), confirm(app, "x"), confirm(app, "")]
    assert {each.told["code"] for each in told} == {"first_step_missing"}
    assert answers_in(app.ask("GET", "choices").told)["sale_or_sharing"] == ("no", "app")


def test_somebody_of_13_to_15_begins_with_no() -> None:
    opened = make_account(age=AgeRange.FROM_13_TO_15)
    app = app_of(tokens.begin(signed_in=opened.signed_in, now=timezone.now()))

    told = app.ask("GET", "choices").told

    assert answers_in(told)[ChoiceName.SALE_OR_SHARING] == ("no", "start")
    assert not told["signal"]["is_honoured"]


def test_of_a_network_that_floods_us_no_yes_is_kept_but_each_no() -> None:
    app = make_app()
    for _ in range(consent.ANSWERS_MAX + 1):
        consent.ANSWERS.add("127.0.0.0", timezone.now())

    yes, no = choose(app, content="yes"), choose(app, content="no")

    assert (yes.status, yes.told["code"]) == (429, "too_many_answers")
    assert answers_in(no.told)["content"] == ("no", "app")


@pytest.mark.parametrize("way", ["sign-up", "sign-in", "renew"])
def test_the_signal_that_comes_while_somebody_gets_their_keys_is_kept_too(way: str) -> None:
    app = App()
    app.take(app.ask("POST", "sign-up", SIGN_UP, **(GPC if way == "sign-up" else {})))
    if way == "sign-in":
        told = {name: SIGN_UP[name] for name in ("user_id", "password")}
        app = App()
        app.take(app.ask("POST", way, told, **GPC))
    elif way == "renew":
        app.take(app.ask("POST", way, {"refresh_token": app.refresh}, **GPC))

    told_now = app.ask("GET", "choices").told

    assert told_now["signal"]["is_honoured"]
    assert answers_in(told_now)["sale_or_sharing"] == ("no", "gpc")
