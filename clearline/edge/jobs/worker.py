"""The worker: a short list of regular work, each with its beat, none of it twice at once.

A heartbeat says what ran and what fails, for `/healthz` and the health page.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from clearline.edge.jobs.letters import erase_old_letters, send_letters
from clearline.edge.jobs.manifests import record_manifests
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import is_current
from clearline.kit.errors import Refusal
from clearline.kit.status import read_statuses, write_status
from clearline.reach.visitors import actions as visitors
from clearline.reach.visitors import load
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import age_of_before, inviting, undoing, whole_list
from clearline.service.contacts import actions as contacts
from clearline.service.contacts import (
    edition_letters,
    erasing,
    factor_wait,
    notices,
    recovery,
    way_back,
)
from clearline.service.desk import actions as desk
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over
from clearline.trust.arrivals import actions as arrivals
from clearline.trust.gate import queries as gate
from clearline.trust.grants import actions as grants
from clearline.trust.ledger import actions as ledger
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import user_ids
from clearline.trust.safeguards.sessions import erase_expired_sessions
from clearline.trust.tokens import actions as tokens
from clearline.trust.vault import actions as vault

TICK_S: Final = 0.5
HEARTBEAT_S: Final = 2.0
STOP_S: Final = 4.0  # for each lane to finish what it does
# What failed is tried again soon, since a store may just be starting, and then less and less often.
RETRY_FIRST: Final = timedelta(seconds=2)
RETRY_LAST: Final = timedelta(minutes=1)
FAILS_COUNTED: Final = 8
NO_TIME: Final = timedelta()

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Beat:
    """One regular piece of work, what it is to people, and how often it is due."""

    name: str
    title: str
    every: timedelta
    do: Callable[[datetime], object]


def erase_expired_events(now: datetime) -> None:
    store = ColumnStore.of_instance(settings.ENV)
    if not is_current(store, load.SCHEMA):
        return  # the loader brings the tables up to date before it loads
    visitors.erase_expired(
        store,
        gate.policy_in_force(now),
        zone=ZoneInfo(settings.ENV.provider.time_zone),
        now=now,
    )


def erase_expired_sign_ins(now: datetime) -> None:
    policy = gate.policy_in_force(now)
    safeguards.erase_expired(policy, now=now)
    user_ids.erase_left(now=now)
    grants.erase_expired(now=now)
    tokens.erase_expired(policy, now=now)
    arrivals.erase_expired(policy, now=now)


def erase_closed_accounts(now: datetime) -> None:
    accounts.erase_closed(gate.policy_in_force(now), now=now)
    # What accounts cannot reach; of lists that were taken back too.
    erasing.erase_of_gone()
    desk.erase_of_gone()
    handing_over.erase_of_gone()


def erase_old_invitations(now: datetime) -> None:
    teams.erase_expired(now=now)
    inviting.erase_addresses(now=now)
    handing_over.erase_expired(now=now)


def erase_old_lists(now: datetime) -> None:
    whole_list.erase_expired(now=now)
    undoing.erase_expired(now=now)


def erase_old_contacts(now: datetime) -> None:
    accounts.erase_earlier_names(now=now)
    contacts.erase_expired(now=now)
    erasing.erase_waited(now=now)
    notices.erase_expired(now=now)
    factor_wait.erase_expired(now=now)
    recovery.erase_expired(now=now)
    way_back.erase_expired(now=now)


# Each lane has a thread of its own, so that what may take many minutes holds nothing up.
QUICK: Final = (
    Beat("manifests", "entering loaded visits", timedelta(seconds=30), record_manifests),
    Beat("ledger", "signing", timedelta(seconds=2), lambda now: ledger.integrate(now=now)),
    Beat(
        "notices",
        "telling people of changes",
        timedelta(seconds=2),
        lambda now: notices.tell_of_changes(now=now),
    ),
    Beat(
        "factor_waits",
        "ending second factors that nobody kept",
        timedelta(minutes=1),
        lambda now: factor_wait.end_due(now=now),
    ),
    Beat(
        "recovery",
        "sending codes to those who forgot theirs",
        timedelta(seconds=2),
        lambda now: recovery.answer_due(now=now),
    ),
    Beat(
        "sessions",
        "ending old sessions",
        timedelta(hours=6),
        lambda now: erase_expired_sessions(now=now),
    ),
    Beat("erased", "listing erased people", timedelta(seconds=30), lambda _: vault.list_erased()),
    Beat("accounts", "erasing closed accounts", timedelta(hours=1), erase_closed_accounts),
    Beat(
        "teams",
        "erasing old invitations",
        timedelta(hours=1),
        erase_old_invitations,
    ),
    Beat(
        "wrong_codes",
        "noting wrong codes",
        timedelta(minutes=1),
        lambda now: recovery.note_wrong(now=now),
    ),
    Beat("contacts", "erasing old contacts", timedelta(hours=1), erase_old_contacts),
    Beat(
        "desk",
        "erasing who was looked for",
        timedelta(hours=1),
        lambda now: desk.erase_expired(now=now),
    ),
    Beat(
        "lists",
        "erasing who sent a list",
        timedelta(hours=1),
        erase_old_lists,
    ),
    Beat("sign_ins", "erasing old sign-ins", timedelta(hours=1), erase_expired_sign_ins),
    Beat("old_letters", "erasing old letters", timedelta(hours=1), erase_old_letters),
)
LONG: Final = (
    Beat(
        "editions",
        "writing of a coming edition",
        timedelta(seconds=10),
        lambda now: edition_letters.write_of_coming_edition(now=now),
    ),
    Beat(
        "lists_back",
        "erasing lists that were taken back",
        timedelta(seconds=10),
        lambda now: undoing.erase_taken_back(now=now),
    ),
    Beat(
        "ages",
        "letting accounts of before follow the age that was told",
        timedelta(minutes=1),
        lambda now: age_of_before.hear_ages(now=now),
    ),
    Beat(
        "ledger_expiry",
        "erasing old words of the ledger",
        timedelta(hours=1),
        lambda now: ledger.expire_bodies(now=now),
    ),
    Beat("retention", "erasing old visits", timedelta(hours=1), erase_expired_events),
)

# A mail server may let us wait for a minute at each letter.
LETTERS: Final = (Beat("letters", "sending letters", timedelta(seconds=2), send_letters),)


class LaneFell(Exception):
    """A thread of work ended by a mistake of ours; it has been logged. Starting again helps."""


@dataclass(slots=True)
class Lane:
    """Some of the work, done one after the other; others may read its dicts at any moment."""

    beats: tuple[Beat, ...]
    last: Mapping[str, datetime]  # when each beat ran
    troubles: Mapping[str, str] = field(default_factory=dict)  # what failed at its last turn
    fails: dict[str, int] = field(default_factory=dict)  # how often in a row
    errors: dict[str, str] = field(default_factory=dict)  # the name of the last one, "" when well

    def run_due(self, now: datetime) -> None:
        """Do what is due; a piece that fails is told and tried again within a minute."""
        for beat in self.due(now):
            error = run_beat(beat, now)
            fails = min(self.fails.get(beat.name, 0) + 1, FAILS_COUNTED) if error else 0
            self.fails[beat.name] = fails
            at = now - max(beat.every - wait_after(fails), NO_TIME) if error else now
            if error and self.errors.get(beat.name) != error:  # told once while it stays the same
                log.warning("worker.failed", name=beat.name, error=error)
            self.errors[beat.name] = error
            others = {name: text for name, text in self.troubles.items() if name != beat.name}
            self.troubles = {**others, beat.name: f"{beat.title} ({error})"} if error else others
            self.last = {**self.last, beat.name: at}

    def due(self, now: datetime) -> list[Beat]:
        """Return the beats due at `now`; a clock set back makes all of them due, never none."""
        return [
            beat
            for beat in self.beats
            if beat.name not in self.last
            or not timedelta() <= now - self.last[beat.name] < beat.every
        ]

    def run_until(self, stop: threading.Event) -> None:
        while not stop.wait(TICK_S):
            close_old_connections()
            self.run_due(datetime.now(UTC))


def run_worker() -> None:
    """Do what is due until SIGTERM; what is then under way and long is begun again next time."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    status_dir: Path = settings.ENV.status_dir
    lanes = tuple(Lane(beats, last_runs(status_dir, beats)) for beats in (QUICK, LONG, LETTERS))
    # As daemons they end with this process, however long a statement of theirs takes.
    threads = [threading.Thread(target=lane.run_until, args=(stop,), daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    while not stop.wait(HEARTBEAT_S):
        if not all(thread.is_alive() for thread in threads):
            raise LaneFell
        tell(lanes, status_dir, datetime.now(UTC))
    for thread in threads:
        thread.join(STOP_S)


def tell(lanes: Sequence[Lane], status_dir: Path, now: datetime) -> None:
    """Say what ran and what fails; a disk that takes no more stops no work."""
    runs = {name: at.isoformat() for lane in lanes for name, at in lane.last.items()}
    failed = [text for lane in lanes for text in lane.troubles.values()]
    trouble = f"Regular work fails and is tried again: {', '.join(failed)}." if failed else ""
    try:
        write_status(status_dir, "worker", {"runs": runs, "trouble": trouble}, now)
    except OSError as error:
        log.warning("worker.status_unwritten", error=error.strerror)


def wait_after(fails: int) -> timedelta:
    """Return how long work that failed so often in a row waits for its next turn."""
    return min(RETRY_FIRST * (1 << fails - 1), RETRY_LAST)


def run_beat(beat: Beat, now: datetime) -> str:
    """Do one piece of work; return the name of the error that it met, "" when it met none."""
    try:
        beat.do(now)
    except (Refusal, DatabaseError, OSError) as error:
        return type(error).__name__
    return ""


def last_runs(status_dir: Path, beats: tuple[Beat, ...]) -> dict[str, datetime]:
    """Return when each beat ran last, from the status of the worker before this one."""
    told = read_statuses(status_dir).get("worker", {}).get("runs")
    runs = told if isinstance(told, dict) else {}
    last: dict[str, datetime] = {}
    for beat in beats:
        # No moment, or one that no clock can be compared with: then it is due.
        with contextlib.suppress(ValueError):
            last[beat.name] = datetime.fromisoformat(str(runs.get(beat.name))).astimezone(UTC)
    return last
