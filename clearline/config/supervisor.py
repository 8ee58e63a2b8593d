"""Start the processes of one machine, start again what falls, stop all in order."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from clearline.kit.lifeline import VARIABLE

STOP_S: Final = 10.0  # asked to stop, then killed
BACKOFF_S: Final = 0.25
BACKOFF_MAX_S: Final = 30.0
DOUBLINGS_MAX: Final = 10  # beyond the longest wait; a float overflows at 1,024
STEADY_S: Final = 60.0  # a process that lived this long falls for a new reason
LOOK_S: Final = 0.1

log = structlog.get_logger()


@dataclass(slots=True)
class Child:
    """One process of the machine and how often it fell lately."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    falls: int = 0
    start_after: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Runs children in the order given and stops them in that order.

    The order is the flow of events: front first, so that nothing new comes in; store last, so
    that whoever writes can finish.
    """

    instance: Path
    names: tuple[str, ...]
    port: int
    log_file: BinaryIO | None = None  # of the children's lines; None leaves them on standard error
    children: list[Child] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    lifeline: tuple[int, int] = (-1, -1)

    def run(self, meanwhile: Callable[[threading.Event], None] | None = None) -> None:
        """Block until a signal asks to stop. `meanwhile` runs beside, given the stop event."""
        self.lifeline = os.pipe()
        self.children = [Child(name) for name in self.names]
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stop.set())
        if meanwhile is not None:
            threading.Thread(target=meanwhile, args=(self.stop,), daemon=True).start()
        try:
            while not self.stop.wait(LOOK_S):
                self.look_after_children()
        finally:
            self.stop_all()

    def look_after_children(self) -> None:
        for child in reversed(self.children):  # the store before those who need it
            if child.process is None and time.monotonic() >= child.start_after:
                self.start(child)
            if child.process is not None and child.process.poll() is not None:
                self.note_fall(child, child.process)

    def start(self, child: Child) -> None:
        reading, _ = self.lifeline
        child.process = subprocess.Popen(  # noqa: S603  # our own program, our own arguments
            command_of(child.name, instance=self.instance, port=self.port),
            process_group=0,  # Ctrl-C reaches the supervisor alone, which stops them in order
            pass_fds=(reading,),
            env={**os.environ, VARIABLE: str(reading)},
            stdin=subprocess.DEVNULL,
            stderr=self.log_file,
        )
        child.started_at = time.monotonic()

    def note_fall(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        lived_s = time.monotonic() - child.started_at
        child.falls = 1 if lived_s > STEADY_S else child.falls + 1
        wait_s = backoff_s(child.falls)
        log.warning("process.fell", name=child.name, code=process.returncode, again_in_s=wait_s)
        kill_group(process)  # Granian's worker may outlive its main process
        child.process = None
        child.start_after = time.monotonic() + wait_s

    def stop_all(self) -> None:
        for child in self.children:
            if child.process is not None:
                stop_process(child.process)
        for handle in self.lifeline:
            os.close(handle)


def backoff_s(falls: int) -> float:
    """Return how long to wait after so many falls in a row; any number of them has an answer."""
    return min(BACKOFF_MAX_S, BACKOFF_S * 2.0 ** min(falls, DOUBLINGS_MAX))


def command_of(name: str, *, instance: Path, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "clearline.config.cli", "serve", name),
        *("--dir", str(instance), "--port", str(port)),
    ]


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """Ask with SIGTERM, wait, and end what is left of its group."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        log.warning("process.killed", pid=process.pid)
    kill_group(process)
    process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
