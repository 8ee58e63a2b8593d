"""How many protected values one core opens in a second, with warm keys and with cold ones.

Beside it, in the same run, AES-256-GCM alone on values of the same length.
"""

# ruff: noqa: INP001
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clearline.trust.gate.permit import Permit
    from clearline.trust.vault.sealed import Sealed

ROUNDS: Final = 5
WARM_AT_ONCE: Final = 100_000
PEOPLE: Final = 2_000
VALUES_EACH: Final = 10
NOW: Final = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
TEXT: Final = "12 Quay Street, Portland"


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
    open_instance(folder)
    warm, bare, cold, listed = [], [], [], []
    for _ in range(ROUNDS):  # interleaved, so that all meet the same machine
        warm.append(measure_warm())
        bare.append(measure_bare())
        cold.append(measure_cold())
        listed.append(measure_list())
    found, limit = statistics.median(warm), statistics.median(bare)
    return {
        "opens_per_s_warm": round(found),
        "bare_aes_gcm_per_s": round(limit),
        "ratio": round(found / limit, 2),
        "opens_per_s_cold": round(statistics.median(cold)),
        "opens_per_s_cold_as_a_list": round(statistics.median(listed)),
        "values_of_each_person": VALUES_EACH,
    }


def open_instance(folder: Path) -> None:
    from clearline.config import init_command, instance  # noqa: PLC0415  # once per process

    init_command.make_instance(folder, form="accept", effective=NOW.date(), names={})
    instance.open_instance(folder)
    instance.prepare_tables(folder)


def measure_warm() -> float:
    from clearline.trust.vault import queries as vault  # noqa: PLC0415  # Django must stand

    value, permit = sealed_for(1)[0], permit_for(1)
    vault.open_sealed(value, permit=permit, now=NOW)

    def work() -> None:
        for _ in range(WARM_AT_ONCE):
            vault.open_sealed(value, permit=permit, now=NOW)

    return WARM_AT_ONCE / seconds(work)


def measure_cold() -> float:
    """Open ten values of each of many people whose keys nobody has opened yet."""
    from clearline.trust.vault import queries as vault  # noqa: PLC0415  # Django must stand
    from clearline.trust.vault.keyring import WARM  # noqa: PLC0415  # as above

    people = [(sealed_for(number), permit_for(number)) for number in range(PEOPLE)]
    WARM.keys.clear()

    def work() -> None:
        for values, permit in people:
            vault.open_all(values, permit=permit, now=NOW)

    return PEOPLE * VALUES_EACH / seconds(work)


def measure_list() -> float:
    """Open the same as one list, with the keys of all fetched together."""
    from clearline.trust.vault import queries as vault  # noqa: PLC0415  # Django must stand
    from clearline.trust.vault.keyring import WARM  # noqa: PLC0415  # as above

    asked = [(permit_for(number), sealed_for(number)) for number in range(PEOPLE)]
    WARM.keys.clear()
    took = seconds(lambda: vault.open_people(asked, now=NOW))
    return PEOPLE * VALUES_EACH / took


def measure_bare() -> float:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # the peer

    cipher, nonce, context = AESGCM(os.urandom(32)), os.urandom(12), b"value\nbare"
    sealed = cipher.encrypt(nonce, TEXT.encode().ljust(32, b"\0"), context)

    def work() -> None:
        for _ in range(WARM_AT_ONCE):
            cipher.decrypt(nonce, sealed, context)

    return WARM_AT_ONCE / seconds(work)


def sealed_for(number: int) -> list["Sealed"]:
    from clearline.policy.vocabulary import Category, SubjectId  # noqa: PLC0415  # as above
    from clearline.trust.vault.keyring import key_to_seal  # noqa: PLC0415  # as above
    from clearline.trust.vault.sealed import seal_text  # noqa: PLC0415  # as above

    subject = SubjectId(f"{number:032x}")
    key = key_to_seal(subject)
    return [
        seal_text(TEXT, key=key, subject=subject, column="bench", category=Category.CONTACT_ADDRESS)
        for _ in range(VALUES_EACH)
    ]


def permit_for(number: int) -> "Permit":
    from clearline.policy.retention import Retention  # noqa: PLC0415  # as above
    from clearline.policy.vocabulary import PROVIDER, Category, ClauseId, SubjectId  # noqa: PLC0415
    from clearline.trust.gate.permit import SEAL, Permit  # noqa: PLC0415  # as above

    return Permit(
        clause=ClauseId("bench"),
        edition="2026-12-01",
        kept=Retention.from_text("1 year"),
        subject=SubjectId(f"{number:032x}"),
        categories=frozenset({Category.CONTACT_ADDRESS}),
        recipient=PROVIDER,
        issued_at=NOW,
        seal=SEAL,
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return timedelta(seconds=time.perf_counter() - start).total_seconds()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="clearline-bench-") as place:
        found = measure(Path(place))
    sys.stdout.write(json.dumps(found) + "\n")
