"""Where a store process listens, and for whom."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from clearline.kit.columnstore.client import ColumnStore, StoreDown
from tests.column_store import RUN, StoreProcess, start_store, stop_store


class One(NamedTuple):
    number: int


ONE = (One(1),)


@contextmanager
def a_store_in(folder: Path) -> Iterator[StoreProcess]:
    running = start_store(folder)
    try:
        yield running
    finally:
        stop_store(running)


def sockets_of(process: "subprocess.Popen[bytes]") -> set[str]:
    """Return the kernel's numbers of a process's sockets."""
    handles = Path(f"/proc/{process.pid}/fd").iterdir()
    links = {str(handle.readlink()) for handle in handles}
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def test_a_store_listens_on_no_port_and_for_its_owner_alone(store_process: StoreProcess) -> None:
    tables = [Path(f"/proc/{store_process.process.pid}/net/{name}") for name in ("tcp", "tcp6")]
    on_ports = {line.split()[9] for table in tables for line in table.read_text().splitlines()[1:]}
    data_dir = store_process.place.data_dir
    assert data_dir is not None

    assert sockets_of(store_process.process)
    assert not sockets_of(store_process.process) & on_ports
    assert stat.S_IMODE((data_dir / "events.socket").stat().st_mode) == 0o600


def test_a_store_in_a_folder_with_a_long_name_answers_and_leaves_no_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("a long name " * 10) / ("and another " * 10)
    folder.mkdir(parents=True)

    with a_store_in(folder) as running:
        rows = ColumnStore(running.place).query("SELECT 1", One)

    assert rows == ONE
    assert not (folder / "events.socket").exists()


def test_a_store_that_was_killed_is_found_again_when_it_is_back(tmp_path: Path) -> None:
    with a_store_in(tmp_path) as running:
        store = ColumnStore(running.place)
        store.query("SELECT 1", One)
        running.process.kill()
        running.process.wait()
        with pytest.raises(StoreDown):
            store.query("SELECT 1", One)

    with a_store_in(tmp_path):
        assert store.query("SELECT 1", One) == ONE


def test_a_second_store_of_an_instance_is_refused_and_the_first_goes_on(
    store_process: StoreProcess,
) -> None:
    folder = str(store_process.place.data_dir)

    second = subprocess.run(
        [sys.executable, "-c", RUN, folder],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert "Is another store process of this instance running?" in second.stderr
    assert ColumnStore(store_process.place).query("SELECT 1", One) == ONE
