"""By when reports had all that was taken in: the loader says no moment that is too late."""

import hashlib
import time
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from clearline.edge.collector.batch import Progress
from clearline.edge.collector.journal import Journal
from clearline.edge.collector.loader import Loader, LoaderOptions, list_segments
from clearline.edge.collector.record import Kept, to_bytes
from clearline.edge.collector.segment import CLOSED, OPEN, READ_BYTES, framed
from clearline.kit.columnstore.client import StoreDown
from tests.edge.collector.events import keep, make_event
from tests.edge.collector.loading import NOW, NOWHERE, load_all, stored


def test_the_loader_says_by_when_it_had_all_that_was_taken_in(
    options: LoaderOptions, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearline.edge.collector.loader.BYTES_ENOUGH", 20_000)
    loader = Loader(options)
    for _ in range(30):
        keep(journal, *(make_event() for _ in range(20)))

    loader.load_next(NOW, with_lone_tally=True)

    assert loader.whole_until is None
    load_all(loader)
    assert loader.whole_until == NOW


def test_what_waits_for_a_store_that_is_down_is_not_said_to_be_in_reports(
    options: LoaderOptions, journal: Journal
) -> None:
    loader = Loader(options)
    load_all(loader)
    later = NOW + timedelta(hours=2)
    keep(journal, make_event())
    loader.options = replace(options, store=NOWHERE)

    with pytest.raises(StoreDown):
        loader.load_next(later, with_lone_tally=True)

    assert loader.whole_until == NOW
    loader.options = options
    loader.load_next(later + timedelta(hours=1), with_lone_tally=True)
    assert loader.whole_until == later


@pytest.mark.parametrize("large", [1, 2, 3])
@pytest.mark.parametrize("ending", [OPEN, CLOSED])
def test_reports_are_said_to_have_all_only_once_every_file_was_read_to_its_end(
    options: LoaderOptions, large: int, ending: str
) -> None:
    journals = [Journal.open(options.journal_dir / f"collector-{each}") for each in range(large)]
    record = len(framed(to_bytes(Kept("2026-11-01", "visits.count", (make_event(),)))))
    events = 5 * READ_BYTES // 2 // record
    for journal in journals:
        keep(journal, *(make_event() for _ in range(events)))
        if ending == CLOSED:
            journal.close_segment()
    loader = Loader(options)
    begun = loader.whole_until

    while stored(options.store).events < large * events:
        assert loader.whole_until == begun
        assert loader.load_next(NOW, with_lone_tally=True)

    loader.load_next(NOW, with_lone_tally=True)
    assert loader.whole_until == NOW
    for journal in journals:
        journal.close()


def test_a_file_that_was_closed_while_it_was_looked_for_is_not_said_to_be_in_reports(
    options: LoaderOptions, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(journal, make_event())
    loader = Loader(options)
    begun = loader.whole_until
    listed = list_segments(options.journal_dir)
    journal.close_segment()

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("clearline.edge.collector.loader.list_segments", lambda _: listed)
        loader.load_next(NOW, with_lone_tally=True)

    assert loader.whole_until == begun
    load_all(loader)
    assert loader.whole_until == NOW


def test_a_loader_that_begins_again_knows_by_when_the_one_before_had_all(
    options: LoaderOptions, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(journal, make_event())
    load_all(Loader(options))
    for _ in range(30):
        keep(journal, *(make_event() for _ in range(20)))
    monkeypatch.setattr("clearline.edge.collector.loader.BYTES_ENOUGH", 20_000)
    later = NOW + timedelta(hours=6)

    loader = Loader(options)

    assert loader.whole_until == NOW
    loader.load_next(later, with_lone_tally=True)
    assert loader.whole_until == NOW
    assert Loader(options).whole_until == NOW
    while loader.load_next(later, with_lone_tally=True):
        pass
    assert Loader(options).whole_until == later


def test_of_quiet_hours_it_is_noted_too_that_nothing_waited(options: LoaderOptions) -> None:
    loader = Loader(options)
    load_all(loader)
    path = options.data_dir / "loader" / "progress"
    noted = path.stat().st_mtime_ns

    loader.load_next(NOW + timedelta(seconds=59), with_lone_tally=True)

    assert path.stat().st_mtime_ns == noted
    assert Loader(options).whole_until == NOW
    loader.load_next(NOW + timedelta(minutes=2), with_lone_tally=True)
    assert Loader(options).whole_until == NOW + timedelta(minutes=2)


def test_without_a_note_reports_have_all_from_before_the_oldest_file_that_waits(
    options: LoaderOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [NOW - timedelta(hours=6), NOW - timedelta(hours=9)]
    for number, at in enumerate(moments):
        monkeypatch.setattr(time, "time_ns", lambda at=at: int(at.timestamp()) * 10**9)
        journal = Journal.open(options.journal_dir / f"collector-{number}")
        keep(journal, make_event())
        journal.close()

    assert Loader(options).whole_until == NOW - timedelta(hours=9)


def test_a_note_of_an_earlier_release_is_read(options: LoaderOptions, journal: Journal) -> None:
    class Before(msgspec.Struct, frozen=True):
        number: int
        offsets: dict[str, int]

    keep(journal, make_event())
    load_all(Loader(options))
    noted = Loader(options).progress
    body = msgspec.msgpack.encode(Before(noted.number, noted.offsets))
    path = options.data_dir / "loader" / "progress"
    path.write_bytes(hashlib.sha256(body).digest() + body)

    loader = Loader(options)

    assert loader.progress == Progress(noted.number, noted.offsets)
    assert noted.offsets
