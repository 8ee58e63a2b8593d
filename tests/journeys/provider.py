"""A provider of its own for a journey: made by `init`, published, served by the real processes.

Days go by with Debian's faketime: stop, start again under another clock.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from clearline.config.demo.provider import NAMES

AT_THE_PROVIDER = ZoneInfo("America/New_York")  # as `init` writes it
START_S = 60.0
AGEING = (
    ("accounts_emailaddress", "added_at"),
    ("accounts_member", "since"),
    ("teams_handover", "offered_at"),
    ("teams_handover", "expires_at"),
)
# Of the people of every journey: what they type, what their browsers send. No log may have it.
PERSONAL = ("dana", "seven quiet herons fly", "Mozilla/", "127.0.0.1", "cl_visitor", "sessionid")
CLI = (sys.executable, "-m", "clearline.config.cli")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clock(at: datetime | timedelta) -> dict[str, str]:
    """Return the environment in which a program believes that it is `at` and time goes on.

    A moment may be off by hours, since Django's processes read it in the provider's time zone. A
    stretch of time, by which the clock is then ahead of ours, is exact.
    """
    if isinstance(at, timedelta):
        told = f"+{at.total_seconds():.0f}s"
    else:
        told = at.strftime("@%Y-%m-%d %H:%M:%S")
    return {
        "LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "FAKETIME": told,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # without it timed waits of Chromium spin
        "TZ": "UTC",
    }


@dataclass(slots=True)
class RunningProvider:
    """One instance and, while it serves, its supervisor."""

    instance: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def command(
        self, *words: str, at: datetime | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run one command of the program in this instance and return what it said."""
        return subprocess.run(
            [*CLI, *words, "--dir", str(self.instance)],
            env=self.environment(at),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def environment(self, at: datetime | timedelta | None) -> dict[str, str]:
        own = {"CLEARLINE_URL": self.url, "CLEARLINE_INSTANCE": str(self.instance)}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CLEARLINE_")}
        return {**inherited, **own, **(clock(at) if at else {})}

    def make(self, *, effective: date, at: datetime | None) -> None:
        """Make the instance as an operator would: init, fill in names, init again, publish."""
        made = subprocess.run(
            [*CLI, "init", str(self.instance), "--effective", effective.isoformat()],
            env=self.environment(at),
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        toml = self.instance / "clearline.toml"
        text = toml.read_text(encoding="utf-8")
        for name, value in NAMES.items():
            text = text.replace("{" + name + "}", value)
        toml.write_text(text, encoding="utf-8")
        again = subprocess.run(
            [*CLI, "init", str(self.instance)], env=self.environment(at), check=False
        )
        assert again.returncode == 0
        edition = self.instance / "policy" / f"{effective.isoformat()}.toml"
        published = self.command("policy", "publish", str(edition), at=at)
        assert published.returncode == 0, published.stderr

    def start(self, at: datetime | timedelta | None = None) -> None:
        with (self.instance / "data" / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*CLI, "serve", "--dir", str(self.instance), "--port", str(self.port)],
                env=self.environment(at),
                stdout=log,
                stderr=log,
            )
        wait_until(self.answers, seconds=START_S, what="the site answers")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def pass_days(self, days: int) -> None:
        """Let days go by for those who act in accounts, for their addresses and what is offered.

        It is as if they had come, and it had been offered, so much earlier; nobody signs in anew.
        """
        with closing(sqlite3.connect(self.instance / "data" / "clearline.sqlite3")) as database:
            for table, column in AGEING:
                database.execute(
                    f"UPDATE {table} SET {column} = datetime({column}, '-{days} days')"
                )
            database.commit()

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.process = None
            assert not self.personal_in_log()

    def personal_in_log(self) -> list[str]:
        """Return what of the personas stands in the logs of this provider's processes."""
        log = self.log()
        return [word for word in PERSONAL if word in log]

    def log(self) -> str:
        return (self.instance / "data" / "serve.log").read_text(encoding="utf-8", errors="replace")


def wait_until(
    holds: Callable[[], bool], *, seconds: float, what: str, every: float = 0.05
) -> None:
    """Wait for something other processes bring about; fail with its name when it never comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(every)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")
