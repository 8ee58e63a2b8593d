"""`clearline report popularity`: the figures of the visitors page, at the command line."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from clearline.kit.columnstore.client import ColumnStore, StoreDown
from clearline.policy.use import Actor, ActorKind
from clearline.reach.visitors import actions as visitors
from clearline.reach.visitors.export import Format
from clearline.reach.visitors.report import (
    DAYS_DEFAULT,
    Figures,
    Order,
    Population,
    Report,
    ReportQuery,
    Thing,
    last_days,
)
from clearline.trust.health.queries import behind_until

OPERATOR: Final = Actor(ActorKind.JOB, "operator")
NAME_WIDTH: Final = 44
HEAD: Final = tuple(
    word for name in ("views", "visits", "people", "in view") for word in (name, "before")
)


def run_popularity(args: argparse.Namespace) -> int:
    try:
        return print_popularity(args, ColumnStore.of_instance(settings.ENV))
    except StoreDown as down:
        if settings.ENV.store_url is not None:
            raise
        instance = settings.ENV.instance
        message = f"{down} Is it being served? `clearline serve --dir {instance}`"
        raise StoreDown(message) from down


def print_popularity(args: argparse.Namespace, store: ColumnStore) -> int:
    query = query_of(args)
    until = loaded_until(query, args.now)
    sys.stderr.write(what_is_missing(until))
    if not args.csv and not args.json:
        (report,) = visitors.show_popularity(store, [query], by=OPERATOR, now=args.now)
        is_compared = is_over(query, args.now) and until is None
        told = report if is_compared else report.alone()
        sys.stdout.write(in_lines(told, is_compared=is_compared))
        return 0
    file_format = Format.JSON if args.json else Format.CSV
    file = visitors.export_report(
        store,
        query,
        by=OPERATOR,
        file_format=file_format,
        loaded_until=until,
        now=args.now,
    )
    sys.stdout.write(file.content)
    return 0


def is_over(query: ReportQuery, now: datetime) -> bool:
    return query.end < now.astimezone(ZoneInfo(settings.ENV.provider.time_zone)).date()


def loaded_until(query: ReportQuery, now: datetime) -> datetime | None:
    """Return by when visits were loaded, by the provider's clock; None where the days have all."""
    behind = behind_until(now)
    at = behind and behind.astimezone(ZoneInfo(settings.ENV.provider.time_zone))
    return at if at is not None and at.date() <= query.end else None


def what_is_missing(at: datetime | None) -> str:
    """Return a line where some of the days' visits are still being loaded, else nothing."""
    if at is None:
        return ""
    return (
        f"Visits are still being loaded: what came in until {at:%Y-%m-%d %H:%M %Z} stands in these "
        "figures, what came later only in part. Compare nothing yet.\n"
    )


def query_of(args: argparse.Namespace) -> ReportQuery:
    """Return what the arguments ask: without days those of the page. Raises WrongQuery."""
    today = args.now.astimezone(ZoneInfo(settings.ENV.provider.time_zone)).date()
    before = args.end + timedelta(days=1) if args.end else today
    start, end = last_days(DAYS_DEFAULT, before=before)
    return ReportQuery(
        start=args.start or start,
        end=args.end or (today if args.start else end),
        thing=Thing(args.thing),
        population=Population(args.population),
        part=args.part,
        device=args.device,
        referrer_class=args.referrer_class,
        referrer=args.referrer,
        campaign=args.campaign,
        order=Order(args.order),
        search=args.search,
    )


def in_lines(report: Report, *, is_compared: bool) -> str:
    query, totals, before = report.query, report.totals, report.before
    head = ("", *HEAD)
    rows = [(row.name, *cells(row.figures, row.before)) for row in report.rows]
    if report.rest:
        rows.append((f"{report.folded_rows} more, together", f"{report.rest:,}"))
    rests_on = ", ".join(report.clauses)
    lines = [
        f"Most popular {query.thing}s, {query.start} to {query.end}, {query.population}",
        "",
        line(head),
        *map(line, rows),
        "",
        line(("All pages" if query.search else "All", *cells(totals.all, before.all))),
        line(("Who agreed", *cells(totals.agreed, before.agreed))),
        line(("Not asked yet, or no", *cells(totals.declined, before.declined))),
        "",
        before_in_words(query, is_compared=is_compared),
        f"Rests on clauses {rests_on}. Groups under 5 are not told (-).",
        f"People are those who agreed, {report.precision}; of others each visit begun is one.",
        "Not asked yet, or no: visits begun before or without a yes.",
    ]
    return "\n".join(lines) + "\n"


def before_in_words(query: ReportQuery, *, is_compared: bool) -> str:
    if not is_compared:
        return "Before: nothing, for these days are not over or lack visits."
    days = "the day" if query.days == 1 else f"the {query.days} days"
    return f"Before: {days} from {query.start_before} on."


def cells(now: Figures, before: Figures) -> list[str]:
    told: list[str] = []
    for name in ("views", "visits", "people"):
        numbers: tuple[int | None, int | None] = (getattr(now, name), getattr(before, name))
        told += ("-" if number is None else f"{number:,}" for number in numbers)
    means = (now.seconds_mean, before.seconds_mean)
    return told + ["-" if mean is None else f"{mean:.0f} s" for mean in means]


def line(cells: Sequence[str]) -> str:
    name, *figures = cells
    return f"{name[:NAME_WIDTH]:<{NAME_WIDTH}}" + "".join(f"{each:>11}" for each in figures)
