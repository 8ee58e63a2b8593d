"""One real store process per test session (and worker), a database of its own for each test."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from clearline.kit.columnstore.client import ColumnStore, StorePlace

START_S_MAX = 30
RUN = """
import sys
from pathlib import Path
from clearline.kit.columnstore.server import run_store
run_store(Path(sys.argv[1]), when_ready=lambda: print("ready", flush=True))
"""


@dataclass(frozen=True)
class StoreProcess:
    """A store process that runs, and where it answers."""

    place: StorePlace
    process: subprocess.Popen[bytes]


def start_store(directory: Path) -> StoreProcess:
    """Spawn a store process over a directory and return once it takes requests."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(directory)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return StoreProcess(StorePlace(directory), process)


def stop_store(running: StoreProcess) -> int:
    running.process.terminate()
    try:
        return running.process.wait(START_S_MAX)
    finally:
        running.process.kill()
        running.process.wait()
        assert running.process.stdout is not None
        running.process.stdout.close()


@pytest.fixture(scope="session")
def store_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    running = start_store(tmp_path_factory.mktemp("store"))
    try:
        yield running
    finally:
        stop_store(running)


@pytest.fixture
def column_store(store_process: StoreProcess) -> Iterator[ColumnStore]:
    """An empty database in the session's store."""
    database = f"test_{secrets.token_hex(6)}"
    whole = ColumnStore(store_process.place)
    whole.command(f"CREATE DATABASE {database}")
    try:
        yield ColumnStore(replace(store_process.place, database=database))
    finally:
        whole.command(f"DROP DATABASE {database} SYNC")
