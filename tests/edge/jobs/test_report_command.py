"""`clearline report popularity`: a table for people, files that say the same, a store down."""

import csv
import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from clearline.config import cli
from clearline.edge.staff.report_query import read_query
from clearline.kit.columnstore.client import ColumnStore, StoreDown, StorePlace
from clearline.kit.columnstore.migrate import migrate
from clearline.kit.status import write_status
from clearline.reach.visitors import load
from clearline.reach.visitors.report import WrongQuery
from clearline.trust.ledger.models import Entry
from tests.reach.visitors.test_report import make_events
from tests.trust.ledger.conftest import policy_log as log
from tests.trust.ledger.log import Log

__all__ = ["log"]

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
OCTOBER = ("--from", "2026-10-01", "--to", "2026-10-30")


def run(*arguments: str) -> int:
    args = cli.make_parser().parse_args(["report", "popularity", *arguments])
    args.now = NOW
    return cli.do_of(args)(args)


@pytest.fixture
def visited(column_store: ColumnStore, monkeypatch: pytest.MonkeyPatch) -> ColumnStore:
    """A store with two months of visits, which is this instance's."""
    migrate(column_store, load.SCHEMA)
    load.insert_events(column_store, make_events(1, 3000), token="a")
    monkeypatch.setattr(ColumnStore, "of_instance", lambda _: column_store)
    return column_store


@pytest.mark.django_db
def test_the_table_names_its_clauses_and_leaves_no_entry(
    log: Log, visited: ColumnStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*OCTOBER) == 0

    told = capsys.readouterr().out
    assert "Most popular pages, 2026-10-01 to 2026-10-30, all" in told
    assert "/services/fibre/" in told
    assert "Rests on clauses visits.measure, visits.count." in told
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_days_that_are_not_over_are_compared_with_nothing(
    log: Log, visited: ColumnStore, capsys: pytest.CaptureFixture[str]
) -> None:
    days = ("--from", "2026-10-02", "--to", "2026-10-31")

    assert run(*days) == 0
    in_words = capsys.readouterr().out
    assert run(*days, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert "Before: nothing, for these days are not over" in in_words
    told = [row for row in rows if row["section"] in {"total", "page", "day", "part"}]
    assert any(row["views"] for row in told)
    assert not any(row["views_before"] or row["people_before"] for row in told)
    assert run(*OCTOBER) == 0
    assert "Before: the 30 days from 2026-09-01 on." in capsys.readouterr().out


@pytest.mark.django_db
def test_without_days_the_command_and_the_page_show_the_same_ones(
    log: Log, visited: ColumnStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--json") == 0

    told = json.loads(capsys.readouterr().out)
    page = read_query({}, NOW).query
    assert (told["from"], told["to"]) == (str(page.start), str(page.end))
    assert told["to"] == "2026-10-30"


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        (("--to", "2026-10-10"), "2026-09-13 to 2026-10-10"),
        (("--from", "2026-10-31"), "2026-10-31 to 2026-10-31"),
    ],
)
@pytest.mark.django_db
def test_one_day_alone_is_completed(
    log: Log,
    visited: ColumnStore,
    capsys: pytest.CaptureFixture[str],
    asked: tuple[str, ...],
    days: str,
) -> None:
    assert run(*asked) == 0

    assert f"Most popular pages, {days}, all" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.usefixtures("log", "visited")
@pytest.mark.parametrize(
    ("whole_until", "is_said"),
    [("2026-10-20T00:30:00-04:00", True), ("2026-10-31T00:00:00-04:00", False)],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_days_of_which_visits_are_still_being_loaded_are_said_beside_the_figures(
    whole_until: str,
    form: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    settings: Settings,
    tmp_path: Path,
    *,
    is_said: bool,
) -> None:
    for name in ("keys", "policy"):
        shutil.copytree(settings.ENV.instance / name, tmp_path / name)
    settings.ENV = settings.ENV.model_copy(update={"instance": tmp_path})
    write_status(settings.ENV.status_dir, "loader", {"whole_until": whole_until}, NOW)

    assert run(*OCTOBER, *form) == 0

    told = capsys.readouterr()
    said = "what came in until 2026-10-20 00:30 EDT stands in these figures"
    assert (said in told.err) == is_said
    assert "still being loaded" not in told.out
    if form:
        assert json.loads(told.out)["loaded_until"] == (whole_until if is_said else None)


@pytest.mark.django_db
def test_the_files_say_the_same_and_the_ledger_knows_of_each(
    log: Log, visited: ColumnStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*OCTOBER, "--thing", "service", "--population", "agreed", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert run(*OCTOBER, "--thing", "service", "--population", "agreed", "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert told["clauses"] == ["visits.measure"]
    in_csv = {row["name"]: row["views"] for row in rows if row["section"] == "service"}
    assert in_csv == {row["name"]: str(row["views"]) for row in told["rows"]}
    # Few others began a visit at a fax: it is not told of, nor is voice, which would be the rest.
    assert set(in_csv) == {"fibre"}
    assert Entry.objects.filter(kind="report.exported").count() == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("log", "visited")
def test_wrong_days_are_refused_and_words_are_usage() -> None:
    with pytest.raises(WrongQuery):
        run("--from", "2026-10-30", "--to", "2026-10-01")
    with pytest.raises(SystemExit) as stopped:
        run("--from", "yesterday")
    assert stopped.value.code == cli.USAGE


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--device", "toaster"), "choose from 'phone', 'tablet', 'computer', 'other'"),
        (("--part", "attic"), "choose from 'home', 'services',"),
        (("--referrer-class", "pigeon"), "choose from 'direct', 'internal',"),
        (("--thing", "boat"), "choose from 'page', 'service'"),
        (("--from", "yesterday"), "'yesterday' is no day; write one like 2026-12-01"),
    ],
)
def test_a_word_that_nobody_knows_is_refused_with_those_there_are(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(*words)

    assert told in capsys.readouterr().err


@pytest.mark.django_db
@pytest.mark.usefixtures("log", "visited")
def test_totals_beside_a_search_say_that_they_are_of_all_pages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(*OCTOBER, "--search", "fibre")

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("All pages  ") for line in lines)


@pytest.mark.django_db
@pytest.mark.usefixtures("log")
def test_a_store_that_is_down_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "address").write_text("127.0.0.1:1")
    down = ColumnStore(StorePlace(tmp_path))
    monkeypatch.setattr(ColumnStore, "of_instance", lambda _: down)

    with pytest.raises(StoreDown, match=r"does not answer.* Is it being served\?"):
        run(*OCTOBER, "--csv")

    assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("log", "visited")
def test_the_table_compares_as_the_files_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*OCTOBER, "--population", "declined", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert run(*OCTOBER, "--population", "declined") == 0
    lines = capsys.readouterr().out.splitlines()

    assert told["totals"]["agreed"] == {
        "views": None,
        "visits": None,
        "people": None,
        "seconds_mean": None,
    }
    named = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("/")}
    assert told["rows"]
    for row in told["rows"]:
        pairs = [(row[name], row["before"][name]) for name in ("views", "visits", "people")]
        said = ["-" if value is None else f"{value:,}" for pair in pairs for value in pair]
        assert named[row["name"]][:6] == said
    assert any(line.startswith("Not asked yet, or no  ") for line in lines)
