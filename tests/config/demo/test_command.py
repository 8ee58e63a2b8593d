"""The demo makes a provider in a folder of its own, never in somebody's, and ends whole."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from clearline.config import cli
from clearline.config.demo.command import HALF, begin_demo, make_demo, read_mark
from clearline.config.init_command import make_instance
from tests.instance import NAMES
from tests.journeys.provider import CLI, free_port, wait_until

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOTICE, ACCEPT = "2026-07-27.toml", "2026-10-03.toml"


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def real_instance(tmp_path: Path) -> Path:
    make_instance(tmp_path / "voice", form="accept", effective=date(2026, 12, 1), names=NAMES)
    return tmp_path / "voice"


@pytest.mark.parametrize("more", [[], ["--reset"]])
def test_a_real_instance_is_left_alone(
    more: list[str], real_instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(real_instance)

    code = cli.main(["demo", "--dir", str(real_instance), *more])

    assert code == 1
    assert "--dir" in capsys.readouterr().err
    assert contents(real_instance) == before


def test_an_instance_that_the_environment_names_is_left_alone(
    real_instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARLINE_INSTANCE", str(real_instance))
    before = contents(real_instance)

    assert cli.main(["demo"]) == 1

    assert contents(real_instance) == before


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    assert cli.main(["demo", "--dir", str(tmp_path), "--reset"]) == 1

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_demo_that_died_half_way_goes_on_and_overwrites_nothing(tmp_path: Path) -> None:
    mark = begin_demo(tmp_path / "demo", NOW)
    make_demo(tmp_path / "demo", now=mark.made_at)
    (tmp_path / "demo" / "policy" / ACCEPT).unlink()
    (tmp_path / "demo" / "keys" / "index").unlink()
    before = contents(tmp_path / "demo")

    make_demo(tmp_path / "demo", now=mark.made_at)

    after = contents(tmp_path / "demo")
    assert {path.name for path in after.keys() - before.keys()} == {ACCEPT, "index"}
    assert {path: after[path] for path in before} == before
    found = read_mark(tmp_path / "demo")
    assert found is not None
    assert found.made == HALF


def test_a_mark_that_cannot_be_read_says_how_to_begin_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo.json").write_text("{")

    assert cli.main(["demo", "--dir", str(tmp_path)]) == 1

    assert "--reset" in capsys.readouterr().err


@dataclass(slots=True)
class RunningDemo:
    """`clearline demo` as a person starts it, in a process group as a terminal makes one."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None
    said: Path = field(init=False)

    def __post_init__(self) -> None:
        self.said = self.folder / "said.txt"

    def start(self) -> str:
        """Start it and return the path of the first sign-in link once the site answers."""
        demo = str(self.folder / "demo")
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [*CLI, "demo", "--dir", demo, "--port", str(self.port), "--json"],
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                process_group=0,
                env={k: v for k, v in os.environ.items() if not k.startswith("CLEARLINE_")},
            )
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        wait_until(lambda: self.status("/healthz") == 200, seconds=60, what="the demo answers")
        return str(told["staff"][0]["url"]).removeprefix(told["url"])

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code
        except OSError:
            return 0

    def filled_days(self) -> int:
        try:
            told = json.loads((self.folder / "demo" / "data" / "demo-past.json").read_text())
        except FileNotFoundError:
            return 0
        return int(told["done_days"])

    def end(self, number: int) -> int:
        assert self.process is not None
        os.killpg(self.process.pid, number)
        try:
            return self.process.wait(40)
        finally:
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[RunningDemo]:
    running = RunningDemo(tmp_path)
    try:
        yield running
    finally:
        if running.process is not None:
            running.end(signal.SIGKILL)


def those_that_run_in(folder: Path) -> list[str]:
    """Return the command lines of living processes whose environment names the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            names_it = f"CLEARLINE_INSTANCE={folder}".encode() in (path / "environ").read_bytes()
            words = (path / "cmdline").read_bytes()
        except OSError:
            continue
        if names_it and words:
            found.append(words.decode().replace("\0", " "))
    return found


@pytest.mark.timeout(240)
def test_the_demo_stops_and_goes_on_and_leaves_nothing_behind(demo: RunningDemo) -> None:
    first_link = demo.start()
    wait_until(lambda: demo.filled_days() >= 1, seconds=60, what="the first day is filled in")

    code = demo.end(signal.SIGINT)

    assert code == 0
    assert "Traceback" not in demo.said.read_text()
    assert those_that_run_in(demo.folder / "demo") == []
    done = demo.filled_days()
    second_link = demo.start()
    assert demo.status(first_link) == 404
    assert demo.status(second_link) == 200
    wait_until(lambda: demo.filled_days() > done, seconds=60, what="the next day is filled in")

    demo.end(signal.SIGKILL)

    wait_until(
        lambda: those_that_run_in(demo.folder / "demo") == [], seconds=20, what="all are gone"
    )
