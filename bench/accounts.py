"""What guarding costs: a page of ten opened fields, and signing in while somebody guesses.

Beside them, in the same run: a bare commit of SQLite, and the hash of a password alone.
"""

# ruff: noqa: INP001
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from clearline.policy.vocabulary import SubjectId

ROUNDS: Final = 5
PAGES: Final = 200
FIELDS: Final = 10
SIGN_INS: Final = 20
GUESSERS: Final = 32
WAITS: Final = 10
NOW: Final = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
PASSWORD: Final = "quiet rivers carry stones"  # noqa: S105  # of a person of the bench
HOME, ELSEWHERE = "198.51.100.0", "203.0.113.0"


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
    open_instance(folder / "instance")
    alice = open_account()
    guarded, bare, signed, hashed = [], [], [], []
    for _ in range(ROUNDS):  # interleaved, so that all meet the same machine
        guarded += guard_pages(alice)
        bare += commit_bare(folder / "bare.db")
        signed.append(SIGN_INS / seconds(sign_in_often))
        hashed.append(SIGN_INS / seconds(hash_often))
    alone = [seconds(sign_in) for _ in range(WAITS)]
    beside, sent_away = sign_in_beside_guessers()
    rate, limit = statistics.median(signed), statistics.median(hashed)
    return {
        "guarding_a_page_of_ten_fields_ms": round(statistics.median(guarded) * 1000, 2),
        "bare_commit_ms": round(statistics.median(bare) * 1000, 2),
        "sign_ins_per_s": round(rate, 1),
        "hashes_alone_per_s": round(limit, 1),
        "ratio": round(rate / limit, 2),
        "sign_in_alone_ms": round(statistics.median(alone) * 1000),
        "sign_in_beside_guessers_ms": round(statistics.median(beside) * 1000),
        "guessers": GUESSERS,
        "guesses_sent_away": sent_away,
    }


def open_instance(folder: Path) -> None:
    from clearline.config import init_command, instance  # noqa: PLC0415  # once per process
    from clearline.config.demo.provider import NAMES  # noqa: PLC0415  # as above

    init_command.make_instance(folder, form="accept", effective=NOW.date(), names=NAMES)
    instance.open_instance(folder)
    instance.prepare_tables(folder)
    from django.conf import settings  # noqa: PLC0415  # Django must stand

    from clearline.rights.agreement import actions as agreement  # noqa: PLC0415  # as above

    source = settings.ENV.policy_dir / f"{NOW.date().isoformat()}.toml"
    agreement.publish_edition(
        policy_dir=settings.ENV.policy_dir,
        zone=ZoneInfo(settings.ENV.provider.time_zone),
        source=source,
        now=NOW,
    )


def open_account() -> "SubjectId":
    from clearline.policy.vocabulary import SubjectId  # noqa: PLC0415  # Django must stand
    from clearline.rights.agreement.asked import agreed_to  # noqa: PLC0415  # as above
    from clearline.service.accounts import actions as accounts  # noqa: PLC0415  # as above
    from clearline.service.accounts.actions import NewAccount  # noqa: PLC0415  # as above
    from clearline.service.accounts.age import AgeRange  # noqa: PLC0415  # as above

    told = NewAccount("alice", PASSWORD, "Alice Bench", "alice@bench.example", AgeRange.ADULT, "")
    agreed = agreed_to(NOW.date())
    opened = accounts.open_account(told=told, agreed=agreed, now=NOW)
    return SubjectId(opened.signed_in.public_id)


def guard_pages(subject: "SubjectId") -> list[float]:
    """Return what gate, vault and ledger take for each of many pages: one ask, one durable row."""
    from django.db import transaction  # noqa: PLC0415  # Django must stand

    from clearline.policy.choices import NOTHING_CHOSEN  # noqa: PLC0415  # as above
    from clearline.policy.use import Actor, ActorKind, Use  # noqa: PLC0415  # as above
    from clearline.policy.vocabulary import (  # noqa: PLC0415  # as above
        Category,
        Purpose,
        Recipient,
        RecipientClass,
        SubjectKind,
    )
    from clearline.service.accounts.models import Holder  # noqa: PLC0415  # as above
    from clearline.trust.gate import actions as gate  # noqa: PLC0415  # as above
    from clearline.trust.ledger import actions as ledger  # noqa: PLC0415  # as above
    from clearline.trust.ledger.entries.accounts import ProfileShown  # noqa: PLC0415  # as above
    from clearline.trust.vault import queries as vault  # noqa: PLC0415  # as above

    use = Use(
        by=Actor(ActorKind.SUBJECT, subject),
        subject=subject,
        categories=frozenset({Category.NAME}),
        purpose=Purpose.ESSENTIAL_SERVICE,
        about=SubjectKind.CUSTOMER,
        recipient=Recipient(RecipientClass.SUBJECT),
    )
    sealed = [Holder.objects.get(subject=subject).name] * FIELDS
    entry = ProfileShown(fields=("name",), by="subject:bench")

    def guard() -> None:
        permit = gate.ask(use=use, choices=NOTHING_CHOSEN, now=NOW)
        vault.open_all(sealed, permit=permit, now=NOW)
        with transaction.atomic():
            ledger.append(entry, subject=subject, permit=permit, now=NOW)

    return [seconds(guard) for _ in range(PAGES)]


def commit_bare(path: Path) -> list[float]:
    """Return what one durable row takes that SQLite alone writes."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS entry (content BLOB)")
    content = b"x" * 300
    spans = [
        seconds(lambda: connection.execute("INSERT INTO entry VALUES (?)", (content,)))
        for _ in range(PAGES)
    ]
    connection.close()
    return spans


def sign_in(*, password: str = PASSWORD, network: str = HOME) -> None:
    from clearline.trust.safeguards import actions as safeguards  # noqa: PLC0415  # as above
    from clearline.trust.safeguards.roles import LoginKind  # noqa: PLC0415  # as above

    safeguards.sign_in(
        kind=LoginKind.CUSTOMER, user_id="alice", password=password, network=network, now=NOW
    )


def sign_in_often() -> None:
    for _ in range(SIGN_INS):
        sign_in()


def hash_often() -> None:
    from django.contrib.auth.hashers import make_password  # noqa: PLC0415  # Django must stand

    for _ in range(SIGN_INS):
        make_password(PASSWORD)


def sign_in_beside_guessers() -> tuple[list[float], int]:
    """Return what the owner's sign-ins take beside a flood, and how many guesses found no turn."""
    from django.db import connection  # noqa: PLC0415  # Django must stand

    from clearline.kit.errors import Refusal  # noqa: PLC0415  # as above
    from clearline.kit.fair_turns import NoTurn  # noqa: PLC0415  # as above
    from clearline.trust.safeguards import hashing  # noqa: PLC0415  # as above

    done = threading.Event()
    sent_away = [0] * GUESSERS

    def guess(number: int) -> None:
        while not done.is_set():
            try:
                hashing.hash_password(f"guess {number}", source=ELSEWHERE)
            except NoTurn:
                sent_away[number] += 1
                time.sleep(0.05)  # as long as its answer and the next request would take
            except Refusal:
                pass
        connection.close()

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(GUESSERS)]
    for thread in threads:
        thread.start()
    time.sleep(1)  # until the queue is full
    spans = [seconds(sign_in) for _ in range(WAITS)]
    done.set()
    for thread in threads:
        thread.join()
    return spans, sum(sent_away)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="clearline-bench-") as place:
        found = measure(Path(place))
    sys.stdout.write(json.dumps(found) + "\n")
