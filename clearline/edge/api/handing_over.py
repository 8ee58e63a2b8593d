"""Handing the person's account over to one of its members, and taking one that is offered."""

from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from clearline.edge.api.bearer import AppToken, newly_proved_bearer, proved_bearer
from clearline.edge.api.described import ERRORS
from clearline.edge.api.shapes import NewOffer, Problem, Team
from clearline.edge.api.teams import Number, Which, show
from clearline.policy.vocabulary import SubjectId
from clearline.service.teams import handing_over
from clearline.service.teams.actions import account_owned_by

router: Final = Router(auth=AppToken())


@router.post(
    "/team/offers", response={201: Team, ERRORS: Problem}, summary="Offer the account to a member"
)
def offer(request: HttpRequest, told: NewOffer, which: Which = None) -> Status[Team]:
    """Offer the account to one who has acted in it for three days.

    The owner is told at once at their address of record, which they must have confirmed
    (`no_letter_goes`), and nothing changes before it is taken: from the fourth day to the seventh
    (`offer` of `GET team`). It asks for a proof of the last 15 minutes (`prove`), for which signing
    in does not count.
    """
    owner, now = newly_proved_bearer(request).subject, timezone.now()
    handing_over.offer(
        owner=owner,
        account=account_owned_by(owner, which),
        member=SubjectId(told.member),
        stays=told.stays,
        now=now,
    )
    return Status(201, show(owner, which))


@router.delete(
    "/team/offers", response={200: Team, ERRORS: Problem}, summary="Take the offer of it back"
)
def take_offer_back(request: HttpRequest, which: Which = None) -> Team:
    """Take the offer back; it asks for a proof of the last 15 minutes (`prove`)."""
    owner, now = proved_bearer(request).subject, timezone.now()
    handing_over.take_back(owner=owner, account=account_owned_by(owner, which), now=now)
    return show(owner, which)


@router.post(
    "/team/offers/{account}",
    response={200: Team, ERRORS: Problem},
    summary="Take an account that is offered",
)
def take_over(request: HttpRequest, account: Number) -> Team:
    """Own the account from now on, with its number and lines; both are told at once.

    It can be taken from three days after it was offered. What its owner called the others is
    erased, and invitations work no more. It asks for a proof of the last 15 minutes (`prove`), for
    which signing in does not count.
    """
    subject, now = newly_proved_bearer(request).subject, timezone.now()
    handing_over.accept(subject=subject, account=account, now=now)
    return show(subject, account)


@router.delete(
    "/team/offers/{account}",
    response={200: Team, ERRORS: Problem},
    summary="Say no to an account that is offered",
)
def decline(request: HttpRequest, account: Number) -> Team:
    """Say no to the offer; it asks for a proof of the last 15 minutes (`prove`)."""
    subject, now = proved_bearer(request).subject, timezone.now()
    handing_over.decline(subject=subject, account=account, now=now)
    return show(subject)
