"""What is wrong right now, told in words that help, and nothing told that is not wrong."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from clearline.kit.status import write_status
from clearline.policy.shelf import list_published
from clearline.trust.health.queries import (
    LOADED_WITHIN,
    PROCESSES,
    SILENT_AFTER,
    behind_until,
    health,
)
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.beginning import Beginning, keep_beginning
from clearline.trust.ledger.checkpoint import Checkpoint, Signer, parse_checkpoint
from clearline.trust.ledger.entries.uses import EditionPublished
from clearline.trust.ledger.models import Entry, LogState
from clearline.trust.ledger.queries import read_checkpoint
from tests.browser_client import browser
from tests.trust.ledger.log import Footing, enter_edition, make_entry

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def status_dir(settings: Settings, tmp_path: Path) -> Path:
    """An instance of its own in which every process has just said that it runs."""
    for name in ("keys", "policy"):
        shutil.copytree(settings.ENV.instance / name, tmp_path / name)
    settings.ENV = settings.ENV.model_copy(update={"instance": tmp_path})
    (listed,) = list_published(settings.ENV.policy_dir)
    enter_edition(listed.sha256, listed.date)
    ledger.integrate(now=NOW)
    folder = Path(settings.ENV.status_dir)
    for name in PROCESSES:
        write_status(folder, name, {}, NOW)
    return folder


def told(now: datetime = NOW) -> list[str]:
    return [problem.text for problem in health(now).problems]


def test_when_every_process_speaks_nothing_is_wrong(status_dir: Path) -> None:
    assert told() == []
    assert health(NOW).is_serving


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_that_is_silent_is_told_with_what_that_means(name: str, status_dir: Path) -> None:
    (status_dir / f"{name}.json").unlink()

    assert told() == [PROCESSES[name]]
    assert [each.name for each in health(NOW).processes if each.is_silent] == [name]
    assert health(NOW).is_serving


def test_a_process_is_silent_only_after_a_while(status_dir: Path) -> None:
    assert told(NOW + SILENT_AFTER) == []
    assert len(told(NOW + SILENT_AFTER + timedelta(seconds=1))) == len(PROCESSES)


def test_a_clock_set_back_is_no_silence(status_dir: Path) -> None:
    assert told(NOW - timedelta(days=1)) == []


def test_the_collector_that_spoke_last_is_the_one_that_is_listened_to(status_dir: Path) -> None:
    write_status(status_dir, "collector", {}, NOW - timedelta(days=1))
    assert told() == [PROCESSES["collector"]]

    write_status(status_dir, "collector-1", {}, NOW)
    write_status(status_dir, "collector-2", {}, NOW - timedelta(hours=1))

    assert told() == []
    assert {each.name: each.said_at for each in health(NOW).processes}["collector"] == NOW


def test_a_store_of_others_is_not_waited_for(status_dir: Path, settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(update={"store_url": "http://store:8123"})
    (status_dir / "store.json").unlink()

    assert told() == []


def test_what_a_process_says_of_itself_is_told(status_dir: Path) -> None:
    write_status(status_dir, "collector-1", {"trouble": "The disk is full."}, NOW)
    write_status(status_dir, "loader", {"trouble": ""}, NOW)

    assert told() == ["The disk is full."]


def test_the_public_is_told_which_file_is_wrong_but_not_where_on_the_machine_it_stands(
    status_dir: Path, settings: Settings
) -> None:
    folder = settings.ENV.data_dir / "damaged"
    write_status(status_dir, "loader", {"trouble": f"Bytes stand in {folder}; look."}, NOW)

    public = browser().get("/healthz").json()["problems"]

    assert f"Bytes stand in {folder}; look." in told()
    assert "Bytes stand in data/damaged; look." in public


def test_entries_that_nobody_signs_are_told_after_a_minute(status_dir: Path) -> None:
    ledger.append(make_entry(1), subject=None, permit=Footing(), now=NOW)

    early, late = told(NOW + timedelta(seconds=14)), health(NOW + timedelta(seconds=61)).problems

    assert early == []
    assert "Ledger entries have waited over a minute to be signed." in [each.text for each in late]


def test_entries_that_are_signed_are_no_trouble(status_dir: Path) -> None:
    ledger.append(make_entry(1), subject=None, permit=Footing(), now=NOW - timedelta(hours=1))

    ledger.integrate(now=NOW)

    assert told() == []


def test_words_that_outlived_their_time_are_told_with_what_to_do(status_dir: Path) -> None:
    ledger.append(make_entry(1), subject=None, permit=Footing(), now=NOW)
    ledger.append(make_entry(2), subject=None, permit=Footing(), now=NOW)
    ledger.integrate(now=NOW)
    written = Entry.objects.filter(kind="report.exported")
    words_hash = written.get().words_hash
    written.update(words_hash=b"x" * 32)
    over = written.get().expires_at + timedelta(hours=2)

    early = told(over - timedelta(seconds=1))
    ledger.expire_bodies(now=over)
    late = told(over)
    written.update(words_hash=words_hash)  # the database of a backup is restored
    ledger.expire_bodies(now=over)

    assert not any("longer than they are kept" in each for each in early)
    (problem,) = [each for each in late if "longer than they are kept" in each]
    assert "`clearline ledger verify` names the first" in problem
    assert not any("longer than they are kept" in each for each in told(over))


def test_a_ledger_that_lost_a_published_edition_is_told_with_what_to_do(status_dir: Path) -> None:
    Entry.objects.filter(kind=EditionPublished.kind).delete()

    (problem,) = told()

    assert "no entry of an edition" in problem
    assert "restore the database and data/ledger" in problem
    assert "nobody gets a letter that something of their account was changed" in problem
    assert health(NOW).is_serving


def test_another_log_that_only_half_began_is_told_alone_with_what_to_do(
    status_dir: Path, settings: Settings
) -> None:
    (settings.ENV.instance / "keys" / "ledger-2").write_text("7" * 64)
    keep_beginning(Beginning(1, 9, "ledger-lost"))

    (problem,) = told()

    assert "`clearline ledger begin` was stopped before it was done" in problem
    assert "Run `clearline ledger begin --without-backup` again" in problem
    assert "nobody gets a letter that something of their account was changed" in problem


@pytest.mark.parametrize("key", ["ledger", "ledger-2"])
def test_a_signing_key_that_is_not_the_logs_is_told_with_what_to_do(
    status_dir: Path, settings: Settings, key: str
) -> None:
    (settings.ENV.instance / "keys" / key).write_text("7" * 64)

    (problem,) = told()

    assert f"keys/{key} cannot sign: it is not the key that signed the last checkpoint" in problem
    assert "Restore the one that did from your backup" in problem


def test_a_published_checkpoint_that_keeps_the_log_from_being_signed_is_told_with_what_to_do(
    status_dir: Path, settings: Settings
) -> None:
    own = parse_checkpoint(read_checkpoint())
    other = Signer(own.origin, b"7" * 32).sign(Checkpoint(own.origin, 9, b"r" * 32))
    (settings.ENV.tiles_dir / "checkpoint").write_text(other, encoding="utf-8")

    (problem,) = told()

    assert problem.startswith("The ledger is not signed. The published checkpoint (")
    assert "is another key's, though the one in the database is signed by keys/ledger." in problem
    assert "Restore the database, data/ledger and the key from one backup" in problem
    assert "nobody gets a letter that something of their account was changed" in problem


def test_a_published_checkpoint_beside_a_database_that_knows_no_log_is_no_other_logs(
    status_dir: Path,
) -> None:
    LogState.objects.all().delete()

    assert told() == []


def test_tiles_that_cannot_prove_an_older_checkpoint_are_left_to_the_worker_to_tell(
    status_dir: Path, settings: Settings
) -> None:
    older = read_checkpoint()
    ledger.append(make_entry(1), subject=None, permit=Footing(), now=NOW)
    ledger.integrate(now=NOW)
    (settings.ENV.tiles_dir / "checkpoint").write_text(older, encoding="utf-8")
    assert told() == []

    shutil.rmtree(settings.ENV.tiles_dir / "tile")

    assert told() == []


def test_a_lost_edition_that_cannot_be_read_either_is_told_as_lost_too(
    status_dir: Path, settings: Settings
) -> None:
    path = settings.ENV.policy_dir / "published.json"
    (row,) = json.loads(path.read_bytes())
    lost = {**row, "date": "2027-06-01", "sha256": "b" * 64}
    path.write_text(json.dumps([row, lost]))

    texts = told()

    assert any("no entry of an edition" in each and "2027-06-01" in each for each in texts)


def test_a_list_of_editions_damaged_while_the_site_runs_is_told_once(
    status_dir: Path, settings: Settings
) -> None:
    assert told() == []
    (settings.ENV.policy_dir / "published.json").write_text("{")

    (problem,) = health(NOW + timedelta(seconds=6)).problems

    assert "published.json cannot be read" in problem.text


@pytest.mark.parametrize("left", [None, "junk"])
def test_a_signing_key_that_vanished_or_broke_is_told_with_what_to_do(
    status_dir: Path, settings: Settings, left: str | None
) -> None:
    key = settings.ENV.instance / "keys" / "ledger"
    key.unlink()
    if left:
        key.write_text(left)

    (problem,) = told()
    answer = browser().get("/healthz")

    assert problem.startswith("The ledger is not signed. The key")
    assert "Restore it from" in problem
    assert answer.status_code == 200
    assert any("The ledger is not signed." in each for each in answer.json()["problems"])


def test_a_published_checkpoint_that_cannot_be_read_is_told_with_what_to_do(
    status_dir: Path, settings: Settings
) -> None:
    checkpoint = settings.ENV.tiles_dir / "checkpoint"
    checkpoint.unlink()
    checkpoint.mkdir()

    (problem,) = told()

    assert "The published checkpoint cannot be read (Is a directory)." in problem
    assert "read data/ledger, or restore it from your backup" in problem


def test_a_policy_that_cannot_be_read_stops_the_service_and_says_so(
    status_dir: Path, settings: Settings
) -> None:
    (settings.ENV.policy_dir / "published.json").write_text("{")

    found = health(NOW)

    assert not found.is_serving
    assert "Restore it from your backup." in found.problems[0].text


def test_an_edition_damaged_while_the_site_runs_is_told_and_stops_nothing(
    status_dir: Path, settings: Settings
) -> None:
    assert told() == []
    (settings.ENV.policy_dir / "2026-01-01.toml").write_text("")

    found = health(NOW + timedelta(seconds=6))

    (problem,) = found.problems
    assert problem.process == "policy"
    assert "2026-01-01.toml is not what was published" in problem.text
    assert found.is_serving


def test_a_database_that_does_not_answer_stops_the_service_and_says_so(status_dir: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry RENAME TO ledger_entry_gone")

    answer = browser().get("/healthz")

    assert answer.status_code == 503
    assert "The database does not answer." in answer.json()["problems"]


def test_events_left_out_are_summed_over_all_who_leave_out(status_dir: Path) -> None:
    write_status(status_dir, "collector", {"dropped": {"bot": 3, "too_big": 1}}, NOW)
    write_status(status_dir, "collector-1", {"dropped": {"bot": 4, "x": "many"}}, NOW)
    write_status(status_dir, "loader", {"dropped": {"replayed": 9}, "waiting_bytes": 77}, NOW)
    write_status(status_dir, "worker", {"dropped": {"bot": 1_000}}, NOW)

    found = health(NOW)

    assert list(found.dropped.items()) == [
        ("replayed", 9),
        ("bot", 7),
        ("too_big", 1),
        ("x", 0),
    ]
    assert found.waiting_bytes == 77


def test_reports_are_behind_by_whoever_brings_visits_last(status_dir: Path) -> None:
    midnight = datetime(2026, 9, 3, tzinfo=UTC)
    write_status(status_dir, "loader", {"whole_until": NOW.isoformat()}, NOW)
    write_status(status_dir, "past", {"whole_until": midnight.isoformat()}, NOW)

    assert behind_until(NOW) == midnight


def test_reports_are_behind_only_after_the_minute_that_pages_promise(status_dir: Path) -> None:
    assert behind_until(NOW) is None
    write_status(status_dir, "loader", {"whole_until": NOW.isoformat()}, NOW)
    write_status(status_dir, "past", {"whole_until": None}, NOW)

    assert behind_until(NOW + LOADED_WITHIN) is None
    assert behind_until(NOW + LOADED_WITHIN + timedelta(seconds=1)) == NOW


@pytest.mark.parametrize("status", ["", "[]", '{"at": 7}', '{"at": "noon", "dropped": [1]}'])
def test_a_status_that_cannot_be_read_is_a_silence(status: str, status_dir: Path) -> None:
    (status_dir / "loader.json").write_text(status)

    assert told() == [PROCESSES["loader"]]
