"""One instance is served once, at a port that is free, and whoever comes second is told."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clearline.config import cli
from clearline.config.claim import AlreadyServed, PortTaken, claimed, held
from clearline.config.demo.command import HALF, begin_demo, make_demo, read_mark
from clearline.config.env import Env
from clearline.config.init_command import make_instance
from clearline.config.processes import env_at, where_it_is
from clearline.kit.lifeline import VARIABLE
from tests.config.demo.test_command import NOW
from tests.instance import FIRST_DAY, NAMES
from tests.journeys.provider import CLI, START_S, RunningProvider, free_port, wait_until

OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith("CLEARLINE_")}
HOLDER = """
import sys
from pathlib import Path
from clearline.config.claim import claimed
with claimed(Path(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2])):
    sys.stdout.write("held\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


@pytest.fixture
def provider(tmp_path: Path) -> RunningProvider:
    made = RunningProvider(tmp_path / "instance")
    make_instance(made.instance, form="accept", effective=FIRST_DAY, names=NAMES)
    return made


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port at which another program listens, as servers share one between their processes."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        yield int(other.getsockname()[1])


def holder(instance: Path, port: int) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(instance), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def end(process: "subprocess.Popen[bytes]", number: int) -> None:
    process.send_signal(number)
    process.communicate(timeout=20)


def test_a_port_that_another_program_has_is_told_before_anything_starts(
    provider: RunningProvider, taken_port: int
) -> None:
    run = provider.command("serve", "--port", str(taken_port))

    assert run.returncode == 1
    assert run.stdout == ""
    assert f"Port {taken_port} is taken by another program; choose another" in run.stderr
    assert not list((provider.instance / "data").glob("*.sqlite3"))


def test_a_demo_at_a_port_that_is_taken_says_so_and_goes_on_elsewhere(
    tmp_path: Path, taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["demo", "--dir", str(tmp_path), "--port", str(taken_port)]) == 1

    assert f"Port {taken_port} is taken" in capsys.readouterr().err
    mark = read_mark(tmp_path)
    assert mark is not None
    assert mark.made == HALF


def test_a_demo_listens_where_its_settings_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin_demo(tmp_path, NOW)
    make_demo(tmp_path, now=NOW)
    toml = tmp_path / "clearline.toml"
    toml.write_text('host = "192.0.2.1"\n' + toml.read_text())  # an address that nobody has

    assert cli.main(["demo", "--dir", str(tmp_path), "--port", str(free_port())]) == 1

    assert "192.0.2.1 cannot be listened at" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "80000", "http"])
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_what_is_no_port_is_usage(
    command: str, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "--port", port])

    assert stopped.value.code == cli.USAGE
    assert "from 1 to 65535" in capsys.readouterr().err


def test_an_instance_that_is_served_is_not_served_again(tmp_path: Path) -> None:
    port = free_port()
    first = holder(tmp_path, port)
    try:
        with (
            pytest.raises(AlreadyServed, match=rf"process {first.pid}, on port {port}"),
            claimed(tmp_path, host="127.0.0.1", port=free_port()),
        ):
            pass
    finally:
        end(first, signal.SIGKILL)


def test_a_killed_start_leaves_the_instance_free(tmp_path: Path) -> None:
    port = free_port()
    end(holder(tmp_path, port), signal.SIGKILL)

    with claimed(tmp_path, host="127.0.0.1", port=port):
        pass


def test_a_demo_that_is_served_is_not_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin_demo(tmp_path / "demo", NOW)
    with held(tmp_path / "demo"):
        code = cli.main(["demo", "--dir", str(tmp_path / "demo"), "--reset"])

    assert code == 1
    assert "is being served already" in capsys.readouterr().err
    assert (tmp_path / "demo" / "demo.json").is_file()


