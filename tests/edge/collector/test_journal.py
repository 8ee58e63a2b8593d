"""The journal: what was acknowledged is there after any end of the process, and nothing twice."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearline.edge.collector.journal import (
    SEGMENT_BYTES,
    SEGMENT_S,
    Journal,
    JournalBroken,
    JournalFull,
    JournalTaken,
)
from clearline.edge.collector.segment import (
    CLOSED,
    OPEN,
    READ_BYTES,
    Damage,
    Reading,
    framed,
    read_segment,
)

payloads = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=20)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "j", segment_bytes=64 * 1024)
    yield journal
    journal.close()


def segments(directory: Path) -> list[Path]:
    return sorted([*directory.glob(f"*{OPEN}"), *directory.glob(f"*{CLOSED}")])


def read_all(directory: Path) -> list[bytes]:
    return [payload for path in segments(directory) for payload in read_whole(path).payloads]


def read_whole(path: Path) -> Reading:
    """Read a segment to its end, as the loader does, piece by piece."""
    told: list[bytes] = []
    damages: list[Damage] = []
    offset, is_finished = 0, False
    while not is_finished:
        reading = read_segment(path, offset)
        told += reading.payloads
        damages += reading.damages
        is_finished = reading.is_finished or reading.offset == offset
        offset = reading.offset
    return Reading(tuple(told), offset, tuple(damages), is_finished=reading.is_finished)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(groups=st.lists(payloads, min_size=1, max_size=5))
def test_what_is_written_is_read_back_in_order(
    groups: list[list[bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    journal = Journal.open(directory, segment_bytes=2048)

    for group in groups:
        journal.write(group)
    journal.close()

    assert read_all(directory) == [payload for group in groups for payload in group]


def test_a_directory_has_one_writer(journal: Journal) -> None:
    with pytest.raises(JournalTaken, match="another process"):
        Journal.open(journal.directory)


def test_a_second_collector_takes_a_directory_of_its_own(tmp_path: Path) -> None:
    first = Journal.open_free(tmp_path)
    second = Journal.open_free(tmp_path)

    assert (first.directory.name, second.directory.name) == ("collector-0", "collector-1")
    first.close()
    second.close()


def test_an_open_segment_is_read_up_to_what_was_written(journal: Journal) -> None:
    journal.write([b"one", b"two"])

    reading = read_segment(segments(journal.directory)[0], 0)

    assert reading.payloads == (b"one", b"two")
    assert not reading.is_finished
    journal.write([b"three"])
    assert read_segment(segments(journal.directory)[0], reading.offset).payloads == (b"three",)


def test_what_a_killed_writer_acknowledged_is_there_and_its_segment_is_closed(
    tmp_path: Path,
) -> None:
    code = (
        "import os, sys, pathlib\n"
        "from clearline.edge.collector.journal import Journal\n"
        "journal = Journal.open(pathlib.Path(sys.argv[1]))\n"
        "journal.write([b'kept'])\n"
        "os.pwrite(journal.handle, b'CLJ1 half a reco', journal.offset)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)

    journal = Journal.open(tmp_path)
    journal.write([b"after"])
    journal.close()

    (killed, after) = segments(tmp_path)
    assert killed.suffix == after.suffix == CLOSED
    assert read_all(tmp_path) == [b"kept", b"after"]
    (damage,) = read_whole(killed).damages
    assert damage.content.startswith(b"CLJ1 half")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(written=payloads, data=st.data())
def test_one_flipped_bit_costs_its_own_record_at_most_and_is_told(
    written: list[bytes], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / f"x{CLOSED}"
    content = bytearray(b"".join(framed(payload) for payload in written))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)

    reading = read_whole(path)

    assert len(reading.payloads) == len(written) - 1
    assert set(reading.payloads) <= set(written)
    assert len(reading.damages) == 1
    assert reading.is_finished


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=payloads, cut=st.integers(0, 5000))
def test_a_torn_tail_keeps_all_whole_records_before_it(
    written: list[bytes], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / f"x{CLOSED}"
    content = b"".join(framed(payload) for payload in written)
    path.write_bytes(content[: min(cut, len(content))])

    reading = read_whole(path)

    assert list(reading.payloads) == written[: len(reading.payloads)]
    assert all(damage.is_torn for damage in reading.damages)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2000), is_open=st.booleans())
def test_no_bytes_make_the_reader_fail(
    content: bytes, *, is_open: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / ("x" + (OPEN if is_open else CLOSED))
    path.write_bytes(content)

    reading = read_whole(path)

    assert reading.offset <= len(content)


def test_records_after_a_megabyte_of_damage_are_found(tmp_path: Path) -> None:
    path = tmp_path / f"x{CLOSED}"
    path.write_bytes(framed(b"a") + b"\xff" * (2 * READ_BYTES) + framed(b"z"))

    reading = read_whole(path)

    assert reading.payloads == (b"a", b"z")
    assert sum(len(damage.content) for damage in reading.damages) == 2 * READ_BYTES


def test_a_record_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / f"x{OPEN}"
    whole = framed(b"first") + framed(b"second")
    path.write_bytes(whole[:-3] + b"\0" * 100)

    reading = read_segment(path, 0)

    assert reading.payloads == (b"first",)
    assert not reading.damages
    path.write_bytes(whole + b"\0" * 97)
    assert read_segment(path, reading.offset).payloads == (b"second",)


def test_a_later_page_that_is_seen_before_an_earlier_one_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / f"x{OPEN}"
    whole = framed(b"first") + framed(b"a" * 5000) + framed(b"last")
    path.write_bytes(whole[:100] + b"\0" * 4000 + whole[4100:] + b"\0" * 100)

    reading = read_segment(path, 0)

    assert (reading.payloads, reading.damages) == ((b"first",), ())
    path.write_bytes(whole)
    assert read_segment(path, reading.offset).payloads == (b"a" * 5000, b"last")


def test_nothing_is_stepped_over_in_a_segment_that_is_read_while_it_is_written(
    tmp_path: Path,
) -> None:
    journal = Journal.open(tmp_path, segment_bytes=16 * 1024 * 1024)
    groups = [[b"%d %d " % (group, one) * 90 for one in range(150)] for group in range(30)]
    journal.write([b"begun"])
    (path,) = segments(tmp_path)
    told: list[bytes] = []
    damages: list[Damage] = []
    offset = 0

    def write_all() -> None:
        for group in groups:
            journal.write(group)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_all)
        is_written = False
        while not is_written:
            is_written = writing.done()
            reading = read_segment(path, offset)
            told += reading.payloads
            damages += reading.damages
            offset = reading.offset
        writing.result()
    told += read_segment(path, offset).payloads

    assert damages == []
    assert told == [b"begun", *(payload for group in groups for payload in group)]
    journal.close()


def test_a_tail_torn_early_in_a_segment_of_full_size_is_no_damage(tmp_path: Path) -> None:
    dead = Journal.open(tmp_path)
    dead.write([b"kept"])
    os.pwrite(dead.handle, framed(b"half a record" * 9)[:40], dead.offset)
    os.close(dead.lock)  # as the kernel does when a process dies
    Journal.open(tmp_path).close()
    (path,) = segments(tmp_path)
    assert path.stat().st_size == SEGMENT_BYTES

    reading = read_whole(path)

    assert reading.payloads == (b"kept",)
    assert reading.is_finished
    (damage,) = reading.damages
    assert damage.is_torn
    assert len(damage.content) == 40


def test_a_full_disk_is_said_so_leaves_no_file_and_is_got_over(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as full:
        full.setattr(os, "posix_fallocate", no_room)
        with pytest.raises(JournalFull, match="make room"):
            journal.write([b"lost"])

    assert segments(journal.directory) == []
    journal.write([b"kept"])
    assert read_all(journal.directory) == [b"kept"]


def test_a_write_that_failed_counts_for_nothing_and_its_file_is_left(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.write([b"kept"])

    def broken(handle: int, block: memoryview, offset: int) -> int:
        really(handle, block, offset)
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as ill:
        really = os.pwrite
        ill.setattr(os, "pwrite", broken)
        with pytest.raises(JournalBroken):
            journal.write([b"lost"])
    journal.write([b"after"])

    assert read_all(journal.directory) == [b"kept", b"after"]
    assert len(segments(journal.directory)) == 2


def test_a_full_segment_is_closed_and_cut_to_what_it_holds(journal: Journal) -> None:
    block = b"x" * 1000
    for _ in range(70):
        journal.write([block])

    closed, opened = segments(journal.directory)

    assert closed.suffix == CLOSED
    assert closed.stat().st_size == 64 * len(framed(block))
    assert opened.suffix == OPEN


def test_a_segment_is_closed_an_hour_after_it_was_begun_though_nothing_more_is_written(
    journal: Journal,
) -> None:
    journal.write([b"one"])
    journal.write([])
    assert [path.suffix for path in segments(journal.directory)] == [OPEN]

    journal.begun_s -= SEGMENT_S + 1
    journal.write([])
    assert [path.suffix for path in segments(journal.directory)] == [CLOSED]

    journal.write([b"two"])
    assert [path.suffix for path in segments(journal.directory)] == [CLOSED, OPEN]
    assert read_all(journal.directory) == [b"one", b"two"]


def test_a_segment_that_the_disk_would_not_let_close_is_closed_within_the_next_hour(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "broken")

    def an_hour_on() -> None:
        journal.begun_s -= SEGMENT_S + 1
        journal.looked_s -= SEGMENT_S + 1
        journal.write([])

    journal.write([b"kept"])
    with monkeypatch.context() as ill:
        ill.setattr(os, "ftruncate", broken)
        ill.setattr(os, "rename", broken)
        ill.setattr(os, "replace", broken)
        an_hour_on()
        an_hour_on()
    journal.write([b"after"])
    assert [path.suffix for path in segments(journal.directory)] == [OPEN, OPEN]

    an_hour_on()

    assert [path.suffix for path in segments(journal.directory)] == [CLOSED, CLOSED]
    assert read_all(journal.directory) == [b"kept", b"after"]
    journal.write([b"last"])
    assert [path.suffix for path in segments(journal.directory)] == [CLOSED, CLOSED, OPEN]


def test_a_look_for_segments_left_open_leaves_the_one_that_is_written(journal: Journal) -> None:
    journal.write([b"one"])

    journal.looked_s -= SEGMENT_S + 1
    journal.write([b"two"])

    assert [path.suffix for path in segments(journal.directory)] == [OPEN]
    assert read_all(journal.directory) == [b"one", b"two"]


def test_a_payload_over_the_limit_is_a_mistake_of_the_caller(journal: Journal) -> None:
    with pytest.raises(ValueError, match="262144"):
        journal.write([b"x" * 262145])
