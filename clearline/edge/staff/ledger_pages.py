"""The ledger for administrators: what was written when, each entry with its words and its proof."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clearline.edge.staff.access import LEDGER
from clearline.edge.staff.entry_words import facts_of, moment_of, sentence_of
from clearline.edge.staff.templatetags.staff_text import kind_words
from clearline.kit.access import open_to
from clearline.kit.errors import Conflict
from clearline.policy.choices import Choices
from clearline.policy.condition import choice_in_words
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.entries.kinds import KINDS

ROWS: Final = 50
ID_SHOWN: Final = 64  # characters of a wrong number that the page says back
NUMBER: Final = re.compile(r"[0-9]{1,18}")


@open_to(*LEDGER)
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """List entries, the newest first, of one kind or day or all; lead to the one of a number."""
    asked_id = request.GET.get("id", "").strip().lower()
    if ledger.has_entry(asked_id):
        return redirect("staff_entry", asked_id)
    kind, day = request.GET.get("kind", ""), read_day(request.GET.get("day", ""))
    asked_before = request.GET.get("before", "")
    before = int(asked_before) if NUMBER.fullmatch(asked_before) else None
    found = ledger.list_entries(
        limit=ROWS + 1,
        before=before,
        kind=kind if kind in KINDS else "",
        within=within(day) if day else None,
    )
    said = ledger.list_choices_said([each.id for each in found[:ROWS]])
    kept = {"kind": kind, "day": day.isoformat() if day else ""}
    shown = {
        "entries": [(each, answers_in_words(said.get(each.id))) for each in found[:ROWS]],
        "older": found[ROWS - 1].number if len(found) > ROWS else None,
        "is_newest": before is None,
        "kinds": sorted(((each, kind_words(each)) for each in KINDS), key=lambda each: each[1]),
        "kind": kind,
        "zone": settings.ENV.provider.time_zone,
        "day": day,
        "kept": urlencode({name: value for name, value in kept.items() if value}),
        "asked": asked_id[:ID_SHOWN],
    }
    return render(request, "staff/ledger.html", shown)


def read_day(text: str) -> date | None:
    """Return the day asked for; one that no calendar has is as good as none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def within(day: date) -> tuple[datetime, datetime] | None:
    """Return the first moment of a day of the provider's and of the day after it."""
    zone = ZoneInfo(settings.ENV.provider.time_zone)
    try:
        after = day + timedelta(days=1)
        first, last = (datetime.combine(each, time(), zone) for each in (day, after))
        return first.astimezone(UTC), last.astimezone(UTC)
    except OverflowError:
        return None


def answers_in_words(choices: Choices | None) -> str:
    """Return what a choice said in a few words, "" where it cannot be read."""
    said = [] if choices is None else [(_("yes to %s"), choices.yes), (_("no to %s"), choices.no)]
    return "; ".join(
        words % ", ".join(f"“{choice_in_words(name)}”" for name in sorted(names))
        for words, names in said
        if names
    )


@open_to(*LEDGER)
@require_safe
def entry(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Show what one entry says. Raises NoSuchEntry."""
    try:
        told = ledger.receipt(entry_id)
    except Conflict:  # written, but no checkpoint covers it yet
        told = None
    shown: dict[str, object] = {"entry_id": entry_id, "told": told}
    if told is not None and "body" in told:
        body = told["head"] | told["body"]
        shown["at"] = moment_of(body)
        shown["sentence"], shown["facts"] = sentence_of(body), tuple(facts_of(body))
    return render(request, "staff/entry.html", shown)


@open_to(*LEDGER)
@require_safe
def receipt(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Give the receipt file of one entry. Raises NoSuchEntry, NotInTree."""
    del request
    content = ledger.receipt_file(ledger.receipt(entry_id))
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="receipt-{entry_id[:8]}.json"'
    return response
