"""Today: the week at a glance, what needs a look, and which policy is in force."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clearline.edge.staff.access import STAFF, signed_in_member
from clearline.edge.staff.service_names import service_names
from clearline.kit.access import open_to
from clearline.kit.columnstore.client import ColumnStore, StoreError
from clearline.reach.visitors.queries import popularity_report
from clearline.reach.visitors.report import Report, ReportQuery, Row, Thing
from clearline.trust.gate import queries as gate
from clearline.trust.health.queries import health
from clearline.trust.safeguards.roles import Role

WEEK_DAYS: Final = 7
ROWS: Final = 5


@dataclass(frozen=True, slots=True)
class Top:
    """One of the most visited, with its name in words."""

    title: str
    url: str
    row: Row


@open_to(*STAFF)
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    day = now.astimezone(ZoneInfo(settings.ENV.provider.time_zone)).date()
    coming = gate.shelf().coming(now)
    shown: dict[str, object] = {
        "day": day,
        "problems": health(now).problems,
        "is_administrator": Role.ADMINISTRATOR in signed_in_member(request).roles,
        "coming": coming and coming.edition,
    }
    try:
        shown |= week_shown(day)
    except StoreError as error:
        shown["store_error"] = str(error)
    return render(request, "staff/today.html", shown)


def week_shown(day: date) -> dict[str, object]:
    """Return the last seven whole days beside the seven before. Raises StoreError."""
    yesterday = day - timedelta(days=1)
    pages, services = week_of(yesterday, Thing.PAGE), week_of(yesterday, Thing.SERVICE)
    names = service_names()
    so_far = ReportQuery(start=day, end=day)
    return {
        "report": pages,
        "so_far": popularity_report(ColumnStore.of_instance(settings.ENV), so_far).totals,
        "week_from": yesterday - timedelta(days=WEEK_DAYS - 1),
        "week_to": yesterday,
        "pages": [Top(row.name, row.name, row) for row in pages.rows[:ROWS]],
        "services": [
            Top(names.get(row.name, row.name), f"/services/{row.name}/", row)
            for row in services.rows[:ROWS]
        ],
    }


def week_of(day: date, thing: Thing) -> Report:
    query = ReportQuery(start=day - timedelta(days=WEEK_DAYS - 1), end=day, thing=thing)
    return popularity_report(ColumnStore.of_instance(settings.ENV), query)
