"""Which pages and services are visited most: the report, its chart, its files."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from clearline.edge.staff.access import FIGURES, actor_of, signed_in_member
from clearline.edge.staff.chart import draw
from clearline.edge.staff.report_query import PERIODS, Asked, Charted, read_query
from clearline.kit.access import open_to
from clearline.kit.columnstore.client import ColumnStore, StoreError
from clearline.policy.shelf import NoEditionInForce
from clearline.reach.visitors import actions as visitors
from clearline.reach.visitors.export import Format
from clearline.reach.visitors.report import (
    UNTOLD,
    Breakdown,
    Day,
    Figures,
    Order,
    Population,
    Report,
    ReportQuery,
    Row,
    Side,
    Thing,
    Totals,
    WrongQuery,
)
from clearline.service.catalogue.queries import service_names
from clearline.trust.gate.actions import UseDenied
from clearline.trust.health.queries import behind_until

PERIOD_NAMES: Final[dict[int, str | Promise]] = {
    7: _("7 days"),
    28: _("28 days"),
    91: _("Quarter"),
}
SIDE_NAMES: Final[dict[Side, str | Promise]] = {
    Side.PART: _("Part of the site"),
    Side.DEVICE: _("Device"),
    Side.REFERRER_CLASS: _("Came from"),
    Side.REFERRER: _("Site they came from"),
    Side.CAMPAIGN: _("Campaign"),
}
VALUE_NAMES: Final[dict[str, str | Promise]] = {
    "home": _("Home"),
    "services": _("Services"),
    "rates": _("Rates"),
    "help": _("Help"),
    "contact": _("Contact"),
    "privacy": _("Privacy"),
    "account": _("Account"),
    "other": _("Other"),
    "phone": _("Phone"),
    "tablet": _("Tablet"),
    "computer": _("Computer"),
    "direct": _("Typed or bookmarked"),
    "internal": _("Our own pages"),
    "search": _("Search engines"),
    "social": _("Social media"),
    "mail": _("Mail"),
}


# A day that is not over is compared with nothing: part of a day beside a whole one misleads.
NOT_TOLD_YET: Final = Totals(UNTOLD, UNTOLD, UNTOLD)


@dataclass(frozen=True, slots=True)
class Choice:
    """One link of a row of choices."""

    title: str | Promise
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: its name in words, where its name leads, its bar from 0 to 100.

    `ordering` is the figure by which the rows stand.
    """

    title: str | Promise
    row: Row
    before: Figures
    part: int
    url: str = ""
    ordering: int | None = None
    ordering_before: int | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """One breakdown as the page shows it."""

    side: Side
    title: str | Promise
    lines: tuple[Line, ...]
    rest: int | None
    folded_rows: int
    has_time: bool


@open_to(*FIGURES)
@require_safe
def visitors_page(request: HttpRequest) -> HttpResponse:
    """Show the report that the address asks for; wrong days or filters say what to write."""
    now = timezone.now()
    try:
        asked = read_query(request.GET.dict(), now)
    except WrongQuery as wrong:
        return render(request, "staff/visitors_wrong.html", {"error": str(wrong)}, status=422)
    behind = loaded_until(asked, now)
    shown = {"asked": asked, "query": asked.query, **choices_shown(asked)}
    shown["behind_until"] = behind
    try:
        (report,) = visitors.show_popularity(
            ColumnStore.of_instance(settings.ENV),
            [asked.query],
            by=actor_of(signed_in_member(request)),
            now=now,
        )
    except StoreError as error:
        return render(
            request, "staff/visitors.html", shown | {"store_error": str(error)}, status=503
        )
    except (UseDenied, NoEditionInForce):
        return render(request, "staff/visitors.html", shown | {"is_unpermitted": True}, status=403)
    shown |= report_shown(report, asked, lacks_some=behind is not None)
    return render(request, "staff/visitors.html", shown)


