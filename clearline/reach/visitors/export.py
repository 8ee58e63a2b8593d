"""The popularity report as a file: CSV for spreadsheets, JSON for programs. Pure.

What may not be told is empty in CSV and null in JSON, as it is a dash on the page.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from clearline.reach.visitors.report import Figures, Report, ReportQuery, Row, Side, Totals

NOTE: Final = (
    "Groups under 5 are not told. People are those who agreed to be recognised; of all others each "
    "visit that begins stands for one. Of a row, visits are those that began there. "
    "Declined are the visits begun before or without a yes: of who was not asked yet, or said no."
)
NOTE_OF_SEARCH: Final = (
    " Totals, days and breakdowns are those of the whole site: a part of a name narrows the rows "
    "alone."
)
COLUMNS: Final = ("views", "visits", "people", "seconds_mean")
OTHERS: Final = "others"  # after the section of those that are left out
# A spreadsheet takes a text that begins so for a formula (OWASP, CSV injection).
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class ReportFile:
    name: str
    content_type: str
    content: str


def as_file(report: Report, file_format: Format, *, loaded_until: datetime | None) -> ReportFile:
    """Return the file. `loaded_until`: by when visits were loaded where its days lack some yet."""
    query = report.query
    name = f"popularity-{query.thing}-{query.start}-{query.end}.{file_format}"
    if file_format is Format.JSON:
        text = json.dumps(as_plain(report, loaded_until), indent=2, ensure_ascii=False) + "\n"
        return ReportFile(name, "application/json", text)
    return ReportFile(name, "text/csv; charset=utf-8", as_csv(report, loaded_until))


def query_in_words(query: ReportQuery) -> str:
    """Return what was asked, on one line, for the ledger and the head of files."""
    filters = ", ".join(f"{side} {value}" for side, value in query.filters.items())
    parts = [
        f"{query.thing}s of {query.start} to {query.end}",
        f"population {query.population}",
        filters,
        f"names with {query.search!r}" if query.search else "",
    ]
    return "; ".join(part for part in parts if part)


def note_of(query: ReportQuery) -> str:
    return NOTE + NOTE_OF_SEARCH if query.search else NOTE


def as_csv(report: Report, loaded_until: datetime | None) -> str:
    """Return RFC 4180 text: one row for each name, day and breakdown, told apart by `section`.

    A section of others has how many names are left out, and their views together.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    before = [f"{column}_before" for column in COLUMNS]
    writer.writerow(["section", "name", *COLUMNS, *before])
    for section, name, now, then in rows_of(report):
        writer.writerow([section, safe(name), *cells(now), *cells(then)])
    for section, names, views in others_of(report):
        writer.writerow([f"{section} {OTHERS}", names, views])
    writer.writerow([])
    writer.writerow(["about", safe(query_in_words(report.query))])
    if loaded_until is not None:
        writer.writerow(["loaded until", loaded_until.isoformat()])
    writer.writerow(["clauses", " ".join(report.clauses)])
    writer.writerow(["precision", str(report.precision)])
    writer.writerow(["precision of breakdowns", str(report.breakdowns_precision)])
    writer.writerow(["note", note_of(report.query)])
    return out.getvalue()


def rows_of(report: Report) -> Iterator[tuple[str, str, Figures, Figures]]:
    """Yield section, name, figures of the period, figures of the one before."""
    for name in ("all", "agreed", "declined"):
        yield "total", name, getattr(report.totals, name), getattr(report.before, name)
    for row in report.rows:
        yield str(report.query.thing), row.name, row.figures, row.before
    for day, earlier in zip(report.days, report.days_before, strict=True):
        yield "day", day.date.isoformat(), day.figures, earlier.figures
    for breakdown in report.breakdowns:
        for row in breakdown.rows:
            yield str(breakdown.side), row.name, row.figures, row.before


def others_of(report: Report) -> Iterator[tuple[str, int, int | None]]:
    """Yield section, number of names and their views, where some are left out."""
    if report.folded_rows:
        yield str(report.query.thing), report.folded_rows, report.rest
    for breakdown in report.breakdowns:
        if breakdown.folded_rows:
            yield str(breakdown.side), breakdown.folded_rows, breakdown.rest


def cells(figures: Figures) -> list[object]:
    return [getattr(figures, column) for column in COLUMNS]


def safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def as_plain(report: Report, loaded_until: datetime | None) -> dict[str, object]:
    """Return the report as plain values."""
    query = report.query
    return {
        "report": "popularity",
        "thing": query.thing,
        "from": query.start.isoformat(),
        "to": query.end.isoformat(),
        "compared_from": query.start_before.isoformat(),
        "population": query.population,
        "filters": {str(side): value for side, value in query.filters.items()},
        "search": query.search,
        "loaded_until": loaded_until and loaded_until.isoformat(),
        "clauses": list(report.clauses),
        "precision": report.precision,
        "breakdowns_precision": report.breakdowns_precision,
        "note": note_of(query),
        "totals": totals_as_plain(report.totals),
        "totals_before": totals_as_plain(report.before),
        "rows": list(map(row_as_plain, report.rows)),
        "others": {"names": report.folded_rows, "views": report.rest},
        "days": [
            {"date": day.date.isoformat(), **figures_as_plain(day.figures)} for day in report.days
        ],
        "days_before": [
            {"date": day.date.isoformat(), **figures_as_plain(day.figures)}
            for day in report.days_before
        ],
        "breakdowns": {
            str(each.side): {
                "rows": [row_as_plain(row) | class_of(row, each.side) for row in each.rows],
                "others": {"names": each.folded_rows, "views": each.rest},
            }
            for each in report.breakdowns
        },
    }


def totals_as_plain(totals: Totals) -> dict[str, object]:
    return {name: figures_as_plain(getattr(totals, name)) for name in ("all", "agreed", "declined")}


def row_as_plain(row: Row) -> dict[str, object]:
    figures = figures_as_plain(row.figures)
    return {"name": row.name, **figures, "before": figures_as_plain(row.before)}


def class_of(row: Row, side: Side) -> dict[str, object]:
    return {"class": row.parent} if side is Side.REFERRER else {}


def figures_as_plain(figures: Figures) -> dict[str, object]:
    return {column: getattr(figures, column) for column in COLUMNS}
