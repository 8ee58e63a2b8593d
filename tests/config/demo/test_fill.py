"""The demo's past goes through the collector's own steps, and counts once however often told."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from pytest_django import Settings

from clearline.config.demo import fill, traffic
from clearline.config.demo.fill import Filling
from clearline.config.env import Env
from clearline.edge.collector.journal import Journal
from clearline.edge.collector.loader import Loader, LoaderOptions
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.status import read_statuses, write_status
from clearline.trust.ledger.models import Entry

NOW = datetime(2026, 11, 24, 17, tzinfo=UTC)
DAYS = 2

pytestmark = pytest.mark.django_db


class Stored(NamedTuple):
    events: int
    different: int
    people: int
    first_day: int


@pytest.fixture
def env(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Env:
    """An instance of its own with a small past."""
    monkeypatch.setattr(fill, "DAYS", DAYS)
    monkeypatch.setattr(traffic, "PEOPLE_PER_DAY", 12)
    for name in ("keys", "policy"):
        shutil.copytree(settings.ENV.instance / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    own: Env = settings.ENV.model_copy(update={"instance": tmp_path})
    return own


def fill_in(env: Env, *, days: int = DAYS + 1) -> Filling:
    """Fill in at most so many days, as one start of the demo does."""
    filling = Filling.begin(env, NOW)
    journal = Journal.open(env.journal_dir / "past")
    try:
        for index in list(filling.missing_days())[:days]:
            filling.fill_day(journal, index)
            filling.note(index)
    finally:
        journal.close()
    return filling


def load(env: Env, store: ColumnStore) -> Stored:
    options = LoaderOptions(env.journal_dir, env.data_dir, env.status_dir, store)
    loader = Loader(options)
    while loader.load_next(NOW, with_lone_tally=True):
        pass
    (stored,) = store.query(
        "SELECT count(), uniqExact(id), uniqExactIf(visitor, visitor != 0), toYYYYMMDD(min(day))"
        " FROM event",
        Stored,
    )
    return stored


def test_the_past_is_counted_by_what_each_person_said(env: Env, column_store: ColumnStore) -> None:
    fill_in(env)

    stored = load(env, column_store)

    assert stored.events == stored.different > 100
    assert 0 < stored.people < 12 * (DAYS + 1)
    assert stored.first_day == 20261122


def test_a_filling_that_was_stopped_goes_on_with_the_next_day(env: Env) -> None:
    fill_in(env, days=1)

    second = Filling.begin(env, NOW + timedelta(days=5))

    assert list(second.missing_days()) == [1, 2]
    assert second.first_day.isoformat() == "2026-11-22"


def test_a_day_that_was_cut_off_counts_once_when_it_is_told_again(
    env: Env, column_store: ColumnStore
) -> None:
    fill_in(env)
    once = load(env, column_store)
    (env.data_dir / fill.NOTE).unlink()  # as if it died before any day was noted

    fill_in(env)

    assert load(env, column_store).events == once.events


def test_each_person_s_choice_is_recorded_once_in_the_ledger(env: Env) -> None:
    before = Entry.objects.count()

    filling = fill_in(env)

    assert Entry.objects.count() - before == len(filling.cookies) > 0


@pytest.mark.parametrize("is_noted", [True, False])
def test_a_filling_that_goes_on_records_nobody_s_choice_again(env: Env, *, is_noted: bool) -> None:
    before = Entry.objects.count()
    first = fill_in(env, days=2)
    if not is_noted:
        (env.data_dir / fill.NOTE).unlink()  # as if it died before any day was noted

    second = fill_in(env)

    assert first.cookies.keys() & second.cookies.keys()
    people = first.cookies.keys() | second.cookies.keys()
    assert Entry.objects.count() - before == len(people)
    same = {first.cookies[each] == second.cookies[each]
            for each in first.cookies.keys() & second.cookies.keys()}  # fmt: skip
    assert same == {True}


def say_loaded(env: Env, until: datetime) -> None:
    write_status(env.status_dir, "loader", {"whole_until": until.isoformat()}, until)


def test_reports_are_said_to_have_a_day_only_when_the_loader_had_all_of_it(env: Env) -> None:
    filling = fill_in(env)
    first_written, second_written, _ = (each.at for each in filling.written)

    at_first = filling.reports_whole_until()
    say_loaded(env, (first_written + (second_written - first_written) / 2))
    then = filling.reports_whole_until()
    say_loaded(env, datetime.now(UTC) + timedelta(seconds=1))

    assert at_first is not None
    assert then is not None
    assert (at_first.date(), then.date()) == (date(2026, 11, 22), date(2026, 11, 23))
    assert (then.hour, then.tzinfo) == (0, filling.intake.site.zone)
    assert filling.reports_whole_until() is None


def test_what_an_earlier_start_wrote_is_missing_until_the_loader_had_it(env: Env) -> None:
    fill_in(env, days=1)
    say_loaded(env, NOW - timedelta(days=1))

    second = Filling.begin(env, NOW)

    found = second.reports_whole_until()
    assert found is not None
    assert found.date() == second.first_day
    say_loaded(env, NOW + timedelta(seconds=1))
    found = second.reports_whole_until()
    assert found is not None
    assert found.date() == second.first_day + timedelta(days=1)


def test_how_far_reports_are_is_said_until_they_have_all(
    env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    filling = fill_in(env)
    asleep: list[float] = []

    def load_meanwhile(seconds: float) -> None:
        asleep.append(seconds)
        assert read_statuses(env.status_dir)["past"]["whole_until"]
        say_loaded(env, datetime.now(UTC) + timedelta(seconds=1))

    monkeypatch.setattr("time.sleep", load_meanwhile)

    assert fill.tell_until_loaded(filling)

    assert len(asleep) == 1
    assert read_statuses(env.status_dir)["past"]["whole_until"] is None


def test_a_loader_that_never_comes_is_waited_for_only_so_long(
    env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    filling = fill_in(env)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(fill, "LOADED_TRIES", 3)

    assert not fill.tell_until_loaded(filling)

    assert read_statuses(env.status_dir)["past"]["whole_until"] is None
