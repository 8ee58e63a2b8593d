"""The page of one's data: shut until asked, one's own lines only, each with its receipt."""

import json
import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from clearline.rights.my_data import actions
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.promises.provider import Clock
from tests.service.accounts.people import PASSWORD, make_account
from tests.trust.ledger.log import sign_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
PAGE = "/account/my-data/"


def enter(user_id: str = "alice") -> Client:
    make_account(user_id, email=f"{user_id}@mail.example")
    client = browser()
    client.post("/account/sign-in/", {"user_id": user_id, "password": PASSWORD})
    return client


def sign() -> None:
    sign_log(now=timezone.now())


def test_values_are_shut_until_they_are_asked_for_and_that_is_noted() -> None:
    client = enter()

    shut = client.get(PAGE)
    opened = client.post(PAGE)

    assert "alice@mail.example" not in shut.content.decode()
    assert "Your name" in words_on(shut.content)
    assert "While the account is open, and 30 days after" in words_on(shut.content)
    for word in ("alice@mail.example", "Alice Quill", "18 or over"):
        assert word in words_on(opened.content)
    assert "What we hold of you was opened" in words_on(opened.content)
    assert Entry.objects.filter(kind="data.shown").count() == 1
    assert opened["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(("path", "form"), [(PAGE, {}), (f"{PAGE}file/", {"form": "json"})])
def test_opening_all_of_it_asks_again_who_it_is_after_a_quarter_of_an_hour(
    path: str, form: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AS-05, CC-18: "session 20 min old, when export clicked, then password/passkey asked"."""
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    client = enter()
    clock.now += timedelta(minutes=20)

    shut = client.get(PAGE)
    asked = client.post(path, form)
    proved = client.post("/account/prove/", {"password": PASSWORD})
    done = client.post(path, form)

    assert "alice@mail.example" not in shut.content.decode()
    assert (asked.status_code, asked["Location"]) == (302, "/account/prove/")
    assert f'action="{path}"' in proved.content.decode()
    assert done.status_code == 200
    assert b"alice@mail.example" in (done.getvalue() if done.streaming else done.content)


def test_each_end_is_said_once_with_all_the_clauses_it_rests_on() -> None:
    client = enter()

    page = client.get(PAGE).content.decode()
    held = re.findall(r"<dt>.*?</dd>", page, re.DOTALL)

    end_of = re.compile(r"([A-Z0-9][^·]*?) · ((?:[a-z_]+\.[a-z_]+(?: ?, )?)+)")
    told = [end_of.findall(words_on(each.encode())) for each in held]
    assert all(len({end for end, _ in ends}) == len(ends) for ends in told)
    assert any(clauses.count(",") for ends in told for _, clauses in ends)


def test_of_a_closed_account_the_last_day_is_named() -> None:
    client = enter()
    client.post("/account/close/", {"sure": "yes"})

    assert "Until " in words_on(client.get(PAGE).content)


def test_lines_are_filtered_by_kind_and_days_and_paged(monkeypatch: pytest.MonkeyPatch) -> None:
    client = enter()
    for _ in range(26):
        client.post("/account/close/", {"sure": "yes"})
        client.post("/account/close/", {"reopen": "yes"})

    page = client.get(PAGE)
    older = page.context["older"]
    rest = client.get(PAGE, {"before": older})

    assert len(page.context["lines"]) == 50
    assert [line.kind for line in rest.context["lines"]] == [
        *("account.reopened", "account.closed"),
        *("customer.signed_in", "account.opened"),
    ]
    only = client.get(PAGE, {"group": "sign_in"})
    assert [line.kind for line in only.context["lines"]] == ["customer.signed_in"]
    assert "No lines" in words_on(client.get(PAGE, {"from": "2099-01-01"}).content)
    assert "No lines" in words_on(client.get(PAGE, {"to": "1999-01-01"}).content)
    mixed = client.get(PAGE, {"to": timezone.now().date().isoformat(), "group": "changed"})
    assert "group=changed&amp;to=" in mixed.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"from": "x", "to": "32.13.", "group": "x"},
        {"from": "0001-01-01", "to": "9999-12-31"},
        {"to": "9999-12-30"},
    ],
)
def test_days_that_no_calendar_has_are_as_good_as_none(query: dict[str, str]) -> None:
    client = enter()

    assert client.get(PAGE, query).status_code == 200


def test_a_line_has_its_receipt_and_anothers_is_not_found() -> None:
    client, other = enter(), enter("bob")
    sign()
    of_alice = client.get(PAGE).context["lines"][0].id
    of_bob = other.get(PAGE).context["lines"][0].id

    receipt = client.get(f"{PAGE}receipt/{of_alice}/")

    assert json.loads(receipt.content)["head"]["id"] == of_alice
    assert client.get(f"{PAGE}receipt/{of_bob}/").status_code == 404
    assert client.get(f"{PAGE}receipt/{'0' * 32}/").status_code == 404
    assert client.get(PAGE, {"before": of_bob}).status_code == 404


def test_a_line_that_is_not_signed_yet_has_no_receipt_yet() -> None:
    client = enter()

    page = client.get(PAGE)

    assert "in seconds" in words_on(page.content)
    entry_id = page.context["lines"][0].id
    assert client.get(f"{PAGE}receipt/{entry_id}/").status_code == 409


def test_damaged_lines_are_told_on_the_page_and_in_the_file() -> None:
    client = enter()
    Entry.objects.update(body_sealed=b"x" * 90)

    assert "are damaged" in words_on(client.get(PAGE).content)
    assert "are damaged" in given(client, "html").decode()


def given(client: Client, form: str) -> bytes:
    answer = client.post(f"{PAGE}file/", {"form": form})
    assert answer.streaming
    assert answer["Content-Disposition"].startswith('attachment; filename="my-data-')
    return bytes(answer.getvalue())


def test_the_file_to_read_is_a_whole_page_and_the_one_for_programs_is_json() -> None:
    client = enter()
    enter("bob")

    page, told = given(client, "html").decode(), json.loads(given(client, "json"))

    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    for word in ("alice@mail.example", "18 or over", "You signed in."):
        assert word in page
    assert "bob@" not in page + json.dumps(told)
    assert [line["kind"] for line in told["lines"][:2]] == ["data.exported", "data.exported"]


def test_a_file_is_written_while_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "LIST_MAX", 2)
    client = enter()
    for _ in range(3):
        client.post("/account/close/", {"sure": "yes"})
        client.post("/account/close/", {"reopen": "yes"})

    page = given(client, "html").decode()

    assert page.count("<li>") == Entry.objects.filter(subject__isnull=False).count()


def test_no_other_form_of_file_is_made() -> None:
    client = enter()

    answer = client.post(f"{PAGE}file/", {"form": "pdf"})

    assert isinstance(answer, HttpResponse)
    assert answer.status_code == 422
    assert not Entry.objects.filter(kind="data.exported").exists()
