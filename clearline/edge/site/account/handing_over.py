"""Handing an account over to one of its members, and taking one that is offered."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clearline.edge.site.account.access import customer_here
from clearline.edge.site.account.team import ROLES, account_in, number_in, to_team
from clearline.edge.site.answers import UnreadableAnswer
from clearline.kit.access import Audience, open_to, require_new_proof
from clearline.kit.errors import Conflict
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.queries import list_memberships
from clearline.service.accounts.roles import MemberRole
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over

STAYS = {"stay": True, "leave": False}


@open_to(Audience.CUSTOMER)
@require_new_proof
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest) -> HttpResponse:
    """Show to whom the account may be offered, offer it, and take that back."""
    subject, now = customer_here(request), timezone.now()
    told = request.POST if request.method == "POST" else request.GET
    account = teams.account_owned_by(subject, account_in(told))
    error = ""
    if request.method == "POST":
        try:
            offer_or_not(request, subject, account)
        except Conflict as refused:
            error = str(refused)
        else:
            return to_team(account)
    team = teams.show_team(owner=subject, account=account, now=now)
    others = [each for each in team.members if each.role is not MemberRole.OWNER]
    shown = {
        "account": account,
        "members": [(each, ROLES[each.role][0]) for each in others],
        "offer": handing_over.find_offer(account, now=now),
        "may_offer": handing_over.may_offer(subject, now=now),
        "error": error,
    }
    return render(request, "account/hand_over.html", shown, status=409 if error else 200)


def offer_or_not(request: HttpRequest, subject: SubjectId, account: int) -> None:
    """Do what the pressed button says. Raises UnreadableAnswer, NoSuchMember, Conflict …."""
    told, now = request.POST, timezone.now()
    stays = STAYS.get(told.get("then", ""))
    if told.get("act") == "take_back":
        handing_over.take_back(owner=subject, account=account, now=now)
    elif told.get("act") == "offer" and stays is not None:
        member = SubjectId(told.get("member", ""))
        handing_over.offer(owner=subject, account=account, member=member, stays=stays, now=now)
    else:
        raise UnreadableAnswer


@open_to(Audience.CUSTOMER)
@require_new_proof
@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: HttpRequest) -> HttpResponse:
    """Show what an offered account brings along, take it, or say no."""
    subject, now, error = customer_here(request), timezone.now(), ""
    account = account_in(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        try:
            return take_or_not(request, subject)
        except Conflict as refused:
            error = str(refused)
    offers = handing_over.list_offers_to(subject, now=now)
    offer = next((each for each in offers if account in {None, each.account}), None)
    mine = {each.account: each for each in list_memberships(subject)}
    own = mine.get(offer.account) if offer else None
    shown = {
        "offer": offer,
        "can_take": offer is not None and offer.takeable_at <= now,
        "own": own,
        "role": ROLES[own.role][0] if own else "",
        "error": error,
    }
    return render(request, "account/take_over.html", shown, status=409 if error else 200)


def take_or_not(request: HttpRequest, subject: SubjectId) -> HttpResponse:
    """Do what the pressed button says. Raises UnreadableAnswer, NoSuchOffer, Conflict …."""
    told, now = request.POST, timezone.now()
    account = number_in(told.get("account", ""))
    if told.get("act") == "take":
        handing_over.accept(subject=subject, account=account, now=now)
        return to_team(account)
    if told.get("act") != "decline":
        raise UnreadableAnswer
    handing_over.decline(subject=subject, account=account, now=now)
    return redirect("account_team")
