"""The ledger for administrators: what was written when, each entry with its words and its proof."""

import re
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clearline.edge.staff.entry_words import facts_of, moment_of, sentence_of
from clearline.edge.staff.templatetags.staff_text import kind_words
from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Conflict
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.entries import KINDS

ROWS: Final = 50
NUMBER: Final = re.compile(r"[0-9]{1,18}")


@open_to(Audience.ADMINISTRATOR)
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """List entries, the newest first, of one kind or all."""
    kind = request.GET.get("kind", "")
    asked_before = request.GET.get("before", "")
    before = int(asked_before) if NUMBER.fullmatch(asked_before) else None
    found = ledger.list_entries(limit=ROWS + 1, before=before, kind=kind if kind in KINDS else "")
    shown = {
        "entries": found[:ROWS],
        "older": found[ROWS - 1].number if len(found) > ROWS else None,
        "is_newest": before is None,
        "kinds": [(each, kind_words(each)) for each in sorted(KINDS)],
        "kind": kind,
        "asked": request.GET.get("id", ""),
    }
    return render(request, "staff/ledger.html", shown)


@open_to(Audience.ADMINISTRATOR)
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


@open_to(Audience.ADMINISTRATOR)
@require_safe
def receipt(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Give the receipt file of one entry. Raises NoSuchEntry, NotInTree."""
    del request
    content = ledger.receipt_file(ledger.receipt(entry_id))
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="receipt-{entry_id[:8]}.json"'
    return response
