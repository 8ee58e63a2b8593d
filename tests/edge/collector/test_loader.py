"""The loader: acknowledged is never lost, retried is counted once."""

import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from clearline.edge.collector.intake import Intake, Refused
from clearline.edge.collector.journal import SEGMENT_S, Journal
from clearline.edge.collector.loader import (
    Loader,
    LoaderOptions,
    drop_old_damage,
    keep_loading,
    list_segments,
)
from clearline.kit.columnstore.client import StoreDown
from clearline.kit.status import read_statuses
from clearline.policy.choices import Choices
from clearline.reach.visitors.admit import AGE_MS_MAX, FUTURE_MS_MAX
from clearline.reach.visitors.event import StoredEvent
from tests.edge.collector.arriving import ACCEPTED, VIEW, arrive, cookies, taken
from tests.edge.collector.events import HOUR_MS, NOON_MS, keep, make_event, tally
from tests.edge.collector.loading import NOW, NOWHERE, Stored, load_all, stored
from tests.edge.collector.machine import wait_until


def send_and_die(options: LoaderOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send a batch with a loader that is killed before it notes so."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Loader, "finish", die)
        with pytest.raises(KeyboardInterrupt):
            Loader(options).load_next(NOW, with_lone_tally=True)


def manifests(options: LoaderOptions) -> list[dict[str, object]]:
    return [json.loads(path.read_bytes()) for path in options.manifests_dir.glob("*.json")]


def test_what_is_in_the_journal_reaches_the_store_and_frees_the_disk(
    options: LoaderOptions, journal: Journal
) -> None:
    for _ in range(30):
        keep(journal, *(make_event() for _ in range(20)))

    load_all(Loader(options))

    assert stored(options.store) == Stored(600, 600, 600)
    assert [path.suffix for path in list_segments(options.journal_dir)] == [".open"]


def test_an_event_that_a_client_sends_again_counts_once(
    options: LoaderOptions, journal: Journal
) -> None:
    loader = Loader(options)
    again = make_event()
    keep(journal, again, again)
    load_all(loader)
    keep(journal, again, make_event())
    load_all(loader)

    load_all(Loader(replace(options)))
    keep(journal, again)
    load_all(Loader(options))  # which has seen nothing itself and asks the store

    assert stored(options.store) == Stored(2, 2, 2)


@pytest.mark.parametrize("hours", [-20, 20])
def test_an_event_sent_again_after_the_clock_moved_counts_once(
    options: LoaderOptions, journal: Journal, hours: int
) -> None:
    loader = Loader(options)
    keep(journal, make_event(number=5))
    load_all(loader)

    keep(journal, make_event(number=5, received_ms=NOON_MS + hours * HOUR_MS))
    load_all(loader)

    assert stored(options.store).events == 1


@pytest.mark.parametrize("ahead_ms", [0, FUTURE_MS_MAX])
@pytest.mark.parametrize("minute", [0, 56, 58])
@pytest.mark.parametrize("choices", [ACCEPTED, None])
def test_an_event_counts_once_for_as_long_as_it_is_admitted(
    options: LoaderOptions,
    journal: Journal,
    intake: Intake,
    ahead_ms: int,
    minute: int,
    choices: Choices | None,
) -> None:
    loader = Loader(options)
    first = NOW.replace(minute=minute)
    at_ms = int(first.timestamp() * 1000) + ahead_ms
    told = arrive({**VIEW, "at": at_ms}, {b"cookie": cookies(choices)})
    last = datetime.fromtimestamp((at_ms + AGE_MS_MAX) / 1000, UTC)

    for now in (first, last, last - timedelta(minutes=1)):
        events = taken(intake.take(told, now))
        assert len(events) == 1  # it is admitted each time
        keep(journal, *events)
        load_all(loader)
    assert isinstance(intake.take(told, last + timedelta(seconds=1)), Refused)

    assert stored(options.store).events == 1


def test_a_batch_that_was_sent_but_not_noted_is_sent_again_and_counts_once(
    options: LoaderOptions, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(journal, *(make_event() for _ in range(50)))
    send_and_die(options, monkeypatch)
    keep(journal, *(make_event() for _ in range(7)))  # must not slip into that batch
    load_all(Loader(options))

    assert stored(options.store) == Stored(57, 57, 57)


def test_a_batch_whose_journal_was_damaged_after_it_was_sent_is_made_good_all_the_same(
    options: LoaderOptions, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = NOON_MS - 30 * 24 * HOUR_MS  # no day that a loader looks at when it begins
    keep(journal, *(make_event(received_ms=long_ago) for _ in range(50)))

    def lose_sums_and_die(*_: object) -> None:
        # As a store that is killed between the events and their sums.
        options.store.command("ALTER TABLE popularity DELETE WHERE 1 SETTINGS mutations_sync = 1")
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Loader, "finish", lose_sums_and_die)
        with pytest.raises(KeyboardInterrupt):
            Loader(options).load_next(NOW, with_lone_tally=True)
    (path,) = list_segments(options.journal_dir)
    content = bytearray(path.read_bytes())
    content[1000] ^= 4
    path.write_bytes(content)

    load_all(Loader(options))

    assert stored(options.store) == Stored(50, 50, 50)


def test_a_loader_whose_notes_are_lost_reads_all_again_and_counts_nothing_twice(
    options: LoaderOptions, journal: Journal
) -> None:
    keep(journal, *(make_event() for _ in range(50)))
    load_all(Loader(options))
    for path in (options.data_dir / "loader").iterdir():
        path.write_bytes(b"nonsense")

    load_all(Loader(options))

    assert stored(options.store) == Stored(50, 50, 50)


@pytest.mark.parametrize("lost", ["event", "popularity"])
def test_a_batch_whose_rows_the_store_lost_is_made_good(
    options: LoaderOptions, journal: Journal, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """So a store leaves it that is killed between noting a token and keeping the rows."""
    keep(journal, *(make_event() for _ in range(50)))
    send_and_die(options, monkeypatch)
    options.store.command(f"ALTER TABLE {lost} DELETE WHERE 1 SETTINGS mutations_sync = 1")
    load_all(Loader(options))

    assert stored(options.store) == Stored(50, 50, 50)


def test_sums_that_were_lost_with_the_notes_are_made_again(
    options: LoaderOptions, journal: Journal
) -> None:
    keep(journal, *(make_event() for _ in range(50)))
    load_all(Loader(options))
    for path in (options.data_dir / "loader").iterdir():
        path.write_bytes(b"nonsense")
    options.store.command("ALTER TABLE popularity DELETE WHERE 1 SETTINGS mutations_sync = 1")

    load_all(Loader(options))

    assert stored(options.store) == Stored(50, 50, 50)


def test_nothing_is_lost_while_the_store_is_down(options: LoaderOptions, journal: Journal) -> None:
    keep(journal, make_event())
    for _ in range(2):
        with pytest.raises(StoreDown):
            Loader(replace(options, store=NOWHERE)).load_next(NOW, with_lone_tally=True)
    keep(journal, make_event())

    load_all(Loader(options))

    assert stored(options.store) == Stored(2, 2, 2)


def test_a_manifest_tells_counts_and_reasons_and_nobody(
    options: LoaderOptions, journal: Journal
) -> None:
    again = make_event()
    keep(journal, again, again, make_event())
    keep(journal, make_event(), clause="visits.measure")
    tally(journal, bot=3, too_big=1)

    load_all(Loader(options))

    (manifest,) = manifests(options)
    assert manifest["events"] == 3
    assert manifest["by_clause"] == {"2026-11-01 visits.count": 2, "2026-11-01 visits.measure": 1}
    assert manifest["dropped"] == {"bot": 3, "too_big": 1}
    assert manifest["replayed"] == 1
    assert "visitor" not in json.dumps(manifest)


def test_what_collectors_have_counted_as_left_out_the_loader_does_not_count_again(
    options: LoaderOptions, journal: Journal
) -> None:
    again = make_event()
    keep(journal, again, again)
    journal.write([b"\xc1 no record"])
    tally(journal, bot=3, too_big=1)
    loader = Loader(options)

    load_all(loader)

    assert loader.dropped == {"unreadable": 1, "replayed": 1}


def test_the_zeros_that_a_dead_writer_left_do_not_hold_up_the_next_one(
    options: LoaderOptions,
) -> None:
    loader = Loader(options)
    dead = Journal.open(options.journal_dir / "collector-1")
    keep(dead, make_event())
    loader.load_next(NOW, with_lone_tally=False)
    os.close(dead.lock)  # as the kernel does when a process dies
    alive = Journal.open(options.journal_dir / "collector-1")
    keep(alive, make_event())

    loader.load_next(NOW, with_lone_tally=False)

    assert stored(options.store).events == 2
    alive.close()


def test_what_a_collector_that_never_came_back_left_open_is_freed_within_the_hour(
    options: LoaderOptions, journal: Journal
) -> None:
    gone = Journal.open(options.journal_dir / "collector-1", segment_bytes=16 * 1024)
    keep(journal, make_event())
    keep(gone, make_event())
    os.close(gone.lock)  # as when it is killed
    loader = Loader(options)
    load_all(loader)
    assert len(list_segments(options.journal_dir)) == 2

    for path in list_segments(options.journal_dir):
        os.utime(path, (NOW.timestamp() - SEGMENT_S - 1,) * 2)
    load_all(loader)

    assert [path.parent.name for path in list_segments(options.journal_dir)] == ["collector-0"]
    assert stored(options.store).events == 2


def test_counts_without_events_wait_for_events(options: LoaderOptions, journal: Journal) -> None:
    tally(journal, bot=3)
    loader = Loader(options)

    taken_bytes = loader.load_next(NOW, with_lone_tally=False)

    assert taken_bytes == 0
    assert manifests(options) == []
    load_all(loader)
    assert manifests(options)[0]["dropped"] == {"bot": 3}


def test_a_flipped_byte_is_set_aside_and_all_else_is_loaded(
    options: LoaderOptions, journal: Journal
) -> None:
    keep(journal, *(make_event() for _ in range(3)))
    journal.close_segment()
    (path,) = list_segments(options.journal_dir)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)

    load_all(Loader(options))

    assert stored(options.store) == Stored(2, 2, 2)
    (damaged,) = options.damaged_dir.iterdir()
    assert damaged.read_bytes() in content


def test_damaged_bytes_go_after_thirty_days(tmp_path: Path) -> None:
    moments = {"old": NOW - timedelta(days=31), "new": NOW - timedelta(days=29)}
    for name, moment in moments.items():
        (tmp_path / name).write_bytes(b"who saw what")
        os.utime(tmp_path / name, (moment.timestamp(), moment.timestamp()))

    left = drop_old_damage(tmp_path, NOW)

    assert left == 1
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_record_that_is_none_of_ours_is_counted_and_stepped_over(
    options: LoaderOptions, journal: Journal
) -> None:
    journal.write([b"\xc1 no record"])
    keep(journal, make_event())

    load_all(Loader(options))

    assert stored(options.store).events == 1
    assert manifests(options)[0]["dropped"] == {"unreadable": 1}


@pytest.mark.parametrize(
    "event",
    [
        structs.replace(make_event(), day=-5),
        structs.replace(make_event(), day=2**16),
        structs.replace(make_event(), visitor=-1),
        structs.replace(make_event(), starts=256),
        structs.replace(make_event(), seconds=2**40),
        structs.replace(make_event(), at_ms=-1),
        structs.replace(make_event(), received_ms=2**60),
        structs.replace(make_event(), page="/" * 257),
    ],
)
def test_a_record_of_values_that_no_column_holds_is_counted_and_stepped_over(
    options: LoaderOptions, journal: Journal, event: StoredEvent
) -> None:
    keep(journal, event)
    keep(journal, make_event())

    load_all(Loader(options))

    assert stored(options.store).events == 1
    assert manifests(options)[0]["dropped"] == {"unreadable": 1}


def test_two_journals_are_loaded_side_by_side(options: LoaderOptions, journal: Journal) -> None:
    with_past = Journal.open(options.journal_dir / "past", segment_bytes=16 * 1024)
    for _ in range(10):
        keep(with_past, *(make_event() for _ in range(100)))
    keep(journal, make_event())

    order = [path.parent.name for path in list_segments(options.journal_dir)]

    assert order[:2] == ["collector-0", "past"]
    load_all(Loader(options))
    assert stored(options.store).different == 1001
    with_past.close()


def test_the_loader_goes_on_when_its_disk_is_full_by_giving_up_its_reserve(
    options: LoaderOptions, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = Loader(options)
    keep(journal, make_event())
    load_all(loader)
    reserve = loader.room.reserve
    assert reserve.exists()
    keep(journal, make_event())
    really = os.fsync

    def full_until_the_reserve_is_gone(handle: int) -> None:
        if reserve.exists():
            raise OSError(28, "no room")
        really(handle)

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", full_until_the_reserve_is_gone)
        load_all(loader)

    assert stored(options.store).events == 2


def test_tables_of_another_release_stop_no_loader_and_are_told_on_the_health_page(
    options: LoaderOptions,
) -> None:
    options.store.command(
        "INSERT INTO schema_step (number, name, sha256, at)"
        " VALUES (1, '0001_event.sql', 'other', now64(3) + 60)"
    )
    stop = threading.Event()
    loading = threading.Thread(target=keep_loading, args=(Loader(options), stop))

    loading.start()

    try:
        assert wait_until(
            lambda: "was changed" in str(read_statuses(options.status_dir).get("loader")), 10
        )
    finally:
        stop.set()
        loading.join(10)
    assert not loading.is_alive()
