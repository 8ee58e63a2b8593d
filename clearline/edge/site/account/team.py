"""Who may act in an account: the owner's page, and joining by a code."""

import re
from typing import Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clearline.edge.site.account.access import customer_here
from clearline.edge.site.answers import UnreadableAnswer
from clearline.kit.access import Audience, open_to, require_step_up, require_step_up_to_send
from clearline.kit.errors import Conflict, NotFound, Refusal
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.queries import list_memberships, list_owned
from clearline.service.accounts.roles import MemberRole
from clearline.service.accounts.words import FieldWrong
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over

NUMBER: Final = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
TYPED_MAX: Final = 60  # of a field that is shown again
ROLES: Final[dict[MemberRole, tuple[str | Promise, str | Promise]]] = {
    MemberRole.OWNER: (_("Owner"), _("Does everything, and says who may do what.")),
    MemberRole.BILLING: (_("Billing"), _("Sees bills and pays them.")),
    MemberRole.OWN_LINES: (
        _("Own lines"),
        _("Sees and sets the lines that are theirs, no others."),
    ),
    MemberRole.READ_ONLY: (_("Look only"), _("Sees the services and bills, and changes nothing.")),
}


@open_to(Audience.CUSTOMER)
@require_step_up_to_send
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest) -> HttpResponse:
    """Show who may act in one's account, and do what the pressed button says."""
    subject = customer_here(request)
    if request.method == "POST":
        return act(request, subject)
    return show(request, subject)


def act(request: HttpRequest, subject: SubjectId) -> HttpResponse:
    told = request.POST
    now, member = timezone.now(), SubjectId(told.get("member", ""))
    account = account_in(told)
    match told.get("act"):
        case "invite":
            return invite(request, subject)
        case "call":
            return call(request, subject)
        case "withdraw":
            number = number_in(told.get("number", ""))
            teams.withdraw(owner=subject, account=account, number=number, now=now)
        case "set":
            role = role_in(told.get("role", ""))
            teams.set_role(owner=subject, account=account, member=member, role=role, now=now)
        case "remove":
            teams.remove(owner=subject, account=account, member=member, now=now)
        case "leave":
            teams.leave(subject=subject, account=number_in(told.get("number", "")), now=now)
        case _:
            raise UnreadableAnswer
    return to_team(account)


def to_team(account: int | None) -> HttpResponse:
    query = f"?account={account}" if account else ""
    return redirect(reverse("account_team") + query)


def invite(request: HttpRequest, subject: SubjectId) -> HttpResponse:
    """Make an invitation; its code is shown this once."""
    label = request.POST.get("label", "")
    try:
        made = teams.invite(
            owner=subject,
            account=account_in(request.POST),
            role=role_in(request.POST.get("role", "")),
            label=label,
            now=timezone.now(),
        )
    except (FieldWrong, Conflict) as refused:
        return show(request, subject, error=str(refused), label=label[:TYPED_MAX])
    return show(request, subject, invited=made)


def call(request: HttpRequest, subject: SubjectId) -> HttpResponse:
    """Set what the owner calls a member."""
    told = request.POST
    account = number_in(told.get("account", ""))
    try:
        teams.call(
            owner=subject,
            account=account,
            member=SubjectId(told.get("member", "")),
            label=told.get("label", ""),
            now=timezone.now(),
        )
    except FieldWrong as wrong:
        return show(request, subject, error=str(wrong))
    return to_team(account)


def number_in(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise UnreadableAnswer
    return int(text)


def account_in(told: QueryDict) -> int | None:
    """Return which of one's accounts is meant; None for the first. Raises UnreadableAnswer."""
    text = told.get("account", "")
    return number_in(text) if text else None


def role_in(text: str) -> MemberRole:
    if text not in set(MemberRole):
        raise UnreadableAnswer
    return MemberRole(text)


def show(
    request: HttpRequest,
    subject: SubjectId,
    *,
    invited: teams.Invited | None = None,
    error: str = "",
    label: str = "",
) -> HttpResponse:
    now, owned = timezone.now(), list_owned(subject)
    chosen = account_in(request.POST if request.method == "POST" else request.GET)
    account = chosen or (owned[0].account if owned else None)
    own = teams.show_team(owner=subject, account=account, now=now) if owned else None
    offer = handing_over.find_offer(account, now=now) if account and own else None
    others = (each for each in list_memberships(subject) if each.role is not MemberRole.OWNER)
    shown = {
        "account": account,
        "owned": owned if len(owned) > 1 else (),
        "members": [(each, ROLES[each.role][0]) for each in own.members] if own else [],
        "invitations": [(each, ROLES[each.role][0]) for each in own.invitations] if own else [],
        "elsewhere": [(each, ROLES[each.role][0]) for each in others],
        "roles": [(role, *words) for role, words in ROLES.items() if role != MemberRole.OWNER],
        "offer": offer,
        "offers": handing_over.list_offers_to(subject, now=now),
        "invited": invited,
        "error": error,
        "label": label,
    }
    return render(request, "account/team.html", shown, status=422 if error else 200)


@open_to(Audience.CUSTOMER)
@require_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def join_team(request: HttpRequest) -> HttpResponse:
    """Take a code, and let its bearer act in the account that it is for."""
    subject = customer_here(request)
    if request.method != "POST":
        return render(request, "account/join_team.html")
    try:
        teams.accept(subject=subject, code=request.POST.get("code", "")[:100], now=timezone.now())
    except (NotFound, Conflict) as refused:
        return refused_code(request, refused)
    return redirect("account_team")


def refused_code(request: HttpRequest, refused: Refusal) -> HttpResponse:
    return render(request, "account/join_team.html", {"error": str(refused)}, status=422)
