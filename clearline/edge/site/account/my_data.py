"""What is held of a customer, who used it when and why, and both as a file to take along."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clearline.edge.site.account.access import actor_of, customer_here
from clearline.edge.site.privacy import as_file
from clearline.kit.access import Audience, open_to, require_step_up, require_step_up_to_send
from clearline.kit.errors import Invalid
from clearline.policy.vocabulary import Category, ClauseId, SubjectId
from clearline.policy.words import category_in_words
from clearline.rights.ledger_words.person import GROUPS, Group
from clearline.rights.ledger_words.values import AGES
from clearline.rights.my_data import actions, queries
from clearline.rights.my_data.actions import Export, FileForm, Wanted, wanted_between
from clearline.rights.my_data.as_json import to_json
from clearline.rights.my_data.held import UNSEALED, Held, Keeping
from clearline.trust.ledger import queries as ledger

ROWS: Final = 50
TYPES: Final = {FileForm.HTML: "text/html; charset=utf-8", FileForm.JSON: "application/json"}


class NoSuchForm(Invalid):
    code = "no_such_form"

    def __init__(self) -> None:
        super().__init__("The form did not say which kind of file you want. Choose again.")


@dataclass(frozen=True, slots=True, repr=False)
class HeldShown:
    """One kind of data in words; `values` is None while it is shut.

    `until` says how long it is held, each answer with all the clauses that give it.
    """

    what: str
    values: tuple[str, ...] | None
    note: str
    until: dict[str, list[ClauseId]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a group of lines, from the first day to the last."""

    group: Group | None
    first: date | None
    last: date | None
    before: str

    def wanted(self, zone: ZoneInfo) -> Wanted:
        return wanted_between(
            self.first, self.last, group=self.group, before=self.before, zone=zone
        )

    @property
    def kept(self) -> str:
        """The filters as an address carries them."""
        told = {"group": self.group, "from": self.first, "to": self.last}
        return urlencode({name: str(value) for name, value in told.items() if value})


@open_to(Audience.CUSTOMER)
@require_step_up_to_send
@require_http_methods(["GET", "HEAD", "POST"])
def my_data(request: HttpRequest) -> HttpResponse:
    """Show what is held and who used it; a sent form opens the values, so that no reload does.

    Raises NoSuchEntry. Source of the proof asked for before: OWASP ASVS 5.0.0, V7.5.3.
    """
    subject = customer_here(request)
    by, now, asked = actor_of(subject), timezone.now(), asked_in(request)
    is_opened = request.method == "POST"
    if is_opened:
        held = actions.show_held(by=by, subject=subject, now=now)
    else:
        held = queries.list_held(subject, now=now)
    wanted = asked.wanted(ZoneInfo(settings.ENV.provider.time_zone))
    found = actions.show_lines(by=by, subject=subject, wanted=wanted, limit=ROWS, now=now)
    shown = {
        "held": tuple(map(held_shown, held)),
        "is_opened": is_opened,
        "lines": found.lines,
        "older": found.older,
        "asked": asked,
        "groups": [(each, GROUPS[each]) for each in Group],
    }
    return render(request, "account/my_data.html", shown)


def asked_in(request: HttpRequest) -> Asked:
    """Return what the address asks for; what nobody can ask for is as good as not asked."""
    group = request.GET.get("group", "")
    return Asked(
        group=Group(group) if group in set(Group) else None,
        first=day_in(request.GET.get("from", "")),
        last=day_in(request.GET.get("to", "")),
        before=request.GET.get("before", ""),
    )


def day_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def held_shown(held: Held) -> HeldShown:
    clauses: dict[str, list[ClauseId]] = {}
    for keeping in held.keepings:
        clauses.setdefault(until(keeping), []).append(keeping.clause)
    values = held.values
    if values is not None and held.category is Category.DEMOGRAPHIC_AGE_RANGE:
        values = tuple(str(AGES.get(each, each)) for each in values)
    return HeldShown(
        what=category_in_words(held.category),
        values=values,
        note=note_of(held),
        until=clauses,
    )


def note_of(held: Held) -> str:
    """Return what is to be said of data that is not shown as a value."""
    if held.category is Category.PRIVACY_PREFERENCES:
        return _("the lines below, and your choices, which stand on their own page")
    if held.category in UNSEALED and not held.sealed:
        return _("only as codes that nobody can read back, us included")
    if not held.sealed:
        return _("who owned an account before it changed hands, by random number")
    return _("sealed")


def until(keeping: Keeping) -> str:
    """Return until when something is held under a clause."""
    if keeping.ends_on is not None:
        return _("until %s") % date_format(keeping.ends_on, "j F Y")
    if keeping.is_after_closing:
        return _("while the account is open, and %s after") % keeping.kept
    return _("%s after it was written") % keeping.kept


@open_to(Audience.CUSTOMER)
@require_step_up
@require_POST
def file(request: HttpRequest) -> HttpResponseBase:
    """Give everything as one file, to read or for programs. Raises NoSuchForm."""
    subject, now = customer_here(request), timezone.now()
    told = request.POST.get("form", "")
    if told not in set(FileForm):
        raise NoSuchForm
    form = FileForm(told)
    export = actions.export(by=actor_of(subject), subject=subject, form=form, now=now)
    brand = settings.ENV.provider.brand_name
    pieces = to_json(export, provider=brand) if form is FileForm.JSON else to_html(export, brand)
    response = StreamingHttpResponse(pieces, content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="my-data-{now:%Y-%m-%d}.{form}"'
    return response


def to_html(export: Export, brand: str) -> Iterator[bytes]:
    """Yield a page that any browser reads without us: its head, each line, its foot."""
    head = {
        "held": tuple(map(held_shown, export.held)),
        "made_at": export.made_at,
        "brand": brand,
        "url": settings.ENV.url,
    }
    yield render_to_string("account/my_data_file.html", head).encode()
    for line in export.lines:
        yield render_to_string("account/parts/my_data_line.html", {"line": line}).encode()
    yield b"</ul></main></body></html>\n"


@open_to(Audience.CUSTOMER)
def receipt(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Give the proof of one of the customer's own lines; another's is not found by any method.

    Raises NoSuchEntry; NotInTree within the first seconds.
    """
    subject = customer_here(request)
    queries.refuse_anothers(entry_id, subject)
    return receipt_file(request, entry_id, subject)


@require_safe
def receipt_file(request: HttpRequest, entry_id: str, subject: SubjectId) -> HttpResponse:
    del request
    content = ledger.receipt_file(queries.receipt(entry_id, subject))
    return as_file(content, f"receipt-{entry_id[:8]}.json", "application/json")
