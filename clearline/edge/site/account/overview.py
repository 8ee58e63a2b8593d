"""The first page of an account, and the page of what it holds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clearline.edge.site.account.access import actor_of, customer_here
from clearline.edge.site.account.join import AGES
from clearline.kit.access import Audience, open_to, require_step_up
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.words import FieldWrong
from clearline.service.contacts import queries as contacts


@open_to(Audience.CUSTOMER)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show where everything of the account is."""
    subject = customer_here(request)
    shown = {"is_confirmed": contacts.is_confirmed(subject)}
    return render(request, "account/overview.html", shown)


@open_to(Audience.CUSTOMER)
@require_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """Say what closing means, close the account, and take that back."""
    subject = customer_here(request)
    if request.method == "POST":
        act = accounts.reopen_account if "reopen" in request.POST else accounts.close_account
        act(by=actor_of(subject), subject=subject, now=timezone.now())
        return redirect("account_close")
    return render(request, "account/close.html")


@open_to(Audience.CUSTOMER)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show what the account holds of the person, and correct the names."""
    subject = customer_here(request)
    now, errors = timezone.now(), {}
    if request.method == "POST":
        try:
            accounts.change_names(
                by=actor_of(subject),
                subject=subject,
                name=request.POST.get("name", ""),
                screen_name=request.POST.get("screen_name", ""),
                now=now,
            )
        except FieldWrong as wrong:
            errors = {wrong.field: str(wrong)}
        else:
            return redirect("account_profile")
    held = accounts.show_profile(by=actor_of(subject), subject=subject, now=now)
    shown = {
        "held": held,
        "age": dict(AGES)[held.age] if held.age else _("not known"),
        "errors": errors,
        "title": _("Your profile"),
    }
    if errors:
        shown["typed"] = {name: request.POST.get(name, "") for name in ("name", "screen_name")}
    return render(request, "account/profile.html", shown, status=422 if errors else 200)
