"""Who may act in an account: the owner's page, and joining by a code."""

import re
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clearline.edge.site.account.access import customer_here
from clearline.edge.site.answers import UnreadableAnswer
from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Conflict, NotFound, Refusal
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.queries import find_owned, list_memberships
from clearline.service.accounts.roles import MemberRole
from clearline.service.accounts.words import FieldWrong
from clearline.service.teams import actions as teams

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
    match told.get("act"):
        case "invite":
            return invite(request, subject)
        case "withdraw":
            teams.withdraw(owner=subject, number=number_in(told.get("number", "")), now=now)
        case "set":
            teams.set_role(
                owner=subject, member=member, role=role_in(told.get("role", "")), now=now
            )
        case "remove":
            teams.remove(owner=subject, member=member, now=now)
        case "leave":
            teams.leave(subject=subject, account=number_in(told.get("number", "")), now=now)
        case _:
            raise UnreadableAnswer
    return redirect("account_team")


def invite(request: HttpRequest, subject: SubjectId) -> HttpResponse:
    """Make an invitation; its code is shown this once."""
    label = request.POST.get("label", "")
    try:
        made = teams.invite(
            owner=subject,
            role=role_in(request.POST.get("role", "")),
            label=label,
            now=timezone.now(),
        )
    except (FieldWrong, Conflict) as refused:
        return show(request, subject, error=str(refused), label=label[:TYPED_MAX])
    return show(request, subject, invited=made)


def number_in(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise UnreadableAnswer
    return int(text)


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
    owns = find_owned(subject) is not None
    own = teams.show_team(owner=subject, now=timezone.now()) if owns else None
    others = (each for each in list_memberships(subject) if each.role is not MemberRole.OWNER)
    shown = {
        "members": [(each, ROLES[each.role][0]) for each in own.members] if own else [],
        "invitations": [(each, ROLES[each.role][0]) for each in own.invitations] if own else [],
        "elsewhere": [(each, ROLES[each.role][0]) for each in others],
        "roles": [(role, *words) for role, words in ROLES.items() if role != MemberRole.OWNER],
        "invited": invited,
        "error": error,
        "label": label,
    }
    return render(request, "account/team.html", shown, status=422 if error else 200)


@open_to(Audience.CUSTOMER)
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
