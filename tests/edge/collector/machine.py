"""Collector, loader and store as processes of their own, that can be killed and come back.

Run as a program it is one of them: `python -m tests.edge.collector.machine collector DIR PORT`.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from clearline.edge.collector.app import Collector, make_collector
from clearline.edge.collector.loader import LoaderOptions, run_loader
from clearline.edge.collector.options import CollectorOptions
from clearline.kit.columnstore.client import ColumnStore, StorePlace
from clearline.kit.columnstore.server import run_store

TOP = Path(__file__).parents[3]
CHOICES_KEY = b"k" * 64
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
ANSWER_S_MAX = 10.0
START_S_MAX = 30.0


@dataclass(slots=True)
class Machine:
    """One machine's folders and processes. `journal_dir` may lie on a disk of its own."""

    folder: Path
    journal_dir: Path
    port: int
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def store(self) -> ColumnStore:
        return ColumnStore(StorePlace(self.folder))

    def start(self, name: str) -> None:
        where = (self.folder, self.journal_dir, self.port)
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", __name__, name, *map(str, where)],
            cwd=TOP,
            process_group=0,
        )

    def kill(self, name: str) -> None:
        """Kill a process and all that it started, at once and without a word."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in tuple(self.running):
            self.kill(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_so: Callable[[], object], seconds: float) -> bool:
    """Look again and again until something is so, or the time is up; return whether it is."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@dataclass(slots=True)
class Client:
    """One who tells events and tells each again until it is answered."""

    url: str
    number: int
    events_per_request: int = 1
    page: str = "/rates/"
    sent: list[int] = field(default_factory=list)  # ids answered with 204
    refused: int = 0  # answers 503
    connection: http.client.HTTPConnection | None = None

    def tell_until(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.tell_next()
        self.close()

    def tell_next(self) -> None:
        first = (self.number << 32) + len(self.sent)
        ids = [first + step for step in range(self.events_per_request)]
        body = json.dumps([self.event(number) for number in ids]).encode()
        while (status := self.post(body)) != 204:
            assert status in {0, 503}, status
            self.refused += status == 503
            time.sleep(0.02)
        self.sent += ids

    def event(self, number: int) -> dict[str, object]:
        # Numbers that spread, as random ones do.
        spread = number * 0x9E3779B97F4A7C15 % 2**64
        kind = {"kind": "time", "seconds": 3} if number % 5 == 4 else {"kind": "view"}
        return {"id": f"{spread:016x}", "url": f"{self.url}{self.page}{number % 7}", **kind}

    def post(self, body: bytes) -> int:
        """Return the status of the answer, 0 when none came."""
        headers = {"Content-Type": "text/plain", "User-Agent": AGENT, "Origin": self.url}
        if self.connection is None:
            port = int(self.url.rpartition(":")[2])
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S_MAX)
        try:
            self.connection.request("POST", "/c/e", body, headers)
            answer = self.connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return 0
        return answer.status

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def collector_application() -> Collector:
    folder, journal_dir, port = sys.argv[2:]
    return make_collector(
        CollectorOptions(
            instance=Path(folder),
            policy_dir=Path(folder) / "policy",
            journal_dir=Path(journal_dir),
            status_dir=Path(folder) / "status",
            own_url=f"http://localhost:{port}",
            zone=ZoneInfo("America/New_York"),
            choices_key=CHOICES_KEY,
        )
    )


def run_process(name: str, folder: Path, journal_dir: Path, port: int) -> None:
    if name == "store":
        run_store(folder)
    elif name == "loader":
        run_loader(
            LoaderOptions(
                journal_dir=journal_dir,
                data_dir=journal_dir.parent,
                status_dir=folder / "status",
                store=ColumnStore(StorePlace(folder)),
            )
        )
    else:
        Granian(
            f"{__spec__.name}:collector_application",
            address="127.0.0.1",
            port=port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            factory=True,
            workers=1,
            websockets=False,
            log_level="warning",  # type: ignore[arg-type]  # it takes the word as well
        ).serve()


if __name__ == "__main__":
    run_process(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
