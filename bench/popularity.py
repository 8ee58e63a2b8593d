"""How fast the report of most popular pages is read, and what an event takes on the disk.

`clearline bench popularity` measures 1 and 10 million differing events; `python bench/popularity.py
100000000` any number. Each size has a store of its own in the temporary folder, removed at the end.
Cold is the first report after the store was started anew; warm is the median of five.
"""

# ruff: noqa: INP001
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from clearline.kit.columnstore.client import ColumnStore, Parameter, StorePlace
from clearline.kit.columnstore.migrate import migrate
from clearline.reach.visitors import load
from clearline.reach.visitors.queries import DEFAULT_LIMITS, choose_readings, read_names
from clearline.reach.visitors.queries import read_report as popularity_report
from clearline.reach.visitors.report import Population, Report, ReportQuery, Thing

SIZES: Final = (1_000_000, 10_000_000)
CHUNK: Final = 500_000  # the roll-ups of one insert must fit into memory
DAYS: Final = 90
LAST: Final = date(2026, 11, 23)
FIRST: Final = LAST - timedelta(days=DAYS - 1)
ROUNDS: Final = 5
WRITE_S: Final = 3_600.0
RUN: Final = """
import sys
from pathlib import Path
from clearline.kit.columnstore.server import run_store
run_store(Path(sys.argv[1]), when_ready=lambda: print("ready", flush=True))
"""
# 300 pages, of which each draws less than the one before; 60 % of visits by people who agreed. As
# on a site a page is in the part that its path names, and a referring site of one kind.
FILL: Final = """
INSERT INTO event
    (id, at, day, kind, page, part, service, name, device, referrer_class, referrer, campaign,
     visitor, starts, seconds, received, batch)
WITH
    toString(toUInt32(exp(ln(300.0) * (cityHash64(number, 4) % 1000000) / 1e6))) AS of_page,
    ['search', 'social', 'other'][cityHash64(number, 7) % 40 % 3 + 1] AS came_from
SELECT
    cityHash64(number, 1) AS id,
    toDateTime64({first:Date}, 3, 'UTC')
        + toIntervalMillisecond(toUInt64(number * {ms_each:Float64})
            + cityHash64(number, 2) % 600000) AS at,
    toDate(at),
    ['view', 'view', 'view', 'time', 'time', 'service'][cityHash64(number, 3) % 6 + 1] AS kind,
    concat('/', part, '/page-', of_page, '/') AS page,
    ['services', 'rates', 'help', 'contact', 'account'][cityHash64(of_page) % 5 + 1] AS part,
    part = 'services' ? concat('service-', toString(cityHash64(page) % 20)) : '',
    '',
    ['phone', 'computer', 'tablet'][cityHash64(number, 5) % 3 + 1],
    ['direct', 'internal', 'internal', came_from, came_from, came_from][
        cityHash64(number, 6) % 6 + 1
    ] AS referrer_class,
    referrer_class IN ('search', 'social', 'other')
        ? concat('site-', toString(cityHash64(number, 7) % 40), '.example') : '',
    cityHash64(number, 8) % 20 = 0 ? concat('campaign-', toString(cityHash64(number, 9) % 8)) : '',
    cityHash64(number, 10) % 10 < 6
        ? cityHash64(cityHash64(number, 11) % {people:UInt64}, 12) : 0,
    kind = 'view' AND cityHash64(number, 13) % 3 = 0,
    kind = 'time' ? 1 + cityHash64(number, 14) % 240 : 0,
    at,
    intDiv(number, 5000)
FROM numbers({start:UInt64}, {rows:UInt64})
"""
BYTES: Final = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'default'"
# The least that any report of these days must do: read two columns of them.
FLOOR: Final = "SELECT count(), sum(seconds) FROM event WHERE day BETWEEN {a:Date} AND {b:Date}"


class Bytes(NamedTuple):
    bytes: int


class Floor(NamedTuple):
    events: int
    seconds: int


def run(sizes: tuple[int, ...] = SIZES) -> dict[str, object]:
    return {f"{size:,}": measure(size) for size in sizes}


@contextmanager
def store_in(folder: Path) -> Iterator[ColumnStore]:
    process = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-c", RUN, str(folder)], stdout=subprocess.PIPE
    )
    try:
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            message = "the store did not start"
            raise RuntimeError(message)
        yield ColumnStore(StorePlace(folder))
    finally:
        process.terminate()
        process.wait(120)


def measure(size: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="clearline-bench-") as name:
        folder = Path(name)
        with store_in(folder) as store:
            seconds = fill(store, size)
        with store_in(folder) as store:
            cold_ms = time_of(lambda: popularity_report(store, question()))
        with store_in(folder) as store:
            warm = {name: median_of(ask, store) for name, ask in QUESTIONS.items()}
            floor_ms = statistics.median(
                time_of(lambda: store.query(FLOOR, Floor, {"a": question().start, "b": LAST}))
                for _ in range(ROUNDS)
            )
            reading, _ = choose_readings(store, question(), DEFAULT_LIMITS, has_both=True)
            names_ms = statistics.median(
                time_of(lambda: read_names(store, reading)) for _ in range(ROUNDS)
            )
            (found,) = store.query(BYTES, Bytes)
            report = popularity_report(store, question())
        return {
            "filled_events_per_s": round(size / seconds),
            "bytes_per_event": round(found.bytes / size, 1),
            "precision": str(report.precision),
            "rows": len(report.rows),
            "cold_ms": round(cold_ms, 1),
            "warm_ms": warm,
            "names_with_people_ms": round(names_ms, 1),
            "floor_ms": round(floor_ms, 1),
        }


def fill(store: ColumnStore, size: int) -> float:
    migrate(store, load.SCHEMA)
    began = time.perf_counter()
    for start in range(0, size, CHUNK):
        params: dict[str, Parameter] = {
            "first": FIRST,
            "start": start,
            "rows": min(CHUNK, size - start),
            "ms_each": (DAYS * 86_400_000 - 600_000) / size,  # in the order in which they came
            "people": max(1_000, size // 40),
        }
        store.command(FILL, params, seconds_max=WRITE_S)
    seconds = time.perf_counter() - began
    for table in ("event", "popularity"):
        store.command(f"OPTIMIZE TABLE {table} FINAL", seconds_max=WRITE_S)
    return seconds


def question(**changed: object) -> ReportQuery:
    given: dict[str, object] = {"start": LAST - timedelta(days=29), "end": LAST, **changed}
    return ReportQuery(**given)  # type: ignore[arg-type]  # each by its own name


QUESTIONS: Final[dict[str, Callable[[ColumnStore], Report]]] = {
    "pages": lambda store: popularity_report(store, question()),
    "services": lambda store: popularity_report(store, question(thing=Thing.SERVICE)),
    "agreed": lambda store: popularity_report(store, question(population=Population.AGREED)),
    "phone": lambda store: popularity_report(store, question(device="phone")),
    "phone_from_search": lambda store: popularity_report(
        store, question(device="phone", referrer_class="search")
    ),
}


def median_of(ask: Callable[[ColumnStore], Report], store: ColumnStore) -> float:
    ask(store)
    return round(statistics.median(time_of(lambda: ask(store)) for _ in range(ROUNDS)), 1)


def time_of(work: Callable[[], object]) -> float:
    """Return how many milliseconds it took."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    chosen = tuple(int(size) for size in sys.argv[1:]) or SIZES
    sys.stdout.write(json.dumps(run(chosen), indent=2) + "\n")
