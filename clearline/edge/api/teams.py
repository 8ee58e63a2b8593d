"""Who may act in the person's account, and in whose accounts they may."""

from typing import Annotated, Final

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router, Status

from clearline.edge.api.bearer import AppToken, bearer_of, proved_bearer
from clearline.edge.api.described import ERRORS
from clearline.edge.api.shapes import (
    Invitation,
    Invite,
    Invited,
    JoinCode,
    Member,
    MemberName,
    Membership,
    Offer,
    OfferedAccount,
    OwnedAccount,
    Problem,
    RoleSet,
    Team,
)
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.queries import list_memberships, list_owned
from clearline.service.accounts.roles import MemberRole
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over

router: Final = Router(auth=AppToken())
NUMBER_MAX: Final = 2**63 - 1
Number = Annotated[int, Path(ge=1, le=NUMBER_MAX)]
# Named as on the pages of the site.
Which = Annotated[
    int | None,
    Query(
        ge=1,
        le=NUMBER_MAX,
        alias="account",
        description="Which of the person's own accounts; without it the one that was theirs first.",
    ),
]
MemberId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@router.get("/team", response={200: Team, ERRORS: Problem}, summary="Show the team")
def team(request: HttpRequest, which: Which = None) -> Team:
    """Show who may act in the account, who is invited, and in whose accounts the person may act.

    Of an account that is somebody else's there is only its number and the role.
    """
    return show(bearer_of(request).subject, which)


@router.post(
    "/team/invitations",
    response={201: Invited, ERRORS: Problem},
    summary="Invite somebody into the account",
)
def invite(request: HttpRequest, told: Invite, which: Which = None) -> Status[Invited]:
    """Make a code to pass on; it is told this once, and works once and for seven days.

    It asks for a proof of the last 15 minutes (`prove`).
    """
    made = teams.invite(
        owner=proved_bearer(request).subject,
        account=which,
        role=told.role,
        label=told.label,
        now=timezone.now(),
    )
    return Status(201, Invited(code=made.code, expires_at=made.expires_at))


@router.delete(
    "/team/invitations/{number}",
    response={200: Team, ERRORS: Problem},
    summary="Withdraw an invitation",
)
def withdraw(request: HttpRequest, number: Number, which: Which = None) -> Team:
    """Take an invitation back; its code opens nothing from then on.

    It asks for a proof of the last 15 minutes (`prove`).
    """
    owner = proved_bearer(request).subject
    teams.withdraw(owner=owner, account=which, number=number, now=timezone.now())
    return show(owner, which)


@router.put(
    "/team/members/{member}", response={200: Team, ERRORS: Problem}, summary="Set a member's role"
)
def set_role(request: HttpRequest, member: MemberId, told: RoleSet, which: Which = None) -> Team:
    """Set what a member may do; it asks for a proof of the last 15 minutes (`prove`)."""
    owner, whom, now = proved_bearer(request).subject, SubjectId(member), timezone.now()
    teams.set_role(owner=owner, account=which, member=whom, role=told.role, now=now)
    return show(owner, which)


@router.put(
    "/team/members/{member}/label",
    response={200: Team, ERRORS: Problem},
    summary="Say what the owner calls a member",
)
def call_member(
    request: HttpRequest, member: MemberId, told: MemberName, which: Which = None
) -> Team:
    """Set what the owner calls a member, as after an account was taken over.

    It asks for a proof of the last 15 minutes (`prove`).
    """
    owner, whom, now = proved_bearer(request).subject, SubjectId(member), timezone.now()
    account = teams.account_owned_by(owner, which)
    teams.call(owner=owner, account=account, member=whom, label=told.label, now=now)
    return show(owner, which)


@router.delete(
    "/team/members/{member}", response={200: Team, ERRORS: Problem}, summary="Remove a member"
)
def remove(request: HttpRequest, member: MemberId, which: Which = None) -> Team:
    """End what a member may do; it asks for a proof of the last 15 minutes (`prove`)."""
    owner, whom, now = proved_bearer(request).subject, SubjectId(member), timezone.now()
    teams.remove(owner=owner, account=which, member=whom, now=now)
    return show(owner, which)


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


def show(subject: SubjectId, which: int | None = None) -> Team:
    """Return the team of one of somebody's accounts, or of none where they own none.

    Raises NotTheOwner.
    """
    now, owned = timezone.now(), list_owned(subject)
    account = teams.account_owned_by(subject, which) if owned or which else None
    own = teams.show_team(owner=subject, account=account, now=now) if account else None
    offer = handing_over.find_offer(account, now=now) if account else None
    return Team(
        account=account,
        owned=[
            OwnedAccount(account=each.account, kind=each.kind, opened_at=each.opened_at)
            for each in owned
        ],
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
