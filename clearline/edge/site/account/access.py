"""Which customer is here, and keeping everybody else out of the pages of an account."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from clearline.kit.access import Audience, audience_of, is_own_path
from clearline.policy.shelf import NoEditionInForce, PolicyBroken
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.reach.visitors.agents import in_words
from clearline.service.accounts import queries as accounts
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.roles import LoginKind

PREFIX: Final = "/account/"
# To read, to agree, to take one's data along, to close (and prove who closes), to sign out.
OPEN_TO_WHO_DID_NOT_AGREE: Final = frozenset(
    {
        "account_agree",
        "account_agreement",
        "account_close",
        "account_disagree",
        "account_my_data",
        "account_my_data_file",
        "account_my_data_receipt",
        "account_prove",
        "account_sign_out",
    }
)
AGE_PAGE: Final = "account_age"


class CustomerMiddleware:
    """Keep everyone out of a customer's page but a customer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], args: object, kwargs: object
    ) -> HttpResponse | None:
        del args, kwargs
        audience = audience_of(view)
        if audience is None:
            raise PermissionDenied
        if Audience.CUSTOMER not in audience:
            return None
        subject = subject_of(request)
        if subject is not None:
            return lead_to_answer(request, subject)
        back = request.get_full_path() if request.method == "GET" else ""
        query = f"?{urlencode({'next': back})}" if back else ""
        return redirect(reverse("account_sign_in") + query)


def lead_to_answer(request: HttpRequest, subject: SubjectId) -> HttpResponse | None:
    """Lead whom we ask their age, or to agree again, from all of the account but the ways out."""
    match = request.resolver_match
    name = match.url_name if match is not None else ""
    if name in OPEN_TO_WHO_DID_NOT_AGREE or not request.path.startswith(PREFIX):
        return None
    if accounts.asks_age(subject):
        return None if name == AGE_PAGE else redirect(AGE_PAGE)
    return lead_to_agreeing(request, subject)


def lead_to_agreeing(request: HttpRequest, subject: SubjectId) -> HttpResponse | None:
    """Lead whom a later edition asks to agree again to the page that asks it."""
    try:
        is_asked = accounts.asks_to_agree(subject, now=timezone.now())
    except (NoEditionInForce, PolicyBroken):
        return None  # with no policy that can be relied on there is nothing to agree to
    if not is_asked:
        return None
    back = request.get_full_path() if request.method == "GET" else reverse("account")
    return redirect(f"{reverse('account_agree')}?{urlencode({'next': back})}")


def subject_of(request: HttpRequest) -> SubjectId | None:
    """Return which customer is signed in, looked up once; None for everyone else."""
    if not hasattr(request, "clearline_customer"):
        found = find_customer(request, timezone.now())
        request.clearline_customer = found  # type: ignore[attr-defined]  # Django's request is open
    subject: SubjectId | None = request.clearline_customer  # type: ignore[attr-defined]  # as above
    return subject


def find_customer(request: HttpRequest, now: datetime) -> SubjectId | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    signed_in = sessions.find(request.session, LoginKind.CUSTOMER, now=now)
    if signed_in is None:
        return None
    subject = logins.find_signed_in_customer(signed_in.public_id, signed_in.password_mark)
    if subject is None:
        request.session.flush()
    else:
        sessions.note_seen(request.session, now=now)
    return subject


def customer_here(request: HttpRequest) -> SubjectId:
    """Return who is signed in, on a page that is open to nobody else. Raises PermissionDenied."""
    subject = subject_of(request)
    if subject is None:
        raise PermissionDenied
    return subject


def begin_session(request: HttpRequest, signed_in: SignedIn) -> None:
    device = in_words(request.headers.get("User-Agent", ""))
    sessions.begin(
        request.session, LoginKind.CUSTOMER, signed_in, device=device, now=timezone.now()
    )


def actor_of(subject: SubjectId) -> Actor:
    return Actor(ActorKind.SUBJECT, subject)


def safe_next(asked: str) -> str:
    """Return the page of the account to lead to: the one asked for if it is one, else its first."""
    return asked if is_own_path(asked, below=PREFIX) else reverse("account")
