"""Choosing another user ID, and correcting the range of one's age."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clearline.edge.site.account.access import actor_of, customer_here
from clearline.edge.site.account.join import age_in
from clearline.edge.site.answers import NothingInForce
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to, require_step_up
from clearline.policy.vocabulary import SubjectId
from clearline.rights.ledger_words.values import AGES
from clearline.service.accounts.actions import AgreedTo
from clearline.service.accounts.age import AgeRange, ClosedForAge
from clearline.service.accounts.age_correction import correct_age
from clearline.service.accounts.queries import asks_age
from clearline.trust.safeguards import user_ids
from clearline.trust.safeguards.actions import UserIdRefused, UserIdTaken
from clearline.trust.safeguards.user_ids import ChangedTooOften

TYPED_MAX: Final = 100  # of a field that is shown again
QUESTION: Final = _("Your age")
BUTTON: Final = _("Correct it")
BUTTON_OF_WHO_IS_ASKED: Final = _("Go on")


@open_to(Audience.CUSTOMER)
@require_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def user_id(request: HttpRequest) -> HttpResponse:
    """Ask for another user ID, and set it."""
    subject, error = customer_here(request), ""
    typed = request.POST.get("user_id", "")[:TYPED_MAX]
    if request.method == "POST":
        try:
            user_ids.change_user_id(subject=subject, user_id=typed, now=timezone.now())
        except (UserIdRefused, UserIdTaken, ChangedTooOften) as refused:
            error = str(refused)
        else:
            return redirect("account_user_id_changed")
    shown = {"error": error, "typed": typed}
    return render(request, "account/user_id.html", shown, status=422 if error else 200)


@open_to(Audience.CUSTOMER)
@require_http_methods(["GET", "HEAD"])
def user_id_changed(request: HttpRequest) -> HttpResponse:
    """Say from when on the new user ID signs in."""
    customer_here(request)
    return render(request, "account/user_id_changed.html")


@open_to(Audience.CUSTOMER)
@require_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def age(request: HttpRequest) -> HttpResponse:
    """Ask for the range of one's age, and correct it; under 13 only after a second press.

    Where what was said of it was forgotten, nothing else opens before this is answered.
    """
    subject, error = customer_here(request), ""
    is_asked = asks_age(subject)
    button = BUTTON_OF_WHO_IS_ASKED if is_asked else BUTTON
    told = age_in(request.POST.get("age", ""))
    is_child = told is AgeRange.UNDER_13 and "sure" not in request.POST
    if request.method == "POST" and told is None:
        error = str(_("Choose the range that your age is in."))
    elif request.method == "POST" and told is not None and not is_child:
        try:
            correct(request, subject, told, f"{QUESTION}: {AGES[told]} [{button}]")
        except ClosedForAge as refused:
            error = str(refused)
        else:
            return redirect("account" if is_asked else "account_profile")
    shown = {
        "is_asked": is_asked,
        "ages": AGES.items(),
        "question": QUESTION,
        "button": button,
        "is_child": is_child,
        "error": error,
    }
    return render(request, "account/age.html", shown, status=422 if error else 200)


def correct(request: HttpRequest, subject: SubjectId, told: AgeRange, words: str) -> None:
    """Set the range, with the words that were seen. Raises ClosedForAge, NothingInForce."""
    policy = visit_of(request).policy
    if policy is None:
        raise NothingInForce
    correct_age(
        by=actor_of(subject),
        subject=subject,
        age=told,
        shown=AgreedTo(policy.edition.date, words),
        now=timezone.now(),
    )
