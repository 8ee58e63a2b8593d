"""The worker: what is due is done, what fails is told, what is long holds nothing up."""

import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError
from pytest_django import Settings
from structlog.testing import capture_logs

from clearline.config.init_command import make_instance
from clearline.edge.jobs.worker import LONG, QUICK, Beat, Lane, last_runs, tell
from clearline.kit.columnstore.client import StoreDown
from clearline.kit.status import read_statuses
from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, signed_in
from tests.instance import FIRST_DAY, NAMES, publish
from tests.journeys.provider import AT_THE_PROVIDER, CLI, RunningProvider, wait_until

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAILY = timedelta(hours=24)


@dataclass(slots=True)
class Work:
    """A piece of work that notes its turns, and fails while it has an error."""

    error: Exception | None = None
    turns: list[datetime] = field(default_factory=list)

    def do(self, now: datetime) -> None:
        self.turns.append(now)
        if self.error is not None:
            raise self.error


def lane_of(*works: Work, every: timedelta = DAILY) -> Lane:
    beats = (Beat(f"work{n}", f"work {n}", every, work.do) for n, work in enumerate(works))
    return Lane(tuple(beats), {})


def test_work_is_done_at_the_start_and_then_when_it_is_due() -> None:
    work = Work()
    lane = lane_of(work)

    for moment in (NOON, NOON + timedelta(hours=23), NOON + DAILY):
        lane.run_due(moment)

    assert work.turns == [NOON, NOON + DAILY]


def test_a_clock_set_back_makes_work_due() -> None:
    work = Work()
    lane = lane_of(work)
    lane.run_due(NOON)

    lane.run_due(NOON - timedelta(days=400))

    assert len(work.turns) == 2


@pytest.mark.parametrize("error", [StoreDown("x"), DatabaseError("x"), OSError("x")])
def test_work_that_fails_is_tried_again_soon_then_each_minute_and_holds_up_no_other(
    error: Exception,
) -> None:
    failing, other = Work(error), Work()
    lane = lane_of(failing, other)

    for second in range(200):
        lane.run_due(NOON + timedelta(seconds=second))

    turns = [(turn - NOON).total_seconds() for turn in failing.turns]
    assert turns == [0, 2, 6, 14, 30, 62, 122, 182]
    assert other.turns == [NOON]


def test_work_that_was_well_meanwhile_is_tried_again_soon_once_more() -> None:
    work = Work(StoreDown("x"))
    lane = lane_of(work, every=timedelta(minutes=10))
    lane.run_due(NOON)
    work.error = None
    lane.run_due(NOON + timedelta(seconds=2))
    work.error = StoreDown("x")

    lane.run_due(NOON + timedelta(seconds=602))
    lane.run_due(NOON + timedelta(seconds=604))

    assert len(work.turns) == 4


def test_what_ran_is_known_to_the_next_worker(tmp_path: Path) -> None:
    work = Work()
    lane = lane_of(work)
    lane.run_due(NOON)

    tell([lane], tmp_path, NOON)

    assert last_runs(tmp_path, lane.beats) == {"work0": NOON}


@pytest.mark.parametrize(
    "status", ["", "[]", '{"runs": []}', '{"runs": {"work0": "noon"}}', '{"runs": {"work0": 7}}']
)
def test_a_status_that_tells_nothing_makes_all_work_due(status: str, tmp_path: Path) -> None:
    (tmp_path / "worker.json").write_text(status)

    assert last_runs(tmp_path, lane_of(Work()).beats) == {}


@pytest.fixture
def status_dir(settings: Settings, tmp_path: Path) -> Path:
    make_instance(tmp_path, form="accept", effective=FIRST_DAY, names=NAMES)
    publish(tmp_path / "policy", FIRST_DAY)
    settings.ENV = settings.ENV.model_copy(update={"instance": tmp_path})
    return Path(settings.ENV.status_dir)


