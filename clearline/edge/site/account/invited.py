"""The page that an invitation leads to: a customer of before chooses how to sign in, and agrees.

Looking at it leaves no trace, and it never says whose invitation it is.
"""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clearline.edge.site.account.access import begin_session
from clearline.edge.site.account.join import TYPED_MAX, age_in, field_of
from clearline.edge.site.answers import NothingInForce
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Invalid
from clearline.policy.edition import Edition
from clearline.rights.agreement.asked import AGREE, BUTTON, agreed_to
from clearline.rights.ledger_words.values import AGES
from clearline.service.accounts import inviting
from clearline.service.accounts.actions import AgreedTo
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.inviting import NewWayIn, NoSuchInvitation
from clearline.service.accounts.words import FieldWrong
from clearline.service.mail.actions import NoMailServer
from clearline.trust.safeguards.actions import UserIdTaken
from clearline.trust.safeguards.passwords import LENGTH_MIN
from clearline.trust.safeguards.user_ids import NetworkAskedTooOften

PAGE: Final = "account/invited.html"
QUESTION: Final = gettext_lazy("Your age")
CORRECT: Final = gettext_lazy("That is my age: open the account again")
CLOSE: Final = gettext_lazy("I am under 13: close it")


@open_to(Audience.EVERYONE)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whoever holds the link what is still to be asked, then sign them in."""
    policy = visit_of(request).policy
    if policy is None:
        raise NothingInForce
    try:
        return ask(request, token, policy.edition)
    except NoSuchInvitation:
        closed = show_closed(request, token, policy.edition)
        return dead(request, token) if closed is None else closed


def ask(request: HttpRequest, token: str, edition: Edition) -> HttpResponse:
    """Show the form, or do what it says. Raises NoSuchInvitation."""
    if request.method != "POST":
        return show(request, token, {})
    told = request.POST
    if inviting.is_of_child(token, age_in(told.get("age", "")), now=timezone.now()):
        return ask_child(request, token, edition)
    if told.get("agree") != edition.date.isoformat():
        return show(request, token, {"agree": _("Tick the box to agree.")})
    way_in = NewWayIn(
        user_id=told.get("user_id", ""),
        password=told.get("password", ""),
        age=age_in(told.get("age", "")),
    )
    agreed = agreed_to(edition.date)
    try:
        opened = inviting.accept(
            token=token,
            told=way_in,
            agreed=agreed,
            now=timezone.now(),
            network=visit_of(request).network,
        )
    except (Invalid, UserIdTaken, NetworkAskedTooOften) as refused:
        name = refused.field if isinstance(refused, FieldWrong) else field_of(refused)
        if name is None:
            raise
        return show(request, token, {name: str(refused)})
    begin_session(request, opened.signed_in)
    return redirect("account_welcome")


def ask_child(request: HttpRequest, token: str, edition: Edition) -> HttpResponse:
    """Ask once more who tells to be under 13, then close. Raises NoSuchInvitation."""
    if "sure" not in request.POST:
        return render(request, "account/invited_child.html", {"close": CLOSE}, status=422)
    shown = AgreedTo(edition.date, f"{QUESTION}: {AGES[AgeRange.UNDER_13]} [{CLOSE}]")
    inviting.close_child(token=token, shown=shown, now=timezone.now())
    return render_closed(request, token, 403)


def show_closed(request: HttpRequest, token: str, edition: Edition) -> HttpResponse | None:
    """Say that an account closed by this link, as under 13, and let that be corrected.

    None where it did not. Raises NoSuchInvitation, ClosedForAge.
    """
    age = age_in(request.POST.get("age", "")) if "correct" in request.POST else None
    if inviting.find_closed(token, now=timezone.now()) is None:
        return None
    if age is None or age is AgeRange.UNDER_13:
        return render_closed(request, token, 422 if "correct" in request.POST else 404)
    shown = AgreedTo(edition.date, f"{QUESTION}: {AGES[age]} [{CORRECT}]")
    inviting.correct_child(token=token, age=age, shown=shown, now=timezone.now())
    return redirect("account_invited", token=token)


def render_closed(request: HttpRequest, token: str, status: int) -> HttpResponse:
    told = {
        "closed": inviting.find_closed(token, now=timezone.now()),
        "ages": [(age, words) for age, words in AGES.items() if age is not AgeRange.UNDER_13],
        "question": QUESTION,
        "correct": CORRECT,
        "error": _("Choose the range that your age is in.") if "correct" in request.POST else "",
    }
    return render(request, "account/invited_child.html", told, status=status)


def show(request: HttpRequest, token: str, errors: dict[str, str]) -> HttpResponse:
    shown = {
        "asks_age": inviting.look_at(token, now=timezone.now()).asks_age,
        "typed": {name: request.POST.get(name, "")[:TYPED_MAX] for name in ("user_id", "age")},
        "errors": errors,
        "ages": AGES.items(),
        "agree": AGREE,
        "button": BUTTON,
        "length_min": LENGTH_MIN,
    }
    return render(request, PAGE, shown, status=422 if errors else 200)


def dead(request: HttpRequest, token: str) -> HttpResponse:
    """Say the same of every link that works no longer, whether it ever did or not.

    Pressed for a new one, it sends one to whom the link was for, if it was for somebody.
    """
    is_asked = request.POST.get("act") == "anew"
    if is_asked:
        page = settings.ENV.url + request.path.removesuffix(f"{token}/")
        try:
            inviting.send_anew(token=token, page=page, now=timezone.now())
        except NoMailServer:
            is_asked = False
    status = 200 if is_asked else 404
    return render(request, "account/invited_before.html", {"is_asked": is_asked}, status=status)
