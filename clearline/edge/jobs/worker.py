"""The worker: a short list of regular work, each with its beat, none of it twice at once."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from clearline.edge.jobs.manifests import record_manifests
from clearline.kit.columnstore.client import ColumnStore, StoreDown
from clearline.kit.errors import Refusal
from clearline.kit.status import read_statuses, write_status
from clearline.policy.vocabulary import ClauseId
from clearline.reach.visitors import actions as visitors
from clearline.trust.gate import queries as gate
from clearline.trust.ledger import actions as ledger
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.sessions import erase_expired_sessions

TICK_S: Final = 0.5
HEARTBEAT_S: Final = 2.0
RETRY_AFTER: Final = timedelta(minutes=1)  # what is due seldom does not wait that long
NO_TIME: Final = timedelta()
STOP_GUESSERS_CLAUSE: Final = ClauseId("security.staff")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Beat:
    """One regular piece of work and how often it is due."""

    name: str
    every: timedelta
    do: Callable[[datetime], object]


def erase_expired_events(now: datetime) -> None:
    visitors.erase_expired(
        ColumnStore.of_instance(settings.ENV), gate.policy_in_force(now), now=now
    )


def erase_sign_in_attempts(now: datetime) -> None:
    clause = gate.policy_in_force(now).edition.find_clause(STOP_GUESSERS_CLAUSE)
    if clause is not None:
        safeguards.erase_attempts(before=clause.kept.cutoff(now))


BEATS: Final = (
    Beat("manifests", timedelta(seconds=2), record_manifests),
    Beat("ledger", timedelta(seconds=2), lambda now: ledger.integrate(now=now)),
    Beat("ledger_expiry", timedelta(hours=6), lambda now: ledger.expire_bodies(now=now)),
    Beat("retention", timedelta(hours=24), erase_expired_events),
    Beat("sign_in_attempts", timedelta(hours=24), erase_sign_in_attempts),
    Beat("sessions", timedelta(hours=6), lambda now: erase_expired_sessions(now=now)),
)


def run_worker() -> None:
    """Do what is due until SIGTERM; a piece that fails is told and tried again within a minute."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    status_dir: Path = settings.ENV.status_dir
    last = last_runs(status_dir)
    troubles: dict[str, str] = {}
    told_at = datetime.min.replace(tzinfo=UTC)
    while not stop.wait(TICK_S):
        now = datetime.now(UTC)
        for beat in due_beats(last, now):
            run_beat(beat, now, troubles)
            failed = beat.name in troubles
            last[beat.name] = now - max(beat.every - RETRY_AFTER, NO_TIME) if failed else now
        if now - told_at >= timedelta(seconds=HEARTBEAT_S) or now < told_at:
            told_at = now
            runs = {name: at.isoformat() for name, at in last.items()}
            write_status(status_dir, "worker", {"runs": runs, "troubles": troubles}, now)


def due_beats(last: dict[str, datetime], now: datetime) -> list[Beat]:
    """Return the beats due at `now`; a clock set back makes all of them due, never none."""
    return [
        beat
        for beat in BEATS
        if beat.name not in last or not timedelta() <= now - last[beat.name] < beat.every
    ]


def run_beat(beat: Beat, now: datetime, troubles: dict[str, str]) -> None:
    close_old_connections()
    try:
        beat.do(now)
    except (Refusal, StoreDown, DatabaseError, OSError) as error:
        troubles[beat.name] = type(error).__name__
        log.warning("worker.failed", name=beat.name, error=type(error).__name__)
    else:
        troubles.pop(beat.name, None)


def last_runs(status_dir: Path) -> dict[str, datetime]:
    """Return when each beat ran last, from the status of the worker before this one."""
    told = read_statuses(status_dir).get("worker", {})
    runs = told.get("runs", {}) if isinstance(told, dict) else {}
    last: dict[str, datetime] = {}
    for name, text in runs.items() if isinstance(runs, dict) else ():
        try:
            last[str(name)] = datetime.fromisoformat(str(text))
        except ValueError:
            continue
    return last
