"""Whatever dies, and whatever is full or down: what was answered is stored, each event once."""

import random
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

import clearline.reach.visitors
from clearline.kit.columnstore.client import ColumnStore, StoreError
from clearline.kit.columnstore.migrate import migrate
from clearline.kit.status import read_statuses
from tests.edge.collector.editions import edition, publish
from tests.edge.collector.machine import START_S_MAX, Client, Machine, free_port, wait_until

SCHEMA = Path(clearline.reach.visitors.__file__).parent / "schema"
CLIENTS = 4
DRAIN_S_MAX = 30.0
DRAINED_PER_S_MIN = 5_000  # of what waited ten minutes
STORE_DOWN_S = 600.0


class Stored(NamedTuple):
    """What the store has: raw events, and what each span of the roll-up says of them."""

    events: int
    different: int
    views: int
    seconds: int
    views_by_day: int
    views_by_8_days: int
    seconds_by_day: int
    site_views: int


STORED = """
SELECT count(), uniqExact(id), countIf(kind = 'view'), sum(seconds),
  (SELECT sum(views) FROM popularity WHERE filter = '' AND thing = 'page' AND span = 1),
  (SELECT sum(views) FROM popularity WHERE filter = '' AND thing = 'page' AND span = 8),
  (SELECT sum(seconds) FROM popularity WHERE filter = '' AND thing = 'page' AND span = 1),
  (SELECT sum(views) FROM popularity WHERE filter = 'device' AND thing = 'site' AND span = 1)
FROM event
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path, tmp_path / "journal", free_port())
    publish(tmp_path / "policy", edition(date(2026, 1, 1)))
    try:
        yield machine
    finally:
        machine.stop()


def start_all(machine: Machine) -> None:
    machine.start("store")
    assert wait_until(lambda: is_migrated(machine.store), START_S_MAX)
    machine.start("loader")
    start_collector(machine)


def start_collector(machine: Machine) -> None:
    machine.start("collector")
    probe = Client(machine.url, number=0)
    assert wait_until(lambda: probe.post(b"") != 0, START_S_MAX)
    probe.close()


def is_migrated(store: ColumnStore) -> bool:
    try:
        migrate(store, SCHEMA)
    except StoreError:
        return False
    return True


@contextmanager
def telling(machine: Machine, *, events_per_request: int = 1) -> Iterator[list[Client]]:
    """Let clients tell events meanwhile; at the end each has an answer to all that it told."""
    clients = [Client(machine.url, number, events_per_request) for number in range(1, CLIENTS + 1)]
    stop = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        told = [pool.submit(client.tell_until, stop) for client in clients]
        try:
            yield clients
        finally:
            stop.set()
        for each in told:
            each.result()


def assert_each_is_stored_once(machine: Machine, clients: list[Client]) -> None:
    told = sum(len(client.sent) for client in clients)
    wait_until(lambda: has_all(machine.store, told), DRAIN_S_MAX + told / DRAINED_PER_S_MIN)
    (stored,) = machine.store.query(STORED, Stored)
    assert stored.events == stored.different == told
    assert stored.views_by_day == stored.views_by_8_days == stored.views
    assert stored.site_views == stored.views
    assert stored.seconds_by_day == stored.seconds


def has_all(store: ColumnStore, told: int) -> bool:
    """Return whether all that was told has come, and its sums, which a crash may leave behind."""
    try:
        (stored,) = store.query(STORED, Stored)
    except StoreError:
        return False
    return stored.events >= told and stored.views_by_day == stored.views_by_8_days == stored.views


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.soak)])
def test_what_was_answered_is_stored_once_however_often_a_process_is_killed(
    machine: Machine, kills: int
) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)  # noqa: T201  # shown when the test fails
    dice = random.Random(seed)
    start_all(machine)
    pause = threading.Event()

    with telling(machine) as clients:
        for _ in range(kills):
            pause.wait(dice.uniform(0.2, 1.5))
            name = dice.choice(("collector", "loader", "store"))
            machine.kill(name)
            machine.start(name)

    assert sum(len(client.sent) for client in clients) > 100 * kills
    assert_each_is_stored_once(machine, clients)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "down_s", [5.0, pytest.param(STORE_DOWN_S, marks=pytest.mark.soak)], ids=["short", "long"]
)
def test_nothing_is_lost_while_the_store_is_down(machine: Machine, down_s: float) -> None:
    start_all(machine)

    with telling(machine) as clients:
        machine.kill("store")
        threading.Event().wait(down_s)
        troubles = read_statuses(machine.folder / "status")
        machine.start("store")

    assert "wait in the journal" in str(troubles["loader"]["trouble"])
    assert all(client.refused == 0 for client in clients)
    assert_each_is_stored_once(machine, clients)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def trouble_of_collector(machine: Machine) -> str:
    return str(read_statuses(machine.folder / "status").get("collector", {}).get("trouble"))


@pytest.mark.timeout(300)
def test_a_full_disk_is_answered_so_and_loses_nothing_that_was_taken(
    small_disk: Path, machine: Machine
) -> None:
    machine.journal_dir = small_disk / "journal"
    machine.start("loader")  # with no store to load into
    start_collector(machine)

    with telling(machine, events_per_request=50) as clients:
        assert wait_until(lambda: sum(client.refused for client in clients) > 20, 120)
        is_told = wait_until(lambda: "disk is full" in trouble_of_collector(machine), 30)
        machine.start("store")
        assert wait_until(lambda: is_migrated(machine.store), START_S_MAX)
        refused = sum(client.refused for client in clients)
        taken = sum(len(client.sent) for client in clients)
        goes_on = wait_until(lambda: sum(len(client.sent) for client in clients) > taken, 60)

    assert is_told
    assert goes_on, refused
    assert_each_is_stored_once(machine, clients)
