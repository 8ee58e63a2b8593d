"""Today: the week at a glance, what needs a look, and which policy is in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clearline.edge.staff.access import FIGURES, STAFF, actor_of, signed_in_member
from clearline.edge.staff.context import Console
from clearline.edge.staff.report_query import midnight_before
from clearline.edge.staff.visitors import NOT_TOLD_YET
from clearline.kit.access import Audience, open_to
from clearline.kit.columnstore.client import ColumnStore, StoreError
from clearline.policy.shelf import NoEditionInForce
from clearline.policy.use import Actor
from clearline.reach.visitors import actions as visitors
from clearline.reach.visitors.report import UNTOLD, Figures, ReportQuery, Row, Thing
from clearline.service.catalogue.queries import service_names
from clearline.trust.gate import queries as gate
from clearline.trust.gate.actions import UseDenied
from clearline.trust.health.queries import behind_until, health
from clearline.trust.safeguards.roles import Role

WEEK_DAYS: Final = 7
ROWS: Final = 5
PAGE_TITLES: Final[Mapping[str, str | Promise]] = {
    "/": _("Home"),
    "/services/": _("Services"),
    "/rates/": _("Rates"),
    "/help/": _("Help"),
    "/contact/": _("Contact"),
    "/privacy/": _("Privacy policy"),
    "/privacy/editions/": _("Editions of the policy"),
    "/privacy/choices/": _("Your Privacy Choices"),
    "/privacy/cookies/": _("Cookies on this site"),
    "/privacy/receipts/": _("How to check a proof"),
    "/your-privacy-rights/": _("Your Privacy Rights"),
}


@dataclass(frozen=True, slots=True)
class Top:
    """One of the most visited, with its name in words, and what it is compared with."""

    title: str
    report_url: str
    page_url: str
    row: Row
    before: Figures


@open_to(*STAFF)
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show how things stand; whose work is elsewhere is led to their own first page."""
    now = timezone.now()
    member = signed_in_member(request)
    if not set(FIGURES) & {Audience(role) for role in member.roles}:
        return redirect(Console(request).nav[0].url)
    day = now.astimezone(ZoneInfo(settings.ENV.provider.time_zone)).date()
    coming = gate.shelf().coming(now)
    shown: dict[str, object] = {
        "day": day,
        "problems": health(now).problems,
        "is_administrator": Role.ADMINISTRATOR in member.roles,
        "coming": coming and coming.edition,
    }
    try:
        shown |= week_shown(day, by=actor_of(member), now=now)
    except StoreError as error:
        shown["store_error"] = str(error)
    except (UseDenied, NoEditionInForce):
        shown["is_unpermitted"] = True
    return render(request, "staff/today.html", shown)


def week_shown(day: date, *, by: Actor, now: datetime) -> dict[str, object]:
    """Return the last seven whole days beside the seven before; what lacks some compares not yet.

    Raises StoreError, gate.UseDenied, NoEditionInForce.
    """
    yesterday = day - timedelta(days=1)
    behind = behind_until(now)  # before the figures: what comes in between makes them no less whole
    pages, services, so_far = visitors.show_popularity(
        ColumnStore.of_instance(settings.ENV),
        [
            week_of(yesterday, Thing.PAGE),
            week_of(yesterday, Thing.SERVICE),
            ReportQuery(start=day, end=day),
        ],
        by=by,
        now=now,
    )
    names = service_names(settings.ENV.instance)
    is_whole = behind is None or behind >= midnight_before(day)
    return {
        "behind_until": behind,
        "is_whole": is_whole,
        "before": pages.before if is_whole else NOT_TOLD_YET,
        "report": pages,
        "so_far": so_far.totals,
        "week_from": yesterday - timedelta(days=WEEK_DAYS - 1),
        "week_to": yesterday,
        "pages": [
            Top(
                page_title(row.name, names),
                report_of(row, pages.query),
                row.name,
                row,
                row.before if is_whole else UNTOLD,
            )
            for row in pages.rows[:ROWS]
        ],
        "services": [
            Top(
                names.get(row.name, row.name),
                report_of(row, services.query),
                f"/services/{row.name}/",
                row,
                row.before if is_whole else UNTOLD,
            )
            for row in services.rows[:ROWS]
        ],
    }


def page_title(path: str, services: Mapping[str, str]) -> str:
    """Return what a page is called; a help page by its address, one we do not know by its path."""
    folder, _slash, slug = path.strip("/").rpartition("/")
    if folder == "services":
        return services.get(slug, path)
    if folder == "help":
        return slug.replace("-", " ").capitalize()
    return str(PAGE_TITLES.get(path, path))


def report_of(row: Row, query: ReportQuery) -> str:
    """Return the address of the week's report with this row in it."""
    told = {
        "from": query.start.isoformat(),
        "to": query.end.isoformat(),
        "thing": query.thing,
        "search": row.name,
    }
    return f"{reverse('staff_visitors')}?{urlencode(told)}"


def week_of(day: date, thing: Thing) -> ReportQuery:
    return ReportQuery(start=day - timedelta(days=WEEK_DAYS - 1), end=day, thing=thing)
