"""Opening an account: age, name and address, user ID and password, then agreeing to it all.

What was typed travels in the forms themselves; nothing is kept before the last page was sent.
"""

from dataclasses import dataclass, field
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from clearline.edge.site.account.access import begin_session, customer_here, subject_of
from clearline.edge.site.answers import NothingInForce
from clearline.edge.site.privacy import as_file
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Invalid, Refusal
from clearline.rights.agreement.asked import AGREE, BUTTON, agreed_to
from clearline.rights.ledger_words.values import AGES
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import queries
from clearline.service.accounts.actions import NewAccount
from clearline.service.accounts.age import AgeRange, refuse_too_young
from clearline.service.accounts.roles import AccountKind
from clearline.service.accounts.words import (
    FieldWrong,
    read_business_name,
    read_email,
    read_name,
    read_screen_name,
)
from clearline.trust.ledger import queries as ledger
from clearline.trust.safeguards.actions import UserIdRefused, UserIdTaken
from clearline.trust.safeguards.passwords import LENGTH_MIN, PasswordRefused
from clearline.trust.safeguards.user_ids import NetworkAskedTooOften

STEPS: Final = ("age", "you", "sign_in")
CARRIED: Final = ("age", "kind", "name", "email", "screen_name", "business_name")
TYPED_MAX: Final = 300  # of a field that is shown again
FIELDS_OF: Final = {
    UserIdTaken: "user_id",
    UserIdRefused: "user_id",
    NetworkAskedTooOften: "user_id",
    PasswordRefused: "password",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the way: which, what was typed so far, and what is wrong with it."""

    name: str
    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_for_business(self) -> bool:
        return is_for_business(self.typed)

    @property
    def number(self) -> int:
        return STEPS.index(self.name) + 1


@open_to(Audience.EVERYONE)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Show the step that comes next; the last one opens the account."""
    if subject_of(request) is not None:
        return redirect("account")
    if visit_of(request).policy is None:
        raise NothingInForce
    if request.method != "POST":
        return show(request, Step("age", {}))
    typed = {name: request.POST.get(name, "")[:TYPED_MAX] for name in (*CARRIED, "user_id")}
    step = request.POST.get("step", "age")
    if step == "back_to_age":
        return show(request, Step("age", typed))
    if step == "back_to_you":
        return show(request, Step("you", typed))
    try:
        return go_on(request, step, typed)
    except FieldWrong as wrong:
        return show(request, Step("you", typed, {wrong.field: str(wrong)}))


def go_on(request: HttpRequest, step: str, typed: dict[str, str]) -> HttpResponse:
    """Look at what a step says and show the next. Raises TooYoung, FieldWrong."""
    age = age_in(typed["age"])
    if age is None:
        return show(request, Step("age", {}, {"age": _("Choose the range that your age is in.")}))
    refuse_too_young(age)
    if step == "age":
        return show(request, Step("you", typed))
    read_name(typed["name"])
    read_email(typed["email"])
    if is_for_business(typed):
        read_business_name(typed["business_name"])
    else:
        read_screen_name(typed["screen_name"])
    if step == "you":
        return show(request, Step("sign_in", typed))
    return open_account(request, age, typed)


def is_for_business(typed: dict[str, str]) -> bool:
    return typed.get("kind") == AccountKind.BUSINESS


def age_in(text: str) -> AgeRange | None:
    return AgeRange(text) if text in set(AgeRange) else None


def open_account(request: HttpRequest, age: AgeRange, typed: dict[str, str]) -> HttpResponse:
    visit = visit_of(request)
    if visit.policy is None:
        raise NothingInForce
    if request.POST.get("agree") != visit.policy.edition.date.isoformat():
        return show(request, Step("sign_in", typed, {"agree": _("Tick the box to agree.")}))
    told = NewAccount(
        user_id=request.POST.get("user_id", ""),
        password=request.POST.get("password", ""),
        name=typed["name"],
        email=typed["email"],
        age=age,
        screen_name="" if is_for_business(typed) else typed["screen_name"],
        business_name=typed["business_name"] if is_for_business(typed) else None,
    )
    agreed = agreed_to(visit.policy.edition.date)
    try:
        opened = accounts.open_account(
            told=told, agreed=agreed, now=timezone.now(), network=visit.network
        )
    except (Invalid, UserIdTaken, NetworkAskedTooOften) as refused:
        name = field_of(refused)
        if name is None:
            raise
        return show(request, Step("sign_in", typed, {name: str(refused)}))
    begin_session(request, opened.signed_in)
    return redirect("account_welcome")


def field_of(refused: Refusal) -> str | None:
    found = (name for kind, name in FIELDS_OF.items() if isinstance(refused, kind))
    return next(found, None)


def show(request: HttpRequest, step: Step) -> HttpResponse:
    shown = {
        "step": step,
        "steps": len(STEPS),
        "ages": AGES.items(),
        "agree": AGREE,
        "button": BUTTON,
        "length_min": LENGTH_MIN,
    }
    return render(request, "account/join.html", shown, status=422 if step.errors else 200)


@open_to(Audience.CUSTOMER)
@require_http_methods(["GET", "HEAD"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Say that the account is open, with the receipt of what was agreed to."""
    agreed = queries.find_agreed(customer_here(request))
    is_signed = agreed is not None and ledger.is_signed(agreed.proof)
    return render(request, "account/welcome.html", {"agreed": agreed, "is_signed": is_signed})


@open_to(Audience.CUSTOMER)
@require_safe
def agreement(request: HttpRequest) -> HttpResponse:
    """Give the receipt of what this customer agreed to last.

    Raises Http404; NotInTree within the first seconds.
    """
    agreed = queries.find_agreed(customer_here(request))
    if agreed is None:
        raise Http404
    content = ledger.receipt_file(ledger.receipt(agreed.proof))
    return as_file(content, f"receipt-{agreed.proof[:8]}.json", "application/json")
