"""A customer of before comes in by the link of their invitation, chooses how to sign in, agrees."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Status

from clearline.edge.api.described import ERRORS
from clearline.edge.api.editions import refuse_other
from clearline.edge.api.shapes import Problem, Tokens
from clearline.edge.api.sign_in import to_keys
from clearline.edge.api.ways_in import (
    InvitationAsked,
    InvitationSent,
    InvitationTaken,
    InvitationToken,
    InvitedAge,
)
from clearline.kit.errors import Unavailable
from clearline.rights.agreement.asked import agreed_to
from clearline.service.accounts import inviting
from clearline.service.accounts.actions import AgreedTo
from clearline.service.accounts.age import ClosedForAge
from clearline.service.accounts.inviting import NewWayIn
from clearline.service.accounts.words import FieldWrong
from clearline.service.mail.actions import NoMailServer
from clearline.trust.gate import queries as gate
from clearline.trust.safeguards.origin import network_of
from clearline.trust.tokens import actions as tokens

router: Final = Router()


class NoLettersNow(Unavailable):
    """The provider has named no mail server; what to do about it is for its operators alone."""

    code = "no_letters_now"

    def __init__(self) -> None:
        super().__init__("We can send no letters at the moment. Call us, please.")


@router.post(
    "/invited/ask",
    response={200: InvitationAsked, ERRORS: Problem},
    summary="Begin to come in by an invitation",
)
def ask_invited(request: HttpRequest, told: InvitationToken) -> InvitationAsked:
    """Say whether somebody who was invited is still to be asked for their age range.

    `token` is the last part of the address in the letter. Whose invitation it is, nobody is told.
    """
    del request
    asked = inviting.look_at(told.token, now=timezone.now())
    return InvitationAsked(asks_age_range=asked.asks_age)


@router.post(
    "/invited", response={201: Tokens, ERRORS: Problem}, summary="Come in by an invitation"
)
def take_invitation(request: HttpRequest, told: InvitationTaken) -> Status[Tokens]:
    """Choose a user ID and a password, agree to the policy, and be signed in; the token works once.

    Show the words of `GET policy` first, as for `sign-up`. Who is under 13 keeps no account: with
    `is_sure` it closes for good, and the token works no longer until `invited/age` corrects it.
    """
    now = timezone.now()
    refuse_other(told.agreed_edition, now=now)
    way_in = NewWayIn(user_id=told.user_id, password=told.password, age=told.age_range)
    agreed = agreed_to(told.agreed_edition)
    if told.is_sure and inviting.is_of_child(told.token, way_in.age, now=now):
        shown = AgreedTo(told.agreed_edition, "")  # how the app asked, it does not tell
        inviting.close_child(token=told.token, shown=shown, now=now)
        raise ClosedForAge
    try:
        opened = inviting.accept(
            token=told.token, told=way_in, agreed=agreed, now=now, network=network_of(request)
        )
    except FieldWrong as wrong:  # it calls the age otherwise than an app does
        raise FieldWrong(str(wrong), field="age_range") from None
    return Status(201, to_keys(request, tokens.begin(signed_in=opened.signed_in, now=now)))


@router.post(
    "/invited/age",
    response={200: InvitationAsked, ERRORS: Problem},
    summary="Correct an age under 13 that was said at an invitation",
)
def correct_invited_age(request: HttpRequest, told: InvitedAge) -> InvitationAsked:
    """Correct the range of who said by `invited`, by mistake, that they are under 13.

    Until all is erased, thirty days later, this opens the account again, and the token works as
    before. Where that is more than thirty days old, `invited/anew` sends a new one.
    """
    del request
    now = timezone.now()
    edition = gate.policy_in_force(now).edition.date
    shown = AgreedTo(edition, f"{told.question} {told.answer}")
    inviting.correct_child(token=told.token, age=told.age_range, shown=shown, now=now)
    return InvitationAsked(asks_age_range=False)


@router.post(
    "/invited/anew",
    response={200: InvitationSent, ERRORS: Problem},
    summary="Have a new invitation sent",
)
def invite_anew(request: HttpRequest, told: InvitationToken) -> InvitationSent:
    """Have a new link sent to whom one that works no longer was for; at most one in a day.

    The answer is the same whatever the token was.
    """
    del request
    page = settings.ENV.url + reverse("account_invited", args=["_"]).removesuffix("_/")
    try:
        inviting.send_anew(token=told.token, page=page, now=timezone.now())
    except NoMailServer:
        raise NoLettersNow from None
    return InvitationSent(is_asked=True)
