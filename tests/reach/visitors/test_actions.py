"""Visits are erased when their clause says, and figures leave as files that say the same."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
from clearline.policy.compile import CompiledPolicy, compile_edition
from clearline.policy.edition import parse_edition
from clearline.policy.use import Actor, ActorKind
from clearline.reach.visitors import load, statements
from clearline.reach.visitors.actions import erase_expired, export_report
from clearline.reach.visitors.export import NOTE, Format, as_file, safe
from clearline.reach.visitors.queries import popularity_report
from clearline.reach.visitors.report import Limits, ReportQuery
from clearline.trust.ledger.models import Entry
from tests.reach.visitors.test_report import FIRST, LAST, make_events

WHOLE = ReportQuery(start=FIRST, end=LAST)
CLAUSE = """
[[clause]]
id = "{id}"
promise = "P6"
text = "Visits."
categories = ["user.behavior.browsing_history", "user.device.kind", "user.device.cookie_id"]
about = ["visitor"]
purpose = "analytics.reporting.popularity"
recipients = ["provider"]
requires = "nothing"
kept = "{kept}"
"""


@pytest.fixture
def store(column_store: ColumnStore) -> ColumnStore:
    migrate(column_store, load.SCHEMA)
    return column_store


def policy(**kept: str) -> CompiledPolicy:
    head = 'date = 2026-01-01\nform = "accept"\ntitle = "T"\nsummary = ["S"]\n'
    text = head + "".join(
        CLAUSE.format(id=f"visits.{name}", kept=time) for name, time in kept.items()
    )
    return compile_edition(parse_edition(text, source="test.toml"))


def test_each_population_goes_when_its_own_clause_says(store: ColumnStore) -> None:
    events = make_events(7, 3000)
    load.insert_events(store, events, token="a")
    cutoff = date(FIRST.year, FIRST.month, 20)
    now = datetime(LAST.year, LAST.month, LAST.day, 12, tzinfo=UTC)
    days = (now.date() - cutoff).days

    erased = erase_expired(store, policy(measure=f"{days} days", count="3 years"), now=now)

    epoch_day = (cutoff - date(1970, 1, 1)).days
    old = [event for event in events if event.visitor and event.day < epoch_day]
    left = [event for event in events if event not in old]
    assert erased == len(old) > 0
    for limits in (Limits(), Limits(exact_events_max=0)):
        totals = popularity_report(store, WHOLE, limits=limits).totals
        assert totals.all.views == sum(event.kind == "view" for event in left)
    assert erase_expired(store, policy(measure=f"{days} days", count="3 years"), now=now) == 0


def test_what_a_crash_left_half_erased_is_erased_with_the_next_turn(store: ColumnStore) -> None:
    load.insert_events(store, make_events(11, 200), token="a")
    store.command(statements.ERASE_SUMS, {"kept_from": date(2029, 1, 1), "agreed": 1})

    now = datetime(2029, 1, 1, tzinfo=UTC)
    erased = erase_expired(store, policy(measure="1 days", count="30 years"), now=now)

    assert erased > 0
    for limits in (Limits(), Limits(exact_events_max=0)):
        report = popularity_report(store, WHOLE, limits=limits)
        assert report.totals.agreed.views == 0
        assert report.totals.all == report.totals.declined


def test_without_a_clause_nothing_is_kept(store: ColumnStore) -> None:
    load.insert_events(store, make_events(8, 200), token="a")

    erase_expired(store, policy(measure="25 months"), now=datetime(2030, 1, 1, tzinfo=UTC))

    assert popularity_report(store, WHOLE).totals.all.views is None or (
        popularity_report(store, WHOLE).totals.all.views == 0
    )


def test_a_file_says_the_same_as_the_report_and_names_its_clauses(store: ColumnStore) -> None:
    load.insert_events(store, make_events(9, 3000), token="a")
    report = popularity_report(store, WHOLE)

    told = json.loads(as_file(report, Format.JSON).content)
    rows = list(csv.DictReader(io.StringIO(as_file(report, Format.CSV).content)))

    assert [row["views"] for row in told["rows"]] == [row.figures.views for row in report.rows]
    in_csv = {row["name"]: row["views"] for row in rows if row["section"] == "page"}
    assert in_csv == {row.name: str(row.figures.views or "") for row in report.rows}
    assert told["clauses"] == ["visits.measure", "visits.count"]
    assert told["note"] == NOTE
    assert (told["precision"], told["breakdowns_precision"]) == ("exact", "exact")
    others = {row["section"]: row["views"] for row in rows if "others" in row["section"]}
    assert others.get("page others", "") == str(report.rest or "")
    assert told["others"] == {"names": report.folded_rows, "views": report.rest}
    assert {row["section"] for row in rows} >= {"total", "page", "day", "device"}


def test_a_file_says_how_exact_its_breakdowns_are_when_they_are_less(store: ColumnStore) -> None:
    load.insert_events(store, make_events(10, 500), token="a")
    limits = Limits(exact_events_max=0, raw_events_max=0)
    report = popularity_report(store, replace(WHOLE, part="home"), limits=limits)

    told = json.loads(as_file(report, Format.JSON).content)

    assert (told["precision"], told["breakdowns_precision"]) == ("about", "sample")
    assert "precision of breakdowns,sample\r\n" in as_file(report, Format.CSV).content


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@cmd", "\t=1"])
def test_no_name_becomes_a_formula_in_a_spreadsheet(name: str) -> None:
    assert safe(name) == "'" + name


@pytest.mark.django_db
def test_the_ledger_knows_that_figures_left(store: ColumnStore) -> None:
    report = popularity_report(store, WHOLE)
    now = datetime(2026, 11, 1, tzinfo=UTC)

    export_report(report, by=Actor(ActorKind.STAFF, "a" * 32), file_format=Format.CSV, now=now)

    assert Entry.objects.get().kind == "report.exported"
