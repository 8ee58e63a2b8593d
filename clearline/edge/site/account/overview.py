"""The first page of an account, and the page of what it holds."""

from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clearline.edge.site.account.access import actor_of, customer_here
from clearline.edge.site.account.team import number_in
from clearline.kit.access import Audience, open_to, require_step_up, require_step_up_to_send
from clearline.policy.vocabulary import SubjectId
from clearline.rights.ledger_words.values import AGES
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.queries import erased_on, list_owned
from clearline.service.accounts.roles import AccountKind
from clearline.service.accounts.words import FieldWrong
from clearline.service.contacts import queries as contacts

TYPED: Final = ("name", "screen_name", "business_name", "account")
TYPED_MAX: Final = 300  # of a field that is shown again


@open_to(Audience.CUSTOMER)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show where everything of the account is."""
    subject = customer_here(request)
    shown = {
        "is_confirmed": contacts.is_confirmed(subject),
        "has_business": any(each.kind is AccountKind.BUSINESS for each in list_owned(subject)),
    }
    return render(request, "account/overview.html", shown)


@open_to(Audience.CUSTOMER)
@require_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """Say what closing means, ask once more before the account closes, and take that back."""
    subject, now = customer_here(request), timezone.now()
    is_asked = request.method == "POST"
    if is_asked and ("reopen" in request.POST or request.POST.get("sure") == "yes"):
        act = accounts.reopen_account if "reopen" in request.POST else accounts.close_account
        act(by=actor_of(subject), subject=subject, now=now)
        return redirect("account_close")
    shown = {"is_asked": is_asked, "until": erased_on(now, now=now) if is_asked else None}
    return render(request, "account/close.html", shown)


@open_to(Audience.CUSTOMER)
@require_step_up_to_send
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show what is held of the person and their accounts, and correct names."""
    subject, now = customer_here(request), timezone.now()
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            correct(request.POST, subject, now)
        except FieldWrong as wrong:
            errors = {wrong.field: str(wrong)}
        else:
            return redirect("account_profile")
    held = accounts.show_profile(by=actor_of(subject), subject=subject, now=now)
    shown = {
        "held": held,
        "age": AGES[held.age] if held.age else _("not known"),
        "errors": errors,
        "typed": {name: request.POST.get(name, "")[:TYPED_MAX] for name in TYPED},
        "title": _("Your profile"),
    }
    return render(request, "account/profile.html", shown, status=422 if errors else 200)


def correct(told: QueryDict, subject: SubjectId, now: datetime) -> None:
    """Correct what a form was sent for. Raises FieldWrong, NoSuchAccount, UnreadableAnswer."""
    by = actor_of(subject)
    if told.get("act") == "business":
        accounts.name_business(
            by=by,
            subject=subject,
            account=number_in(told.get("account", "")),
            name=told.get("business_name", ""),
            now=now,
        )
        return
    name, screen_name = told.get("name", ""), told.get("screen_name", "")
    accounts.change_names(by=by, subject=subject, name=name, screen_name=screen_name, now=now)
