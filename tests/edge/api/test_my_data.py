"""The app shows what is held, who used it, and gives all of it as a file."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from clearline.trust.ledger.models import Entry
from tests.edge.api.app import App, make_app
from tests.edge.site.published import LONGER, published
from tests.promises.provider import Clock
from tests.trust.ledger.log import sign_log

pytestmark = pytest.mark.django_db
EMAIL = "alice@mail.example"


def kinds(app: App, query: str = "") -> list[str]:
    told = app.ask("GET", f"my-data/lines?limit=100{query}").told
    return [each["kind"] for each in told["items"]]


def test_what_is_held_stays_shut_until_it_is_asked_to_be_opened() -> None:
    app = make_app()

    shut = app.ask("GET", "my-data").told["held"]
    before = Entry.objects.filter(kind="data.shown").count()
    opened = app.ask("POST", "my-data/open").told["held"]

    assert {each["values"] for each in shut} == {None}
    assert before == 0
    assert Entry.objects.filter(kind="data.shown").count() == 1
    by_category = {each["category"]: each for each in opened}
    assert by_category["user.contact.email"]["values"] == [EMAIL]
    assert by_category["user.name"]["clauses"][0]["id"] == "account.holder"
    assert [each["category"] for each in shut] == [each["category"] for each in opened]


@pytest.mark.parametrize("path", ["my-data/open", "my-data/file"])
def test_opening_all_of_it_asks_for_a_sign_in_of_the_last_quarter_of_an_hour(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AS-05, CC-18: a step-up before exports, in the app as on the site."""
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    app = make_app()
    clock.now += timedelta(minutes=15)
    app.take(app.renew())

    late = app.ask("POST", path)
    again = App()
    again.sign_in()

    assert (late.status, late.told["code"]) == (403, "prove_again")
    assert late.headers["Content-Type"] == "application/problem+json"
    assert EMAIL not in str(late.told)
    assert app.ask("GET", "my-data").status == 200
    assert again.ask("POST", path).status == 200


def test_lines_come_page_by_page_each_once() -> None:
    app = make_app()
    for number in range(5):
        app.ask("PUT", "profile", {"name": f"Alice {number} Quill"})
    told, cursor = [], ""

    while True:
        page = app.ask("GET", f"my-data/lines?limit=3&cursor={cursor}").told
        told += page["items"]
        cursor = page["next"]
        if cursor is None:
            break

    assert [each["id"] for each in told] == [
        each["id"] for each in app.ask("GET", "my-data/lines?limit=100").told["items"]
    ]
    assert len({each["id"] for each in told}) == len(told) > 6
    assert told[-1]["kind"] == "account.opened"
    assert told[0]["what"]
    assert told[0]["clause"]


def test_lines_are_narrowed_by_group_and_by_day() -> None:
    app = make_app()
    app.ask("PUT", "profile", {"name": "Alice Reed"})
    app.ask("POST", "my-data/open")
    today = timezone.localdate()

    assert "account.opened" in kinds(app, "&group=chosen")
    assert kinds(app, "&group=changed") == ["account.renamed", "account.changed"]
    assert "data.shown" in kinds(app, "&group=shown")
    assert "data.shown" not in kinds(app, f"&from={today + timedelta(days=2)}")
    assert "data.shown" in kinds(app, f"&from={today - timedelta(days=1)}")
    assert kinds(app, "&to=2020-01-01") == []
    assert "data.shown" in kinds(app, f"&to={date.max}")


@pytest.mark.parametrize(
    "query",
    [
        *("group=nothing", "from=yesterday", "to=2026-02-30", "limit=0", "limit=101"),
        *("cursor=x", "cursor=" + "g" * 32, "limit=x", "from=99999-01-01"),
    ],
)
def test_what_nobody_can_ask_for_is_refused(query: str) -> None:
    said = make_app().ask("GET", f"my-data/lines?{query}")

    assert (said.status, said.told["code"]) == (422, "invalid")
    assert said.told["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.usefixtures("own_log")
def test_each_line_has_its_receipt_and_anothers_is_not_found() -> None:
    app, bob = make_app(), make_app("bob")
    line = app.ask("GET", "my-data/lines").told["items"][0]["id"]
    early = app.ask("GET", f"my-data/lines/{line}/receipt")
    sign_log(now=timezone.now())

    told = app.ask("GET", f"my-data/lines/{line}/receipt")

    assert (early.status, early.told["code"]) == (409, "not_in_tree")
    assert told.told["head"]["id"] == line
    assert told.told["body"]["subject"]
    for path in (f"my-data/lines/{line}/receipt", f"my-data/lines?cursor={line}"):
        foreign = bob.ask("GET", path)
        assert (foreign.status, foreign.told["code"]) == (404, "no_such_entry")


def test_everything_is_given_as_one_file_whose_last_line_is_its_own() -> None:
    app = make_app()

    said = app.ask("POST", "my-data/file", None, **{"idempotency-key": "k" * 20})
    again = app.ask("POST", "my-data/file", None, **{"idempotency-key": "k" * 20})

    assert said.status == again.status == 200
    assert said.headers["Content-Disposition"].startswith('attachment; filename="my-data-')
    assert said.headers["Cache-Control"] == "no-store"
    assert said.told["lines"][0]["kind"] == "data.exported"
    values = [value for each in said.told["held"] for value in each["values"] or ()]
    assert EMAIL in values
    assert "carol" not in str(said.told).lower()


def test_who_did_not_agree_to_a_later_edition_can_still_take_everything_along(
    tmp_path: Path,
) -> None:
    with published(tmp_path, (date(2026, 1, 1), ()), (date(2026, 2, 1), (LONGER,))):
        app = make_app()

        assert app.ask("GET", "profile").told["code"] == "agreement_needed"
        for method, path in (
            *(("GET", "my-data"), ("POST", "my-data/open"), ("GET", "my-data/lines")),
            *(("POST", "my-data/file"), ("GET", "choices")),
        ):
            assert app.ask(method, path).status == 200, path
