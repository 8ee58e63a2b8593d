"""How many events a second are answered after their bytes are on the disk.

Beside it, in the same run, the same server that answers 204 and does nothing, and the whole front
while it gives out 50 template pages a second as well. Needs Debian's `wrk`; client and server share
the machine.
"""

# ruff: noqa: INP001
import http
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

ROUNDS: Final = 5
SECONDS: Final = 5
SYNCS: Final = 500
CONNECTIONS: Final = 64
PAGES_PER_S: Final = 50
READERS: Final = 8
PAGES: Final = ("/", "/services/", "/privacy/", "/help/", "/rates/")
TOP: Final = Path(__file__).parents[1]
NAMES: Final = {
    "legal_name": "Bench Voice, Inc.",
    "brand_name": "Bench Voice",
    "tagline": "Phone service for benches.",
    "email": "hello@example.test",
    "phone": "+1 207 555 0100",
    "street": "1 Bench Street",
    "city": "Portland",
    "state": "Maine",
    "zip": "04101",
}
# Every request is an event of its own, as a browser would send it.
WRK: Final = """
local n = 0
local id = 0
function setup(thread) thread:set("id", id); id = id + 1 end
request = function()
  n = n + 1
  local body = string.format(
    '{"id":"%%02x%%06x%%08x","kind":"view","url":"%(url)s/services/page-%%d/","referrer":""}',
    id, math.random(0, 16777215), n, n %% 300)
  return wrk.format("POST", "/c/e", {["Content-Type"]="text/plain", ["Origin"]="%(url)s",
    ["User-Agent"]="Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"}, body)
end
"""
NOTHING: Final = """
async def answer(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""
SERVE_NOTHING: Final = """
import sys
from granian import Granian
from granian.constants import HTTPModes, Interfaces
Granian("nothing:answer", address="127.0.0.1", port=int(sys.argv[1]),
        interface=Interfaces.ASGI, http=HTTPModes.http1, workers=1, websockets=False,
        log_access=False).serve()
"""


def run() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="clearline-bench-") as name:
        return measure(Path(name))


def measure(folder: Path) -> dict[str, object]:
    instance = make_instance(folder / "instance")
    (folder / "nothing.py").write_text(NOTHING, encoding="utf-8")
    ours, theirs, beside, pages, disk = [], [], [], [], []
    with serving(folder, instance) as (own, nothing, front):
        for _ in range(ROUNDS):  # interleaved, so that all meet the same machine
            ours.append(load(folder, own))
            theirs.append(load(folder, nothing))
            with reading_pages(front) as spans:
                beside.append(load(folder, front))
            pages.extend(spans)
            disk.extend(syncs(folder))
    found, peer = median_rate(ours), median_rate(theirs)
    return {
        "events_per_s": round(found),
        "p99_ms": median_p99(ours),
        "no_work_per_s": round(peer),
        "no_work_p99_ms": median_p99(theirs),
        "ratio": round(found / peer, 2),
        "beside_pages": {
            "events_per_s": round(median_rate(beside)),
            "p99_ms": median_p99(beside),
            "pages_per_s": round(len(pages) / (ROUNDS * SECONDS)),
            "page_p50_ms": percentile(pages, 50),
            "page_p99_ms": percentile(pages, 99),
        },
        "fdatasync_per_s": round(1 / statistics.fmean(disk)),
        "fdatasync_p99_ms": percentile(disk, 99),
        "fdatasync_max_ms": round(max(disk) * 1000, 1),
    }


def median_rate(rounds: Sequence[tuple[float, float]]) -> float:
    return statistics.median(rate for rate, _ in rounds)


def percentile(spans: Sequence[float], percent: int) -> float:
    """Return a percentile of spans in seconds, in milliseconds."""
    return round(statistics.quantiles(spans, n=100)[percent - 1] * 1000, 1)


def median_p99(rounds: Sequence[tuple[float, float]]) -> float:
    return round(statistics.median(p99_ms for _, p99_ms in rounds), 1)


@contextmanager
def reading_pages(port: int) -> Iterator[list[float]]:
    """Ask for 50 pages a second on eight connections meanwhile; the list gets what each took."""
    spans: list[float] = []
    done = threading.Event()

    def read(first: int) -> None:
        connection = http.client.HTTPConnection("localhost", port, timeout=10)
        due = time.perf_counter() + first / PAGES_PER_S
        while not done.wait(max(0.0, due - time.perf_counter())):
            began = time.perf_counter()
            connection.request("GET", PAGES[first % len(PAGES)])
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.HTTPStatus.OK:
                message = f"{PAGES[first % len(PAGES)]} answers {answer.status}"
                raise RuntimeError(message)
            spans.append(time.perf_counter() - began)
            due += READERS / PAGES_PER_S
        connection.close()

    with ThreadPoolExecutor(READERS) as pool:
        reading = [pool.submit(read, first) for first in range(READERS)]
        try:
            yield spans
        finally:
            done.set()
            for each in reading:
                each.result()


def make_instance(instance: Path) -> Path:
    command = [sys.executable, "-m", "clearline.config.cli"]
    today = datetime.now(ZoneInfo("America/New_York")).date().isoformat()  # as `init` writes it
    subprocess.run(  # noqa: S603  # our own program
        [*command, "init", str(instance), "--effective", today],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    toml = instance / "clearline.toml"
    text = toml.read_text(encoding="utf-8")
    for name, value in NAMES.items():
        text = text.replace("{" + name + "}", value)
    toml.write_text(text, encoding="utf-8")
    subprocess.run([*command, "init", str(instance)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # as above
    edition = str(instance / "policy" / f"{today}.toml")
    subprocess.run(  # noqa: S603  # as above
        [*command, "policy", "publish", edition, "--dir", str(instance)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return instance


@contextmanager
def serving(folder: Path, instance: Path) -> Iterator[tuple[int, int, int]]:
    own, nothing, front = free_port(), free_port(), free_port()
    processes = [
        serve(instance, "collector", own),
        serve(instance, "front", front),
        subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", SERVE_NOTHING, str(nothing)], cwd=folder
        ),
    ]
    try:
        wait_for(own, "/cl.js")
        wait_for(nothing, "/")
        wait_for(front, "/")
        yield own, nothing, front
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)


def serve(instance: Path, process: str, port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own program
        [
            *(sys.executable, "-m", "clearline.config.cli", "serve", process),
            *("--dir", str(instance), "--port", str(port)),
        ],
        env={**os.environ, "CLEARLINE_URL": f"http://localhost:{port}"},
        stdin=subprocess.PIPE,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, path: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    message = f"nothing answers on port {port}"
    raise RuntimeError(message)


def load(folder: Path, port: int) -> tuple[float, float]:
    """Return answers in a second and the 99th percentile in milliseconds."""
    url = f"http://localhost:{port}"
    script = folder / "events.lua"
    script.write_text(WRK % {"url": url}, encoding="utf-8")
    told = subprocess.run(  # noqa: S603  # Debian's wrk
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", str(script), url],  # noqa: S607  # as above
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    if "Non-2xx" in told:
        raise RuntimeError(told)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    p99 = re.search(r"99%\s+([0-9.]+)(us|ms|s)", told)
    if rate is None or p99 is None:
        raise RuntimeError(told)
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]
    return float(rate[1]), float(p99[1]) * scale


def syncs(folder: Path) -> list[float]:
    """Return how long this disk takes to make 4 kB durable, in seconds: the limit of any answer."""
    spans = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            spans.append(time.perf_counter() - began)
    return spans


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
