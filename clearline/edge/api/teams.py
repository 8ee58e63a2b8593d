"""Who may act in the person's account, and in whose accounts they may."""

from typing import Annotated, Final

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Router, Status

from clearline.edge.api.bearer import AppToken, bearer_of, proved_bearer
from clearline.edge.api.described import ERRORS
from clearline.edge.api.shapes import (
    Invitation,
    Invite,
    Invited,
    JoinCode,
    Member,
    Membership,
    Offer,
    OfferedAccount,
    Problem,
    RoleSet,
    Team,
)
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.queries import find_owned, list_memberships
from clearline.service.accounts.roles import MemberRole
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over

router: Final = Router(auth=AppToken())
NUMBER_MAX: Final = 2**63 - 1
Number = Annotated[int, Path(ge=1, le=NUMBER_MAX)]
MemberId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@router.get("/team", response={200: Team, ERRORS: Problem}, summary="Show the team")
def team(request: HttpRequest) -> Team:
    """Show who may act in the account, who is invited, and in whose accounts the person may act.

    Of an account that is somebody else's there is only its number and the role.
    """
    return show(bearer_of(request).subject)


@router.post(
    "/team/invitations",
    response={201: Invited, ERRORS: Problem},
    summary="Invite somebody into the account",
)
def invite(request: HttpRequest, told: Invite) -> Status[Invited]:
    """Make a code to pass on; it is told this once, and works once and for seven days.

    It asks for a proof of the last 15 minutes (`prove`).
    """
    made = teams.invite(
        owner=proved_bearer(request).subject, role=told.role, label=told.label, now=timezone.now()
    )
    return Status(201, Invited(code=made.code, expires_at=made.expires_at))


@router.delete(
    "/team/invitations/{number}",
    response={200: Team, ERRORS: Problem},
    summary="Withdraw an invitation",
)
def withdraw(request: HttpRequest, number: Number) -> Team:
    """Take an invitation back; its code opens nothing from then on.

    It asks for a proof of the last 15 minutes (`prove`).
    """
    owner = proved_bearer(request).subject
    teams.withdraw(owner=owner, number=number, now=timezone.now())
    return show(owner)


@router.put(
    "/team/members/{member}", response={200: Team, ERRORS: Problem}, summary="Set a member's role"
)
def set_role(request: HttpRequest, member: MemberId, told: RoleSet) -> Team:
    """Set what a member may do; it asks for a proof of the last 15 minutes (`prove`)."""
    owner = proved_bearer(request).subject
    teams.set_role(owner=owner, member=SubjectId(member), role=told.role, now=timezone.now())
    return show(owner)


@router.delete(
    "/team/members/{member}", response={200: Team, ERRORS: Problem}, summary="Remove a member"
)
def remove(request: HttpRequest, member: MemberId) -> Team:
    """End what a member may do; it asks for a proof of the last 15 minutes (`prove`)."""
    owner = proved_bearer(request).subject
    teams.remove(owner=owner, member=SubjectId(member), now=timezone.now())
    return show(owner)


@router.post(
    "/team/join", response={200: Team, ERRORS: Problem}, summary="Join an account by a code"
)
def join(request: HttpRequest, told: JoinCode) -> Team:
    """Join somebody's account by the code that its owner passed on; both are told by letter.

    It asks for a proof of the last 15 minutes (`prove`).
    """
    subject = proved_bearer(request).subject
    teams.accept(subject=subject, code=told.code, now=timezone.now())
    return show(subject)


@router.delete(
    "/team/memberships/{account}", response={200: Team, ERRORS: Problem}, summary="Leave an account"
)
def leave(request: HttpRequest, account: Number) -> Team:
    """End what the person may do in somebody else's account.

    It asks for a proof of the last 15 minutes (`prove`).
    """
    subject = proved_bearer(request).subject
    teams.leave(subject=subject, account=account, now=timezone.now())
    return show(subject)


def show(subject: SubjectId) -> Team:
    now = timezone.now()
    owned = find_owned(subject)
    own = teams.show_team(owner=subject, now=now) if owned is not None else None
    offer = handing_over.find_offer(owned, now=now) if owned is not None else None
    return Team(
        members=[
            Member(id=each.subject, role=each.role, since=each.since, label=each.label)
            for each in (own.members if own else ())
        ],
        invitations=[
            Invitation(
                number=each.number, role=each.role, expires_at=each.expires_at, label=each.label
            )
            for each in (own.invitations if own else ())
        ],
        memberships=[
            Membership(account=each.account, role=each.role, since=each.since)
            for each in list_memberships(subject)
            if each.role is not MemberRole.OWNER
        ],
        offer=Offer(
            member=offer.member,
            stays=offer.stays,
            takeable_at=offer.takeable_at,
            expires_at=offer.expires_at,
        )
        if offer
        else None,
        offered=[
            OfferedAccount(
                account=each.account,
                stays=each.stays,
                takeable_at=each.takeable_at,
                expires_at=each.expires_at,
            )
            for each in handing_over.list_offers_to(subject, now=now)
        ],
    )
