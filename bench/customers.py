"""How many customers of an earlier system come in per second, and how soon one is found after.

Memory must not grow with the list. `CLEARLINE_BENCH_CUSTOMERS` says how
many (default: 50,000) and `CLEARLINE_DATABASE_URL` where, else in SQLite.
"""

# ruff: noqa: INP001
import json
import os
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

CUSTOMERS: Final = int(os.environ.get("CLEARLINE_BENCH_CUSTOMERS", "50000"))
SEARCHES: Final = 200
NOW: Final = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
HEAD: Final = "name,email,account,balance,lines,age\n"


def run() -> dict[str, object]:
    """Measure in a process of its own, because Django is set up once per process."""
    found = subprocess.run(  # noqa: S603  # this very file
        [sys.executable, __file__],
        check=True,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    told: dict[str, object] = json.loads(found.stdout)
    return told


def measure(folder: Path) -> dict[str, object]:
    from clearline.config import cli, init_command  # noqa: PLC0415  # once per process
    from tests.instance import publish  # noqa: PLC0415  # as above

    instance = folder / "instance"
    init_command.make_instance(instance, form="accept", effective=NOW.date(), names={})
    edition = instance / "policy" / f"{NOW.date()}.toml"
    first = edition.with_name("2026-01-01.toml")
    first.write_text(edition.read_text("utf-8").replace("2026-12-01", "2026-01-01"), "utf-8")
    edition.unlink()
    publish(instance / "policy", datetime(2026, 1, 1, tzinfo=UTC).date())
    path = folder / "customers.csv"
    write_list(path)
    before, start, worked = memory_mb(), time.perf_counter(), time.process_time()
    command = ["customers", "import", str(path), "--dir", str(instance), "--json"]
    saved, sys.stdout = sys.stdout, sys.stderr
    cli.main(command)
    took, worked = time.perf_counter() - start, time.process_time() - worked
    grown = memory_mb() - before
    start = time.perf_counter()
    cli.main(command)
    again = time.perf_counter() - start
    sys.stdout = saved
    return {
        "customers": CUSTOMERS,
        "imported_per_s": round(CUSTOMERS / took),
        "imported_per_s_of_one_core": round(CUSTOMERS / worked),
        "the_same_again_per_s": round(CUSTOMERS / again),
        "memory_grown_mb": round(grown),
        **measure_finding(),
    }


def write_list(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number in range(CUSTOMERS):
            line = f"+1207{number:07d}"
            file.write(
                f"Person {number} of Portland,p{number}@mail.example,OLD-{number},"
                f"{number % 9999},{line},18+\n"
            )


def measure_finding() -> dict[str, object]:
    """Return the slower end of finding somebody by address, number and telephone number."""
    from clearline.service.accounts import models as accounts  # noqa: PLC0415  # Django must stand
    from clearline.service.accounts import queries  # noqa: PLC0415  # as above
    from clearline.trust.blind_index import blind_index  # noqa: PLC0415  # as above

    def by_email(number: int) -> None:
        index = queries.email_index(f"p{number}@mail.example")
        accounts.EmailAddress.objects.get(address_index=index)

    def by_number(number: int) -> None:
        accounts.Account.objects.get(number_index=queries.account_index(f"OLD-{number}"))

    def by_line(number: int) -> None:
        index = blind_index(b"line", f"+1207{number:07d}")
        accounts.ImportedLine.objects.get(number_index=index)

    found = {each.__name__: timed(each) for each in (by_email, by_number, by_line)}
    return {f"found_{name}_ms_p99": round(value, 2) for name, value in found.items()}


def timed(find: Callable[[int], None]) -> float:
    took = []
    for _ in range(SEARCHES):
        number, start = secrets.randbelow(CUSTOMERS), time.perf_counter()
        find(number)
        took.append(1_000 * (time.perf_counter() - start))
    return statistics.quantiles(took, n=100)[-1]


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="clearline-bench-") as place:
        found = measure(Path(place))
    sys.stdout.write(json.dumps(found) + "\n")
