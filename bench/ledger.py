"""How fast the ledger is written, signed, verified and proved, beside what the disk allows.

`clearline bench ledger` measures 100,000 entries; `python bench/ledger.py 1000000` a million. Each
run makes an instance of its own in the temporary folder and removes it.
"""

# ruff: noqa: INP001
import argparse
import json
import os
import random
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.uses import UseDenied

NOW: Final = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
ROUNDS: Final = 5
SINGLES: Final = 400
WRITERS: Final = 32
SINGLES_PER_WRITER: Final = 60
BATCH: Final = 10_000
PROOFS: Final = 200
ROW_BYTES: Final = 700  # what an entry takes in its table
TOML: Final = """
[provider]
legal_name = "Bench Voice, Inc."
brand_name = "Bench Voice"
tagline = "Phone service for benches."
email = "hello@example.test"
phone = "+1 207 555 0100"

[provider.legal_department]
name = "Legal Department"
street = "1 Bench Street"
city = "Portland"
state = "Maine"
zip = "04101"
"""


def run(size: int = 100_000) -> dict[str, object]:
    """Measure in a process of its own, because Django is set up once per process."""
    command = [sys.executable, __file__, str(size)]
    found = subprocess.run(  # noqa: S603  # this very file
        command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    told: dict[str, object] = json.loads(found.stdout)
    return told


def make_instance(folder: Path) -> None:
    for name in ("keys", "data", "policy", "content"):
        (folder / name).mkdir()
    (folder / "clearline.toml").write_text(TOML, encoding="utf-8")
    for key in ("django", "choices", "index", "ledger", "ledger_seal", "sessions"):
        (folder / "keys" / key).write_text(secrets.token_hex(32), encoding="utf-8")
    os.environ["CLEARLINE_INSTANCE"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "clearline.config.settings"
    import django  # noqa: PLC0415  # only once the instance stands
    from django.core.management import call_command  # noqa: PLC0415  # as above

    django.setup()
    call_command("migrate", verbosity=0)


def measure(folder: Path, size: int) -> dict[str, object]:
    make_instance(folder)
    return {
        "entries": size,
        "fdatasync_per_s": round(syncs(folder)),
        "singles": measure_singles(folder),
        "writers": measure_writers(),
        "batched": measure_batched(size),
        "proved": measure_proofs(folder),
        "verified": measure_verify(folder),
    }


def syncs(folder: Path) -> float:
    with (folder / "sync").open("wb") as file:

        def write() -> None:
            for _ in range(SINGLES):
                file.write(b"x" * 4096)
                file.flush()
                os.fdatasync(file.fileno())

        return SINGLES / seconds(write)


def measure_singles(folder: Path) -> dict[str, object]:
    """Compare an append with a bare commit of as many bytes, in turns."""
    from clearline.trust.ledger import actions  # noqa: PLC0415  # Django must stand

    bare = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=FULL")
    bare.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, body BLOB)")

    def commit_bare() -> None:
        for _ in range(SINGLES):
            bare.execute("INSERT INTO entry (body) VALUES (?)", (b"x" * ROW_BYTES,))

    def append() -> None:
        for number in range(SINGLES):
            actions.append(make_entry(number), subject=None, permit=None, now=NOW)

    append()
    pairs = [(SINGLES / seconds(commit_bare), SINGLES / seconds(append)) for _ in range(ROUNDS)]
    bare.close()
    return {
        "bare_commits_per_s": round(statistics.median(pair[0] for pair in pairs)),
        "appends_per_s": round(statistics.median(pair[1] for pair in pairs)),
        "ratio": round(statistics.median(own / bare_rate for bare_rate, own in pairs), 2),
        "of_which_not_the_disk_us": round(seconds(seal_only) / SINGLES * 1e6, 1),
    }


def seal_only() -> None:
    from clearline.trust.ledger.actions import Writing  # noqa: PLC0415  # Django must stand

    for number in range(SINGLES):
        Writing.start(None, NOW).to_row(make_entry(number), None)


def measure_writers() -> dict[str, object]:
    """Let 32 threads append at once, each entry a commit of its own."""
    from django.db import connection  # noqa: PLC0415  # Django must stand

    from clearline.trust.ledger import actions  # noqa: PLC0415  # as above

    def write() -> None:
        for number in range(SINGLES_PER_WRITER):
            actions.append(make_entry(number), subject=None, permit=None, now=NOW)
        connection.close()

    def write_all() -> None:
        threads = [threading.Thread(target=write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return {
        "writers": WRITERS,
        "appends_per_s": round(WRITERS * SINGLES_PER_WRITER / seconds(write_all)),
    }


def measure_batched(size: int) -> dict[str, object]:
    from clearline.trust.ledger import actions  # noqa: PLC0415  # Django must stand

    pairs = [(make_entry(number), None) for number in range(BATCH)]

    def append() -> None:
        for _ in range(size // BATCH):
            actions.append_many(pairs, permit=None, now=NOW)

    signed = [0]

    def integrate() -> None:
        while taken := actions.integrate(now=NOW):
            signed[0] += taken

    appended = size // BATCH * BATCH / seconds(append)
    span = seconds(integrate)
    return {
        "appends_per_s": round(appended),
        "signed_into_tree_per_s": round(signed[0] / span),
        "rows_each": BATCH,
    }


def measure_proofs(folder: Path) -> dict[str, object]:
    """Ask for receipts with the tiles out of the page cache before each."""
    from clearline.trust.ledger import queries  # noqa: PLC0415  # Django must stand

    tiles = [path for path in (folder / "data" / "ledger").rglob("*") if path.is_file()]
    newest = queries.list_entries(limit=1)[0].number
    chance = random.Random(1)  # noqa: S311  # which entries, not a secret
    spans = []
    for _ in range(PROOFS):
        number = chance.randrange(2, newest)
        (entry,) = queries.list_entries(limit=1, before=number)
        for path in tiles:
            forget_pages(path)
        spans.append(seconds(lambda entry=entry: queries.receipt(entry.id)) * 1000)  # type: ignore[misc]  # called at once
    spans.sort()
    return {
        "cold_p50_ms": round(spans[len(spans) // 2], 2),
        "cold_p99_ms": round(spans[int(len(spans) * 0.99)], 2),
    }


def forget_pages(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def measure_verify(folder: Path) -> dict[str, object]:
    from clearline.trust.ledger import exports, queries  # noqa: PLC0415  # Django must stand
    from clearline.trust.ledger.verify import verify_export  # noqa: PLC0415  # as above

    export = folder / "export"
    export_s = seconds(lambda: exports.export_log(export))
    verify_s = seconds(lambda: verify_export(export, queries.vkey(), now=NOW))
    size = queries.log_state().size
    return {
        "entries": size,
        "export_s": round(export_s, 2),
        "verify_s": round(verify_s, 2),
        "verify_1m_would_take_s": round(verify_s * 1_000_000 / size, 2),
    }


def make_entry(number: int) -> LedgerEntry:
    return UseDenied(
        purpose="analytics.reporting.popularity",
        categories=("user.behavior.browsing_history", "user.device"),
        recipient="provider",
        by=f"job:{number}",
        reason="condition",
        clause="visits.measure",
        edition="2026-12-01",
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return timedelta(seconds=time.perf_counter() - start).total_seconds()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("size", type=int, nargs="?", default=100_000)
    with tempfile.TemporaryDirectory(prefix="clearline-bench-") as place:
        found = measure(Path(place), parser.parse_args().size)
    sys.stdout.write(json.dumps(found) + "\n")
