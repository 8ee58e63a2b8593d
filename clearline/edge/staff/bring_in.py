"""Bringing in the customers of an earlier system from a list, and inviting them to sign in.

By the actions of `clearline customers`; longer lists go by that command, which shows progress.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clearline.edge.staff.access import actor_of, signed_in_member
from clearline.edge.staff.templatetags.bring_in_text import FIELDS
from clearline.edge.staff.upload import FILE_BYTES_MAX, FormUnreadable, FormWithFile, read_form
from clearline.kit.access import Audience, open_to, require_step_up
from clearline.kit.errors import Refusal
from clearline.kit.problem import status_of
from clearline.policy.use import Actor
from clearline.service.accounts import inviting, undoing
from clearline.service.accounts.amounts import COMMA
from clearline.service.accounts.customer_file import (
    NEEDED,
    ColumnUnknown,
    CustomerFile,
    Encoding,
    Field,
    FileWrong,
    RowWrong,
)
from clearline.service.accounts.undoing import (
    ListChanged,
    NobodyElse,
    NoSuchList,
    NotByOneself,
    SomebodyCameIn,
)
from clearline.service.accounts.whole_list import (
    Told,
    bring_list,
    decimal_mark_of,
    head_of_rejects,
    reject,
    try_list,
)
from clearline.trust.consent.account import YES_LASTS

WRONG_SHOWN_MAX: Final = 200
NUMBER_MAX: Final = 40
ROUNDS_MAX: Final = 10  # of a hundred letters each, at one press


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """What became of a list: which columns were read, the figures, and the first wrong rows."""

    is_trial: bool
    told: Told
    header: Sequence[str]
    read: Mapping[Field, str]
    left_out: Sequence[str]
    wrong: Sequence[RowWrong]


@open_to(Audience.PRIVACY_OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    """Try a list, bring it in, or invite who came in, as the pressed button says."""
    if request.method != "POST":
        return show(request)
    if request.content_type == "multipart/form-data":
        return take_list(request)
    by = actor_of(signed_in_member(request))
    try:
        told = invite(by, request.POST.get("act", ""), request.POST.get("number", "")[:NUMBER_MAX])
    except Refusal as refused:
        return show(request, refused=refused)
    return redirect(f"{reverse('staff_bring_in')}?invited={told}")


@open_to(Audience.PRIVACY_OFFICER)
@require_step_up
@require_POST
def take_back(request: HttpRequest, list_number: str) -> HttpResponse:
    """Ask that a list be taken back, confirm it, or decline it, as the pressed button says."""
    by, now = actor_of(signed_in_member(request)), timezone.now()
    act, seen = request.POST.get("act", ""), request.POST.get("seen", "")
    try:
        if act == "confirm":
            undoing.confirm(by=by, number=list_number, seen=seen, now=now)
        elif act == "decline":
            undoing.decline(by=by, number=list_number, seen=seen, now=now)
        else:
            undoing.ask(by=by, number=list_number, now=now)
    except (NoSuchList, SomebodyCameIn, NobodyElse, ListChanged, NotByOneself) as refused:
        return show(request, refused=refused)
    return redirect(f"{reverse('staff_bring_in')}#lists")


def invite(by: Actor, act: str, number: str) -> int:
    """Invite one anew, or the next thousand who wait; return how many. Raises Refusal."""
    page = settings.ENV.url + reverse("account_invited", args=["_"]).removesuffix("_/")
    if act == "again":
        inviting.invite_again(by=by, number=number, page=page, now=timezone.now())
        return 1
    if act != "invite":
        message = _("The form could not be read. Go back and send it again.")
        raise FormUnreadable(message)
    sent, row = 0, 0
    for _round in range(ROUNDS_MAX):
        done = inviting.invite_some(by=by, after=row, page=page, now=timezone.now())
        if not done.last:
            break
        sent, row = sent + done.invited, done.last
    return sent


def take_list(request: HttpRequest) -> HttpResponse:
    by = actor_of(signed_in_member(request))
    try:
        form = read_form(request)
    except FormUnreadable as refused:
        return show(request, refused=refused)
    try:
        if form.typed.get("act") == "wrong":
            return wrong_rows(form, by)
        outcome = take(form, by)
    except ColumnUnknown as wrong:
        return show(request, form.typed, refused=in_words(wrong), header=wrong.header)
    except Refusal as refused:
        return show(request, form.typed, refused=refused)
    return show(request, form.typed, outcome=outcome, header=outcome.header)


def in_words(wrong: ColumnUnknown) -> FileWrong:
    """Return the error as who works at a page reads it, not a command."""
    message = _("No column, or more than one, is known as “%s”. Choose it below.")
    return FileWrong(message % FIELDS[wrong.field])


def opened(form: FormWithFile) -> CustomerFile:
    """Return the list with its columns as they were typed. Raises FileWrong."""
    typed = form.typed
    is_latin = typed.get("encoding") == Encoding.LATIN_1
    return CustomerFile(
        io.BytesIO(form.file),
        encoding=Encoding.LATIN_1 if is_latin else Encoding.UTF_8,
        mapping={field: typed[field] for field in Field if typed.get(field, "").strip()},
        decimal_mark=decimal_mark_of(settings.LANGUAGE_CODE),
    )


def wrong_rows(form: FormWithFile, by: Actor) -> HttpResponse:
    """Give back the rows that cannot come in, with the reasons, to mend.

    Raises FileWrong, TooManyLists, gate.UseDenied.
    """
    customers, out = opened(form), io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head_of_rejects(customers.header))
    try_list(
        customers,
        by=by,
        tell=lambda some: writer.writerows(map(reject, some)),
        clock=timezone.now,
    )
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rows-that-cannot-come-in.csv"'
    return response


def take(form: FormWithFile, by: Actor) -> Outcome:
    """Try a list or bring it in.

    Raises FileWrong, TooManyLists, ImportedMeanwhile, gate.UseDenied.
    """
    customers = opened(form)
    is_trial = form.typed.get("act") != "bring"
    wrong: list[RowWrong] = []
    told = (try_list if is_trial else bring_list)(
        customers,
        by=by,
        tell=lambda some: wrong.extend(some[: WRONG_SHOWN_MAX - len(wrong)]),
        clock=timezone.now,
    )
    read = {field: customers.header[place] for field, place in customers.columns.items()}
    return Outcome(is_trial, told, customers.header, read, customers.left_out(), wrong)


def show(
    request: HttpRequest,
    typed: Mapping[str, str] | None = None,
    *,
    outcome: Outcome | None = None,
    refused: Refusal | None = None,
    header: Sequence[str] = (),
) -> HttpResponse:
    told = typed or {}
    read = outcome.read if outcome else {}
    invited = request.GET.get("invited", "")[:NUMBER_MAX]
    shown = {
        "fields": [
            (field, words, told.get(field, "") or read.get(field, ""), field in NEEDED)
            for field, words in FIELDS.items()
        ],
        "header": [name for name in header if name],
        "read": [(FIELDS[field], name) for field, name in read.items()],
        "is_latin": told.get("encoding") == Encoding.LATIN_1,
        "outcome": outcome,
        "error": str(refused or ""),
        "waiting": inviting.count_waiting(),
        "lists": undoing.list_brought(now=timezone.now()),
        "invited": int(invited) if invited.isdecimal() and invited.isascii() else 0,
        "size_max": FILE_BYTES_MAX,
        "number_max": NUMBER_MAX,
        "is_comma": decimal_mark_of(settings.LANGUAGE_CODE) == COMMA,
        "has_mail_server": settings.ENV.mail_url is not None,
        "yes_lasts_days": YES_LASTS.days,
        "title": _("Bring your customers"),
    }
    status = status_of(refused) if refused else 200
    return render(request, "staff/bring_in.html", shown, status=status)
