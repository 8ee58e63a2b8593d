"""Processes that fall are started again; when the supervisor is gone, so are they."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clearline.config.supervisor import BACKOFF_MAX_S, Child, Supervisor, backoff_s
from tests.journeys.provider import wait_until

SUPERVISED = """
import sys
from pathlib import Path
from clearline.config import supervisor

CHILD = '''
import signal, sys, threading
from pathlib import Path
from clearline.kit.lifeline import watch_lifeline
name, folder = sys.argv[1], Path(sys.argv[2])
def stop(*_):
    with (folder / "stopped").open("a") as file:
        file.write(name + chr(10))
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
watch_lifeline(grace_s=1.0)
(folder / (name + "." + str(__import__("os").getpid()))).touch()
threading.Event().wait(60)
'''
folder = Path(sys.argv[1])
supervisor.command_of = lambda name, **_: [sys.executable, "-c", CHILD, name, str(folder)]
supervisor.Supervisor(instance=folder, names=("front", "loader", "store"), port=1).run()
"""


def started(folder: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", SUPERVISED, str(folder)])
    wait_until(lambda: len(pids(folder)) == 3, seconds=20, what="three processes run")
    return process


def pids(folder: Path) -> dict[int, str]:
    """Return the living processes that told their number, by number."""
    told = {int(path.suffix[1:]): path.stem for path in folder.glob("*.[0-9]*")}
    return {pid: name for pid, name in told.items() if is_alive(pid)}


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_processes_stop_in_the_order_of_the_flow(tmp_path: Path) -> None:
    supervisor = started(tmp_path)

    supervisor.send_signal(signal.SIGTERM)
    code = supervisor.wait(20)

    assert code == 0
    assert (tmp_path / "stopped").read_text().split() == ["front", "loader", "store"]


def test_a_process_that_is_killed_is_started_again(tmp_path: Path) -> None:
    supervisor = started(tmp_path)
    victim = next(pid for pid, name in pids(tmp_path).items() if name == "loader")

    os.kill(victim, signal.SIGKILL)

    wait_until(
        lambda: "loader" in {n for p, n in pids(tmp_path).items() if p != victim},
        seconds=10,
        what="another loader runs",
    )
    supervisor.terminate()
    supervisor.wait(20)


def test_nobody_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    supervisor = started(tmp_path)

    supervisor.kill()
    supervisor.wait(5)

    wait_until(lambda: not pids(tmp_path), seconds=5, what="all children are gone")


def test_waiting_grows_with_each_fall_up_to_a_limit() -> None:
    waits = [backoff_s(falls) for falls in range(1, 20)]

    assert waits == sorted(waits)
    assert waits[0] < 1
    assert waits[-1] == BACKOFF_MAX_S


def test_a_process_that_falls_for_days_is_still_started_again(tmp_path: Path) -> None:
    fallen = subprocess.Popen([sys.executable, "-c", ""], process_group=0)
    fallen.wait(20)
    child = Child("store", process=fallen, started_at=time.monotonic(), falls=100_000)

    Supervisor(instance=tmp_path, names=("store",), port=1).note_fall(child, fallen)

    assert child.process is None
    assert 0 < child.start_after - time.monotonic() <= BACKOFF_MAX_S


def test_what_the_children_say_goes_to_the_file_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    says = [sys.executable, "-c", "import sys; sys.stderr.write('a line')"]
    monkeypatch.setattr("clearline.config.supervisor.command_of", lambda _name, **_: says)
    log_file = tmp_path / "demo.log"
    child = Child("front")

    with log_file.open("wb") as file:
        supervisor = Supervisor(instance=tmp_path, names=("front",), port=1, log_file=file)
        supervisor.lifeline = os.pipe()
        supervisor.start(child)

    assert child.process is not None
    assert child.process.wait(20) == 0
    assert log_file.read_text() == "a line"
    assert capfd.readouterr().err == ""
    for handle in supervisor.lifeline:
        os.close(handle)