def test_what_a_killed_start_left_at_the_port_is_waited_for(
    tmp_path: Path, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(holder(tmp_path, free_port()), signal.SIGKILL)
    monkeypatch.setattr("clearline.config.claim.LEFT_BEHIND_S", 0.3)

    with pytest.raises(PortTaken), claimed(tmp_path, host="127.0.0.1", port=taken_port):
        pass

    # Refused, it left the trace of the killed start for the next one.
    assert (tmp_path / "data" / "serve.lock").stat().st_size > 0


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.timeout(180)
def test_a_port_of_its_own_moves_the_address_and_a_second_start_is_refused(
    provider: RunningProvider,
) -> None:
    said = provider.instance / "said.txt"
    command = [*CLI, "serve", "--dir", str(provider.instance), "--port"]
    with said.open("wb") as file:
        first = subprocess.Popen(
            [*command, str(provider.port)], env=OUTSIDE, stdout=file, stderr=file
        )
    try:
        wait_until(
            lambda: is_listening(provider.port), seconds=START_S, what="the site is at that port"
        )

        second = subprocess.run(
            [*command, str(free_port())], env=OUTSIDE, capture_output=True, text=True, check=False
        )

        assert second.returncode == 1
        assert f"by process {first.pid}, on port {provider.port}" in second.stderr
    finally:
        end(first, signal.SIGTERM)
    told = said.read_text(encoding="utf-8")
    assert told.startswith(f"Serving Example Voice at {provider.url}\n")
    assert f"clearline policy publish {provider.instance}/policy/2026-01-01.toml --dir" in told


@dataclass(frozen=True, slots=True)
class Place:
    """Settings, the port asked for, and where the site says that it is."""

    settings: dict[str, object]
    port: int
    told: str


@pytest.mark.parametrize(
    "place",
    [
        Place({}, 8000, "at http://localhost:8000\n"),
        Place({}, 8305, "at http://localhost:8305\n"),
        Place({"url": "http://127.0.0.1:8000"}, 8305, "at http://127.0.0.1:8305\n"),
        Place({"url": "https://voice.example", "proxies": 1}, 8305,
              "at https://voice.example, listening at 127.0.0.1:8305\n"),
        Place({"url": "http://localhost:9000"}, 8000,
              "at http://localhost:9000, listening at 127.0.0.1:8000\nSigning in and counting"),
        Place({"url": "http://voice.example:8000"}, 8305, "change url in clearline.toml"),
    ],
)  # fmt: skip
def test_the_address_told_is_the_one_that_works(
    place: Place, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {})
    toml = provider.instance / "clearline.toml"
    lines = [line for line in toml.read_text().splitlines() if not line.startswith(("url", "prox"))]
    settings = [f"{name} = {json.dumps(value)}" for name, value in place.settings.items()]
    toml.write_text("\n".join([*settings, *lines]))
    env = Env(instance=provider.instance)  # type: ignore[call-arg]  # the file has the rest

    os.environ["CLEARLINE_INSTANCE"] = str(provider.instance)
    assert place.told in where_it_is(env_at(env, place.port), place.port)


@pytest.mark.parametrize("process", [(), ("front",)])
def test_a_site_whose_names_are_still_placeholders_is_not_served(
    tmp_path: Path, process: tuple[str, ...]
) -> None:
    unfinished = RunningProvider(tmp_path / "unfinished")
    make_instance(unfinished.instance, form="accept", effective=FIRST_DAY)

    run = unfinished.command("serve", *process)

    assert run.returncode == 1
    assert "{brand_name} is still a placeholder. Write your own." in run.stderr
    assert "Serving" not in run.stdout


def test_a_process_that_fell_starts_again_whatever_was_written_into_the_services_meanwhile(
    tmp_path: Path,
) -> None:
    unfinished = RunningProvider(tmp_path / "unfinished")
    make_instance(unfinished.instance, form="accept", effective=FIRST_DAY)
    reading, writing = os.pipe()
    os.close(writing)  # the supervisor is gone, so the process ends as soon as it has started

    run = subprocess.run(
        [*CLI, "serve", "loader", "--dir", str(unfinished.instance)],
        env={**OUTSIDE, VARIABLE: str(reading)},
        pass_fds=[reading],
        capture_output=True,
        text=True,
        check=False,
    )

    os.close(reading)
    assert "placeholder" not in run.stderr
    assert run.returncode != 1


def test_a_password_that_nobody_can_be_asked_for_is_missed_with_the_way_to_give_it(
    provider: RunningProvider,
) -> None:
    run = subprocess.run(
        [
            *(*CLI, "user", "create-staff", "dana", "--role", "marketer"),
            *("--dir", str(provider.instance)),
        ],
        env=provider.environment(None),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "--password-file FILE" in run.stderr