@open_to(*FIGURES)
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Give the same report as a file, which the ledger notes.

    Raises WrongQuery, StoreError, gate.UseDenied, NoEditionInForce.
    """
    now = timezone.now()
    asked = read_query(request.POST.dict(), now)
    file = visitors.export_report(
        ColumnStore.of_instance(settings.ENV),
        asked.query,
        by=actor_of(signed_in_member(request)),
        file_format=Format.JSON if request.POST.get("format") == "json" else Format.CSV,
        loaded_until=loaded_until(asked, now),
        now=now,
    )
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


def loaded_until(asked: Asked, now: datetime) -> datetime | None:
    """Return by when visits were loaded, None where the days asked for have all of theirs."""
    behind = behind_until(now)
    return behind if behind is not None and behind < asked.ends_at else None


def choices_shown(asked: Asked) -> dict[str, object]:
    """Return the rows of links by which the report is changed."""
    query = asked.query
    return {
        "periods": [
            Choice(
                PERIOD_NAMES[days],
                link(asked, drop=("from", "to"), period=str(days)),
                is_current=asked.period == days,
            )
            for days in PERIODS
        ]
        + [today_choice(asked)],
        "is_chosen": asked.period == 0 and not is_today(asked),
        "is_today": is_today(asked),
        "quarter_url": link(asked, drop=("from", "to"), period=str(max(PERIODS))),
        "all_names_url": link(asked, drop=("search",)),
        "period_words": period_in_words(query),
        "before_words": before_in_words(query, is_compared=True),
        "things": [
            Choice(_("Pages"), link(asked, thing=Thing.PAGE), query.thing is Thing.PAGE),
            Choice(_("Services"), link(asked, thing=Thing.SERVICE), query.thing is Thing.SERVICE),
        ],
        "populations": [
            Choice(title, link(asked, population=each), query.population is each)
            for each, title in (
                (Population.ALL, _("Everyone")),
                (Population.AGREED, _("Who agreed")),
                (Population.DECLINED, _("Not asked yet, or no")),
            )
        ],
        "orders": [
            Choice(title, link(asked, order=each), query.order is each)
            for each, title in (
                (Order.VIEWS, _("By views")),
                (Order.VISITS, _("By visits begun here")),
                (Order.PEOPLE, _("By people")),
            )
        ],
        "charts": [
            Choice(title, link(asked, chart=each), asked.charted is each)
            for each, title in (
                (Charted.VISITS, _("Visits")),
                (Charted.PEOPLE, _("People")),
                (Charted.VIEWS, _("Views")),
            )
        ],
        "set_filters": [
            Choice(
                f"{SIDE_NAMES[side]}: {VALUE_NAMES.get(value, value)}", link(asked, drop=(side,))
            )
            for side, value in query.filters.items()
        ],
        "kept_fields": asked.without("search"),
        "kept_for_days": asked.without("from", "to", "period"),
        "export_fields": asked.fields,
    }


def today_choice(asked: Asked) -> Choice:
    day = asked.today.isoformat()
    # The console's first page is called Today: this is the report of that day.
    title = _("Today so far")
    return Choice(title, asked.link(("period",), {"from": day, "to": day}), is_today(asked))


def is_today(asked: Asked) -> bool:
    return asked.query.start == asked.query.end == asked.today


def period_in_words(query: ReportQuery) -> str:
    """Return the days as people say them: one day is one date."""
    end = date_format(query.end, "j F Y")
    if query.days == 1:
        return end
    is_one_year = query.start.year == query.end.year
    start = date_format(query.start, "j F" if is_one_year else "j F Y")
    return gettext("%(start)s to %(end)s") % {"start": start, "end": end}


def before_in_words(query: ReportQuery, *, is_compared: bool, lacks_some: bool = False) -> str:
    days = query.days
    if lacks_some:
        return gettext("nothing is compared until all their visits are loaded")
    if not is_compared:
        return gettext("nothing to compare with: nothing was counted in as many days before")
    words = ngettext("compared with the day before", "compared with the %(n)d days before", days)
    return words % {"n": days}


def link(asked: Asked, *, drop: Collection[str] = (), **changed: str) -> str:
    """Return the address of the same report with parts dropped or changed."""
    return asked.link(drop, changed)


def report_shown(report: Report, asked: Asked, *, lacks_some: bool) -> dict[str, object]:
    """Return the figures; what lacks some of its visits compares as little as a day half over."""
    names = service_names(settings.ENV.instance) if asked.query.thing is Thing.SERVICE else {}
    values = [chart_value(day, asked.charted) for day in report.days]
    before = [chart_value(day, asked.charted) for day in report.days_before]
    days = [day.date for day in report.days]
    has_new_alone = report.totals.all.views and report.before.all.views == 0
    is_compared = asked.is_over and not has_new_alone and not lacks_some
    return {
        "report": report,
        "lines": lines_of(report.rows, asked, names, is_compared=is_compared),
        "splits": [split_of(each, asked) for each in report.breakdowns],
        "before": report.before if is_compared else NOT_TOLD_YET,
        "before_words": before_in_words(
            asked.query, is_compared=is_compared, lacks_some=lacks_some
        ),
        "chart": draw(days, values, before, today=asked.today),
        "day_rows": list(zip(report.days, report.days_before, strict=True)),
        "is_empty": not report.totals.all.views and not report.rows,
    }


def chart_value(day: Day, charted: Charted) -> int | None:
    figures = day.figures
    return {
        Charted.VISITS: figures.visits,
        Charted.PEOPLE: figures.people,
        Charted.VIEWS: figures.views,
    }[charted]


def lines_of(
    rows: tuple[Row, ...], asked: Asked, names: dict[str, str], *, is_compared: bool
) -> tuple[Line, ...]:
    order = asked.query.order
    sizes: list[int] = [getattr(row.figures, order) or 0 for row in rows]
    most = max(sizes, default=0) or 1
    is_page = asked.query.thing is Thing.PAGE
    return tuple(
        Line(
            title=names.get(row.name, row.name),
            row=row,
            before=row.before if is_compared else UNTOLD,
            part=round(100 * size / most),
            url=row.name if is_page else f"/services/{row.name}/",
            ordering=getattr(row.figures, order),
            ordering_before=getattr(row.before, order) if is_compared else None,
        )
        for row, size in zip(rows, sizes, strict=True)
    )


def split_of(found: Breakdown, asked: Asked) -> Split:
    """Return one breakdown; its values are links that narrow the report."""
    most = max((row.figures.views or 0 for row in found.rows), default=0) or 1
    lines = tuple(
        Line(
            title=VALUE_NAMES.get(row.name, row.name) if row.name else _("None"),
            row=row,
            before=row.before,
            part=round(100 * (row.figures.views or 0) / most),
            url=link(asked, **{str(found.side): row.name}) if row.name else "",
        )
        for row in found.rows
    )
    return Split(
        side=found.side,
        title=SIDE_NAMES[found.side],
        lines=lines,
        rest=found.rest,
        folded_rows=found.folded_rows,
        has_time=any(row.figures.seconds_mean is not None for row in found.rows),
    )
