"""Visits are erased when their clause says, and figures leave as files that say the same."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

import clearline
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
from clearline.kit.errors import Denied
from clearline.policy.compile import CompiledPolicy, compile_edition
from clearline.policy.edition import parse_edition
from clearline.reach.visitors import load, queries, statements
from clearline.reach.visitors.actions import ask, erase_expired, export_report, show_popularity
from clearline.reach.visitors.event import Kind
from clearline.reach.visitors.export import NOTE, Format, as_file, safe
from clearline.reach.visitors.report import (
    ALL_OTHERS,
    ALL_WHO_AGREED,
    Limits,
    Population,
    ReportQuery,
)
from clearline.trust.gate.actions import UseDenied
from clearline.trust.gate.permit import PermitExpired
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.models import Entry
from tests.reach.visitors.permitted import DANA, popularity_report
from tests.reach.visitors.test_report import FIRST, LAST, make_events
from tests.trust.ledger.log import Log, sign_log

WHOLE = ReportQuery(start=FIRST, end=LAST)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOME = ZoneInfo("UTC")
EPOCH = date(1970, 1, 1)
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

    erased = erase_expired(
        store, policy(measure=f"{days} days", count="3 years"), zone=HOME, now=now
    )

    epoch_day = (cutoff - date(1970, 1, 1)).days
    old = [event for event in events if event.visitor and event.day <= epoch_day]
    left = [event for event in events if event not in old]
    assert erased == len(old) > 0
    for limits in (Limits(), Limits(exact_events_max=0)):
        totals = popularity_report(store, WHOLE, limits=limits).totals
        assert totals.all.views == sum(event.kind == "view" for event in left)
    assert (
        erase_expired(store, policy(measure=f"{days} days", count="3 years"), zone=HOME, now=now)
        == 0
    )


def test_what_a_crash_left_half_erased_is_erased_with_the_next_turn(store: ColumnStore) -> None:
    load.insert_events(store, make_events(11, 200), token="a")
    store.command(statements.ERASE_SUMS, {"kept_from": date(2029, 1, 1), "agreed": 1})

    now = datetime(2029, 1, 1, tzinfo=UTC)
    erased = erase_expired(store, policy(measure="1 days", count="30 years"), zone=HOME, now=now)

    assert erased > 0
    for limits in (Limits(), Limits(exact_events_max=0)):
        report = popularity_report(store, WHOLE, limits=limits)
        assert report.totals.agreed.views == 0
        assert report.totals.all == report.totals.declined


def test_without_a_clause_nothing_is_kept(store: ColumnStore) -> None:
    load.insert_events(store, make_events(8, 200), token="a")

    erase_expired(
        store, policy(measure="25 months"), zone=HOME, now=datetime(2030, 1, 1, tzinfo=UTC)
    )

    assert popularity_report(store, WHOLE).totals.all.views is None or (
        popularity_report(store, WHOLE).totals.all.views == 0
    )


def test_a_file_says_the_same_as_the_report_and_names_its_clauses(store: ColumnStore) -> None:
    load.insert_events(store, make_events(9, 3000), token="a")
    report = popularity_report(store, WHOLE)

    told = json.loads(as_file(report, Format.JSON, loaded_until=None).content)
    rows = list(csv.DictReader(io.StringIO(as_file(report, Format.CSV, loaded_until=None).content)))

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

    told = json.loads(as_file(report, Format.JSON, loaded_until=None).content)

    assert (told["precision"], told["breakdowns_precision"]) == ("about", "sample")
    assert (
        "precision of breakdowns,sample\r\n"
        in as_file(report, Format.CSV, loaded_until=None).content
    )


def test_a_file_says_by_when_visits_were_loaded_where_some_of_its_days_are_not(
    store: ColumnStore,
) -> None:
    report = popularity_report(store, WHOLE)

    told = [as_file(report, each, loaded_until=NOW).content for each in (Format.JSON, Format.CSV)]
    whole = [as_file(report, each, loaded_until=None).content for each in (Format.JSON, Format.CSV)]

    assert datetime.fromisoformat(json.loads(told[0])["loaded_until"]) == NOW
    assert f"\r\nloaded until,{NOW.isoformat()}\r\n" in told[1]
    assert json.loads(whole[0])["loaded_until"] is None
    assert "loaded until" not in whole[1]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@cmd", "\t=1"])
def test_no_name_becomes_a_formula_in_a_spreadsheet(name: str) -> None:
    assert safe(name) == "'" + name


@pytest.mark.django_db
def test_the_ledger_knows_that_figures_left_and_under_which_clause(
    log: Log, store: ColumnStore
) -> None:
    file = export_report(store, WHOLE, by=DANA, file_format=Format.CSV, loaded_until=None, now=NOW)

    sign_log(now=NOW)
    told = ledger.receipt(Entry.objects.get(kind="report.exported").public_id)
    head, body = told["head"], told["body"]
    assert (head["kind"], body["clause"], body["edition"]) == (
        "report.exported",
        "visits.measure",
        "2026-01-01",
    )
    assert file.content.startswith("section,name,views")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("population", "clauses"),
    [
        (Population.ALL, ("visits.measure", "visits.count")),
        (Population.AGREED, ("visits.measure",)),
        (Population.DECLINED, ("visits.count",)),
    ],
)
def test_figures_name_the_clauses_that_permitted_them_and_leave_no_entry(
    store: ColumnStore, population: Population, clauses: tuple[str, ...]
) -> None:
    query = replace(WHOLE, population=population)

    (report,) = show_popularity(store, [query], by=DANA, now=NOW)

    assert report.clauses == clauses
    assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("clause", "denied", "permitted"),
    [
        ("visits.measure", (Population.ALL, Population.AGREED), Population.DECLINED),
        ("visits.count", (Population.ALL, Population.DECLINED), Population.AGREED),
    ],
)
def test_without_its_clause_a_population_is_not_read_and_the_denial_is_written_down(
    store: ColumnStore,
    without: Callable[[str], None],
    clause: str,
    denied: tuple[Population, ...],
    permitted: Population,
) -> None:
    without(clause)

    for population in denied:
        query = replace(WHOLE, population=population)
        with pytest.raises(UseDenied):
            show_popularity(store, [query], by=DANA, now=NOW)
        with pytest.raises(UseDenied):
            export_report(
                store,
                query,
                by=DANA,
                file_format=Format.CSV,
                loaded_until=None,
                now=NOW,
            )

    kinds = list(Entry.objects.values_list("kind", flat=True))
    assert kinds == ["use.denied"] * 2 * len(denied)
    assert show_popularity(store, [replace(WHOLE, population=permitted)], by=DANA, now=NOW)


def test_a_permit_for_one_population_reads_no_other_and_none_after_its_time(
    store: ColumnStore,
) -> None:
    agreed = ask([replace(WHOLE, population=Population.AGREED)], DANA, NOW)
    stretched = {ALL_WHO_AGREED: agreed[ALL_WHO_AGREED], ALL_OTHERS: agreed[ALL_WHO_AGREED]}
    both = ask([WHOLE], DANA, NOW)

    with pytest.raises(Denied):
        queries.popularity_report(store, WHOLE, permits=stretched, now=NOW)
    with pytest.raises(PermitExpired):
        queries.popularity_report(store, WHOLE, permits=both, now=NOW + timedelta(seconds=61))


def test_nothing_in_the_program_reads_figures_without_a_permit() -> None:
    root = Path(clearline.__file__).parent

    readers = {path.name for path in root.rglob("*.py") if "read_report" in path.read_text()}

    assert readers == {"queries.py"}


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        # Still the evening before in Los Angeles; already the morning after in Auckland.
        ("America/Los_Angeles", datetime(2026, 10, 31, 2, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 10, 29, 20, tzinfo=UTC)),
    ],
)
def test_the_day_on_which_visits_go_is_the_providers(
    store: ColumnStore, zone: str, now: datetime
) -> None:
    template = make_events(1, 1)[0]
    first_kept = date(2026, 10, 21)
    events = [
        msgspec.structs.replace(
            template, id=number, kind=Kind.VIEW, visitor=visitor, day=(day - EPOCH).days
        )
        for number, (day, visitor) in enumerate(
            (day, visitor)
            for day in (first_kept - timedelta(days=1), first_kept)
            for visitor in [0] * 5 + list(range(1, 6))
        )
    ]
    load.insert_events(store, events, token="a")

    erased = erase_expired(
        store, policy(measure="10 days", count="10 days"), zone=ZoneInfo(zone), now=now
    )

    assert erased == 10
    for limits in (Limits(), Limits(exact_events_max=0)):
        days = popularity_report(store, WHOLE, limits=limits).days
        seen = {day.date: day.figures.views for day in days if day.figures.views}
        assert seen == {first_kept: 10}
