"""Correcting the range of one's age, with what follows from it, and the name of a business."""

from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from clearline.edge.api.account import show, state_of
from clearline.edge.api.bearer import AppToken, actor_of, proved_bearer
from clearline.edge.api.described import ERRORS
from clearline.edge.api.shapes import (
    AccountState,
    AgeCorrected,
    BusinessName,
    Problem,
    Profile,
)
from clearline.edge.api.teams import Number
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.actions import AgreedTo
from clearline.service.accounts.age import AgeRange, SureNeeded
from clearline.service.accounts.age_correction import correct_age
from clearline.trust.gate import queries as gate

router: Final = Router(auth=AppToken())


@router.put(
    "/profile/age", response={200: AccountState, ERRORS: Problem}, summary="Correct the age range"
)
def age(request: HttpRequest, told: AgeCorrected) -> AccountState:
    """Correct in which range the person's age lies.

    From 13 to 15, what needs a yes is no from then on; who is older keeps each no until they choose
    anew. Under 13 the account closes for good, and only with `is_sure`. It asks for a proof of the
    last 15 minutes (`prove`).
    """
    subject, now = proved_bearer(request).subject, timezone.now()
    if told.age_range is AgeRange.UNDER_13 and not told.is_sure:
        raise SureNeeded
    words = f"{told.question} {told.answer}"
    edition = gate.policy_in_force(now).edition.date
    correct_age(
        by=actor_of(subject),
        subject=subject,
        age=told.age_range,
        shown=AgreedTo(edition, words),
        now=now,
    )
    return state_of(subject)


@router.put(
    "/profile/businesses/{account}",
    response={200: Profile, ERRORS: Problem},
    summary="Correct the name of a business",
)
def business(request: HttpRequest, account: Number, told: BusinessName) -> Profile:
    """Correct the name of a business whose account the person owns (`accounts` of the profile).

    It asks for a proof of the last 15 minutes (`prove`).
    """
    subject = proved_bearer(request).subject
    accounts.name_business(
        by=actor_of(subject),
        subject=subject,
        account=account,
        name=told.business_name,
        now=timezone.now(),
    )
    return show(subject)
