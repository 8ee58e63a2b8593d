"""What is wrong right now, for `/healthz` and the health page of the staff."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError

from clearline.kit.errors import Refusal
from clearline.kit.status import read_statuses
from clearline.policy.shelf import PolicyBroken
from clearline.trust.gate import queries as gate
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.beginning import is_unfinished
from clearline.trust.ledger.keys import file_of, signer
from clearline.trust.ledger.loss import find_own_loss
from clearline.trust.ledger.other_key import OTHER_KEY, RESTORE_KEY, is_signed_by_other
from clearline.trust.ledger.published import find_rewriting

SILENT_AFTER: Final = timedelta(seconds=15)
LEDGER_WAITS_MAX: Final = timedelta(seconds=60)
LOADED_WITHIN: Final = timedelta(seconds=60)  # what the pages promise of a visit
COLLECTORS: Final = "collector"  # one status each: collector, collector-1 …
ERASED_WITHIN: Final = timedelta(hours=2)  # the worker does it each hour

MAY_READ: Final = (
    "Let the user who serves the site read data/ledger, or restore it from your backup."
)

OUTLIVED: Final = (
    "Words of the ledger are there two hours longer than they are kept: the worker has not come to "
    "them yet, or the database keeps another hash or commitment of an entry than they give, and "
    "without them nothing would prove it. `clearline ledger verify` names the first such entry; "
    "restore the database from a backup in which it verifies."
)

UNTOLD: Final = (
    "Until it is signed again nobody gets a letter that something of their account was changed, "
    "and of what is older than three days by then nobody ever does."
)

# What its silence means to people.
PROCESSES: Final = {
    "collector": "Visits are not counted: the collector is silent.",
    "loader": "Counted visits are safe but do not reach reports: the loader is silent.",
    "store": "Reports cannot be read and counted visits wait in the journal: the store is silent.",
    "worker": "Ledger entries wait to be signed: the worker is silent.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `stops_service`: people at the site notice it."""

    process: str
    text: str
    stops_service: bool = False


@dataclass(frozen=True, slots=True)
class Process:
    """One part of the program and when it last said that it runs."""

    name: str
    said_at: datetime | None
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Health:
    """`dropped` counts the events left out, by reason, since the process began that did so."""

    problems: tuple[Problem, ...]
    processes: tuple[Process, ...]
    dropped: Mapping[str, int]
    waiting_bytes: int  # taken in, not yet in the store

    @property
    def is_serving(self) -> bool:
        return not any(problem.stops_service for problem in self.problems)


def health(now: datetime) -> Health:
    statuses = read_statuses(settings.ENV.status_dir)
    processes = tuple(processes_of(statuses, now))
    silences = [Problem(each.name, PROCESSES[each.name]) for each in processes if each.is_silent]
    return Health(
        problems=(*silences, *told_troubles(statuses), *own_problems(now)),
        processes=processes,
        dropped=dropped_of(statuses),
        waiting_bytes=number_of(statuses.get("loader", {}).get("waiting_bytes")),
    )


def behind_until(now: datetime) -> datetime | None:
    """Return the moment up to which reports have every visit, where that is over a minute ago.

    Each process that brings visits says it of what it brings; None where all keep up, or none
    has said anything yet.
    """
    statuses = read_statuses(settings.ENV.status_dir).values()
    told = [found for each in statuses if (found := moment_of(each.get("whole_until")))]
    until = min(told, default=None)
    return until if until is not None and now - until > LOADED_WITHIN else None


def processes_of(statuses: Mapping[str, Mapping[str, object]], now: datetime) -> Iterator[Process]:
    """Yield each process; a clock set back is not a silence."""
    for name in PROCESSES:
        if name == "store" and settings.ENV.store_url is not None:
            continue
        said_at = said_last(name, statuses)
        yield Process(name, said_at, said_at is None or now - said_at > SILENT_AFTER)


def said_last(name: str, statuses: Mapping[str, Mapping[str, object]]) -> datetime | None:
    """Return when a process spoke last; of collectors any, since their number may change."""
    told = [
        moment_of(status.get("at"))
        for each, status in statuses.items()
        if each == name or (name == COLLECTORS and each.startswith(f"{COLLECTORS}-"))
    ]
    return max((each for each in told if each), default=None)


def told_troubles(statuses: Mapping[str, Mapping[str, object]]) -> Iterator[Problem]:
    """Yield what a process says of itself: its status may carry one `trouble` in plain words."""
    for name, status in statuses.items():
        if trouble := status.get("trouble"):
            yield Problem(name, str(trouble))


def own_problems(now: datetime) -> Iterator[Problem]:
    try:
        waiting, signed_at = ledger.oldest_waiting(now=now), ledger.log_state().signed_at
        is_outlived = ledger.has_outlived(now=now - ERASED_WITHIN)
    except DatabaseError:
        yield Problem("database", "The database does not answer.", stops_service=True)
        return
    # Entries may tell of earlier days, so their age alone says nothing while signing goes on.
    is_unsigned = signed_at is None or now - signed_at > LEDGER_WAITS_MAX
    if is_unsigned and waiting is not None and waiting > LEDGER_WAITS_MAX:
        yield Problem("worker", "Ledger entries have waited over a minute to be signed.")
    if is_outlived:
        yield Problem("worker", OUTLIVED)
    try:
        gate.policy_in_force(now)
        shelf = gate.shelf()
    except Refusal as refusal:
        yield Problem("policy", str(refusal), stops_service=True)
        return
    if shelf.trouble:
        yield Problem("policy", shelf.trouble)
    with suppress(PolicyBroken):  # the shelf has told of it
        if loss := find_own_loss():
            why = f"The ledger is not whole: {loss.what}."
            yield Problem("ledger", f"{why} {loss.remedy} {UNTOLD}")
    if not is_unfinished():  # the key of a log that only half began signs once it has
        yield from signing_problems()


def signing_problems() -> Iterator[Problem]:
    """Yield why nothing can be signed; a file that vanished meanwhile is a problem as any other."""
    try:
        own = signer()
        if is_signed_by_other(own):
            why = f"{file_of(own)} cannot sign: {OTHER_KEY}. {RESTORE_KEY}"
            yield Problem("ledger", f"{why} {UNTOLD}")
        elif refused := find_rewriting(own):
            yield Problem("ledger", f"The ledger is not signed. {refused} {UNTOLD}")
    except Refusal as refusal:
        yield Problem("ledger", f"The ledger is not signed. {refusal} {UNTOLD}")
    except OSError as error:
        why = f"The published checkpoint cannot be read ({error.strerror})."
        yield Problem("ledger", f"The ledger is not signed. {why} {MAY_READ} {UNTOLD}")


def dropped_of(statuses: Mapping[str, Mapping[str, object]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, status in statuses.items():
        told = status.get("dropped")
        if isinstance(told, dict) and (name.startswith(COLLECTORS) or name == "loader"):
            for reason, count in told.items():
                counts[str(reason)] = counts.get(str(reason), 0) + number_of(count)
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def number_of(value: object) -> int:
    return value if isinstance(value, int) else 0


def moment_of(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