@pytest.mark.django_db
def test_work_that_fails_is_told_to_machines_and_to_the_staff(status_dir: Path) -> None:
    lane = lane_of(Work(StoreDown("x")))
    lane.run_due(NOON)

    tell([lane], status_dir, NOON)

    expected = "Regular work fails and is tried again: work 0 (StoreDown)."
    assert expected in json.loads(browser().get("/healthz").content)["problems"]
    assert expected in signed_in("olu", Role.ADMINISTRATOR).get("/staff/health/").content.decode()


@pytest.mark.django_db
def test_when_a_process_was_heard_last_is_told_with_its_time_zone(status_dir: Path) -> None:
    tell([lane_of(Work())], status_dir, NOON)

    page = signed_in("olu", Role.ADMINISTRATOR).get("/staff/health/").content.decode()
    assert "last heard at 07:00:00 EST<" in page  # of New York


@pytest.mark.django_db
def test_work_that_is_well_again_is_no_trouble(status_dir: Path) -> None:
    work = Work(StoreDown("x"))
    lane = lane_of(work)
    lane.run_due(NOON)
    work.error = None
    lane.run_due(NOON + timedelta(minutes=1))

    tell([lane], status_dir, NOON)

    assert read_statuses(status_dir)["worker"]["trouble"] == ""


def test_a_disk_that_takes_no_status_stops_no_work(tmp_path: Path) -> None:
    taken = tmp_path / "status"
    taken.write_text("a file where the folder should be")
    work = Work()
    lane = lane_of(work)

    tell([lane], taken, NOON)
    lane.run_due(NOON)

    assert work.turns == [NOON]


def test_every_piece_of_work_has_words_and_is_done_in_one_lane() -> None:
    beats = [*QUICK, *LONG]

    assert len({beat.name for beat in beats}) == len(beats)
    assert all(beat.title for beat in beats)


@pytest.fixture
def provider(tmp_path: Path) -> RunningProvider:
    """An instance as an operator makes it, whose ledger has the entry of its edition."""
    made = RunningProvider(tmp_path / "instance")
    made.make(effective=datetime.now(AT_THE_PROVIDER).date(), at=None)
    return made


@pytest.fixture
def silent_store() -> Iterator[socket.socket]:
    """A store that takes every statement and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        yield listening


def signed_entries(checkpoint: Path) -> int:
    """Return how many entries the published checkpoint covers."""
    return int(checkpoint.read_text().splitlines()[1])


def make_one_more(provider: RunningProvider, user_id: str) -> None:
    secret = provider.instance / "password"
    secret.write_text("seven quiet herons fly\n")
    words = ("user", "create-staff", user_id, "--role", "marketer", "--password-file", str(secret))
    made = provider.command(*words)
    assert made.returncode == 0, made.stderr


def test_signing_goes_on_while_old_visits_are_being_erased(
    provider: RunningProvider, silent_store: socket.socket
) -> None:
    store_url = f"http://127.0.0.1:{silent_store.getsockname()[1]}"
    worker = subprocess.Popen(
        [*CLI, "serve", "worker", "--dir", str(provider.instance)],
        env={**provider.environment(None), "CLEARLINE_STORE_URL": store_url},
    )
    try:
        with silent_store.accept()[0]:  # from here on the erasure waits for an answer
            checkpoint = provider.instance / "data" / "ledger" / "checkpoint"
            wait_until(checkpoint.exists, seconds=30, what="the first checkpoint")
            before = signed_entries(checkpoint)

            make_one_more(provider, "dana")

            wait_until(lambda: signed_entries(checkpoint) > before, seconds=30, what="it is signed")
    finally:
        worker.terminate()
        assert worker.wait(20) == 0


def test_work_that_fails_in_the_same_way_is_logged_once_until_it_is_well() -> None:
    work = Work(StoreDown("x"))
    lane = lane_of(work, every=timedelta(minutes=10))

    with capture_logs() as lines:
        for second in range(60):
            lane.run_due(NOON + timedelta(seconds=second))
        work.error = DatabaseError("x")
        lane.run_due(NOON + timedelta(seconds=120))
        work.error = None
        lane.run_due(NOON + timedelta(seconds=240))
        work.error = DatabaseError("x")
        lane.run_due(NOON + timedelta(seconds=900))

    assert [line["error"] for line in lines] == ["StoreDown", "DatabaseError", "DatabaseError"]
