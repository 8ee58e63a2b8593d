"""The report's page and files: shown as asked, taken by a form only, and as the policy permits."""

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client

from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
from clearline.reach.visitors import load
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, signed_in
from tests.reach.visitors.conftest import without
from tests.reach.visitors.test_report import make_events
from tests.trust.ledger.conftest import log

__all__ = ["log", "without"]

pytestmark = pytest.mark.django_db
REPORT, EXPORT = "/staff/visitors/", "/staff/visitors/export/"
OCTOBER = {"from": "2026-10-01", "to": "2026-10-30"}


@pytest.fixture
def dana(column_store: ColumnStore, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The browser of a marketer, over a store with two months of visits."""
    migrate(column_store, load.SCHEMA)
    load.insert_events(column_store, make_events(1, 4000), token="a")
    monkeypatch.setattr(ColumnStore, "of_instance", lambda _: column_store)
    return signed_in("dana", Role.MARKETER)


def exports() -> int:
    return Entry.objects.filter(kind="report.exported").count()


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_link_that_is_followed_takes_no_file_and_writes_no_entry(
    dana: Client, method: str
) -> None:
    answer = getattr(dana, method)(EXPORT, OCTOBER)

    assert answer.status_code == 405
    assert exports() == 0


def test_a_form_of_another_site_takes_no_file(dana: Client) -> None:
    answer = dana.post(EXPORT, OCTOBER, headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert exports() == 0


def test_the_form_of_the_page_takes_the_same_report_as_a_file_and_the_ledger_knows(
    dana: Client,
) -> None:
    page = dana.get(REPORT, {**OCTOBER, "order": "visits", "device": "phone"})
    form = page.content.decode().partition(f'<form method="post" action="{EXPORT}"')[2]
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', form.partition("<button")[0]))

    answer = dana.post(EXPORT, {**fields, "format": "json"})

    told = json.loads(answer.content)
    shown = [line.row.name for line in page.context["lines"]]
    assert [row["name"] for row in told["rows"]] == shown
    assert told["filters"] == {"device": "phone"}
    assert answer["Content-Disposition"].startswith("attachment")
    assert exports() == 1


def test_a_report_is_narrowed_to_one_referring_site(dana: Client) -> None:
    whole = dana.get(REPORT, OCTOBER)
    (split,) = (each for each in whole.context["splits"] if each.side == "referrer")
    link = next(line.url for line in split.lines if line.title == "google.com")

    page = dana.get(REPORT + link)

    assert "Site they came from: google.com" in page.content.decode()
    (found,) = (line.row for line in split.lines if line.title == "google.com")
    assert page.context["report"].totals.all.views == found.figures.views


def test_the_page_tells_how_long_each_part_was_in_view(dana: Client) -> None:
    page = dana.get(REPORT, OCTOBER)

    (part,) = (each for each in page.context["splits"] if each.side == "part")
    (campaign,) = (each for each in page.context["splits"] if each.side == "campaign")
    assert part.has_time
    assert not campaign.has_time
    assert page.content.decode().count("Views, time in view a page") == 2


def test_each_order_is_one_press_away_and_says_which_is_chosen(dana: Client) -> None:
    page = dana.get(REPORT, {**OCTOBER, "order": "visits"})

    orders = {str(each.title): each for each in page.context["orders"]}
    assert orders["By visits"].is_current
    bars = [line.part for line in page.context["lines"]]
    assert bars == sorted(bars, reverse=True)
    by_people = dana.get(REPORT + orders["By people"].url).context["query"]
    assert by_people.order == "people"


@pytest.mark.parametrize("address", ["/staff/", REPORT])
def test_a_page_says_kindly_that_the_policy_has_no_clause_for_figures(
    without: Callable[[str], None], dana: Client, address: str
) -> None:
    without("visits.count")

    page = dana.get(address)

    assert "No figures under this policy." in page.content.decode()
    assert Entry.objects.filter(kind="use.denied").count() == 1
    assert dana.post(EXPORT, OCTOBER).status_code == 403


def test_those_who_agreed_are_shown_when_only_the_others_have_no_clause(
    without: Callable[[str], None], dana: Client
) -> None:
    without("visits.count")

    page = dana.get(REPORT, {**OCTOBER, "population": "agreed"})

    assert page.status_code == 200
    assert page.context["report"].clauses == ("visits.measure",)


def test_a_marketer_who_is_not_signed_in_sees_no_figures() -> None:
    assert browser().get(REPORT).status_code == 302
