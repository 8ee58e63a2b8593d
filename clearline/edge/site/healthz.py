"""`/healthz`: says in plain words what is wrong, for people and for load balancers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Refusal
from clearline.kit.status import read_statuses
from clearline.trust.gate import queries as gate
from clearline.trust.ledger import queries as ledger

SILENT_AFTER: Final = timedelta(seconds=15)
LEDGER_WAITS_MAX: Final = timedelta(seconds=60)

# What each process does for people, and whether the site can serve without it.
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


@open_to(Audience.EVERYONE)
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while people are served, 503 when they are not; both say what is wrong."""
    del request
    now = timezone.now()
    statuses = read_statuses(settings.ENV.status_dir)
    problems = [*silent_processes(statuses, now), *told_troubles(statuses), *own_problems(now)]
    collector = statuses.get("collector", {})
    answer = {
        "status": "troubled" if problems else "ok",
        "problems": [problem.text for problem in problems],
        "dropped": collector.get("dropped", {}),
    }
    is_stopped = any(problem.stops_service for problem in problems)
    response = JsonResponse(answer, status=503 if is_stopped else 200)
    response["Cache-Control"] = "no-store"
    return response


def silent_processes(
    statuses: Mapping[str, Mapping[str, object]], now: datetime
) -> Iterator[Problem]:
    """Yield each process whose last word is too old; a clock set back is not a silence."""
    for name, text in PROCESSES.items():
        if name == "store" and settings.ENV.store_url is not None:
            continue
        told_at = moment_of(statuses.get(name, {}).get("at"))
        if told_at is None or now - told_at > SILENT_AFTER:
            yield Problem(name, text)


def told_troubles(statuses: Mapping[str, Mapping[str, object]]) -> Iterator[Problem]:
    """Yield what a process says of itself: its status may carry one `trouble` in plain words."""
    for name, status in statuses.items():
        if trouble := status.get("trouble"):
            yield Problem(name, str(trouble))


def own_problems(now: datetime) -> Iterator[Problem]:
    try:
        waiting = ledger.oldest_waiting(now=now)
    except DatabaseError:
        yield Problem("database", "The database does not answer.", stops_service=True)
        return
    if waiting is not None and waiting > LEDGER_WAITS_MAX:
        yield Problem("worker", "Ledger entries have waited over a minute to be signed.")
    try:
        gate.policy_in_force(now)
    except Refusal as refusal:
        yield Problem("policy", str(refusal), stops_service=True)
    if trouble := gate.shelf().trouble:
        yield Problem("policy", trouble)


def moment_of(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
