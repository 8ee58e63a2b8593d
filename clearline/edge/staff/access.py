"""Who of the staff is here, and who may open which page. A page that does not say is closed."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from clearline.kit.access import Audience, audience_of, is_open_without_factor, is_own_path
from clearline.kit.errors import Denied, Unavailable
from clearline.policy.use import Actor, ActorKind
from clearline.reach.visitors.agents import in_words
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards import refused_pages
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.queries import StaffMember
from clearline.trust.safeguards.roles import LoginKind, Role

log = structlog.get_logger()

STAFF: Final = tuple(Audience(role) for role in Role)
CUSTOMERS: Final = (Audience.SUPPORT, Audience.BILLING, Audience.PRIVACY_OFFICER)
FIGURES: Final = (Audience.MARKETER, Audience.ADMINISTRATOR)
WATCH: Final = (Audience.SECURITY_OFFICER, Audience.ADMINISTRATOR)
LEDGER: Final = (Audience.AUDITOR, *WATCH)
OTHERS: Final = frozenset({Audience.EVERYONE, Audience.CUSTOMER, Audience.APP})


class StaffMiddleware:
    """Keep everyone out of a page but those to whom it is open."""

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
        if audience & OTHERS:
            return None
        member = member_of(request)
        if member is None:
            return to_sign_in(request)
        if not audience & {Audience(role) for role in member.roles}:
            note_refused(request, member)
            shown = {"roles": [Role(each) for each in STAFF if each in audience]}
            return render(request, "staff/forbidden.html", shown, status=HTTPStatus.FORBIDDEN)
        if needs_factor_first(request, member, view):
            return redirect("staff_first")
        return None


def needs_factor_first(request: HttpRequest, member: StaffMember, view: object) -> bool:
    """Say whether somebody has to add a second factor before a page opens to them."""
    if member.has_second_factor or is_open_without_factor(view):
        return False
    return not sessions.is_by_link(request.session)


def note_refused(request: HttpRequest, member: StaffMember) -> None:
    """Write the refusal down; where that cannot be, the page stays shut all the same."""
    page = request.resolver_match.view_name if request.resolver_match else ""
    try:
        refused_pages.note_refused_page(public_id=member.public_id, page=page, now=timezone.now())
    except (Denied, Unavailable):
        pass  # that the gate denied it is written down by the gate
    except DatabaseError:
        log.exception("staff.refusal_not_written")


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page and from there back; a form that was sent is not sent again."""
    back = request.get_full_path() if request.method == "GET" else ""
    query = f"?{urlencode({'next': back})}" if back else ""
    return redirect(reverse("staff_sign_in") + query)


def member_of(request: HttpRequest) -> StaffMember | None:
    """Return who of the staff is signed in, looked up once; None for everyone else."""
    if not hasattr(request, "clearline_member"):
        found = find_member(request, timezone.now())
        request.clearline_member = found  # type: ignore[attr-defined]  # Django's request is open
    member: StaffMember | None = request.clearline_member  # type: ignore[attr-defined]  # as above
    return member


def find_member(request: HttpRequest, now: datetime) -> StaffMember | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    signed_in = sessions.find(request.session, LoginKind.STAFF, now=now)
    if signed_in is None:
        return None
    member = logins.find_signed_in(signed_in.public_id, signed_in.password_mark)
    if member is None:
        request.session.flush()
    else:
        sessions.note_seen(request.session, now=now)
    return member


def signed_in_member(request: HttpRequest) -> StaffMember:
    """Return who is signed in, on a page that is open to nobody else. Raises PermissionDenied."""
    member = member_of(request)
    if member is None:
        raise PermissionDenied
    return member


def begin_session(request: HttpRequest, signed_in: SignedIn) -> None:
    device = in_words(request.headers.get("User-Agent", ""))
    sessions.begin(request.session, LoginKind.STAFF, signed_in, device=device, now=timezone.now())


def actor_of(member: StaffMember) -> Actor:
    return Actor(ActorKind.STAFF, member.public_id)


def safe_next(asked: str) -> str:
    """Return the page of the console to lead to: the one asked for if it is one, else today."""
    return asked if is_own_path(asked, below="/staff/") else reverse("staff_today")
