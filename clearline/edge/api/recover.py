"""Getting back in for those who forgot: who, the code or the link of the letter, a new password."""

from datetime import datetime
from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from clearline.edge.api.described import ERRORS
from clearline.edge.api.shapes import Problem, SecondStep, Tokens
from clearline.edge.api.sign_in import ask_for_second, to_keys
from clearline.edge.api.ways_in import (
    AfterVisit,
    CameBack,
    CodeOfLetter,
    Forgot,
    LetterAsked,
    LinkOfLetter,
    NewWayIn,
    WhoForgot,
)
from clearline.service.contacts import recovery, way_back
from clearline.service.contacts.recovery import WINDOW, Proved
from clearline.trust.safeguards import regaining
from clearline.trust.safeguards.actions import PasswordGiven
from clearline.trust.safeguards.origin import network_of
from clearline.trust.tokens import actions as tokens

router: Final = Router()


@router.post(
    "/recover", response={200: LetterAsked, ERRORS: Problem}, summary="Begin to get back in"
)
def recover(request: HttpRequest, told: WhoForgot) -> LetterAsked:
    """Take a user ID or an e-mail address; whoever it is, the answer is the same.

    If it is somebody's, a letter with eight digits and a link goes to their address of record
    within seconds. Show the person where to type the digits, and say no more than that a letter
    comes if this is theirs: nobody learns here who is a customer.
    """
    now = timezone.now()
    token = recovery.ask(typed=told.who, network=network_of(request), now=now)
    return LetterAsked(token=token, until=now.replace(microsecond=0) + WINDOW)


@router.post(
    "/recover/code",
    response={200: Forgot, ERRORS: Problem},
    summary="Go on by the code of the letter",
)
def recover_by_code(request: HttpRequest, told: CodeOfLetter) -> Forgot:
    """Trade the eight digits for the key of the last step; 15 minutes and three tries."""
    del request
    now = timezone.now()
    return to_forgot(recovery.prove(token=told.token, code=told.code, now=now), now)


@router.post(
    "/recover/link",
    response={200: Forgot, ERRORS: Problem},
    summary="Go on by the link of the letter",
)
def recover_by_link(request: HttpRequest, told: LinkOfLetter) -> Forgot:
    """Trade `link` in the address of the letter for the key of the last step; once, for a day.

    For the app that opens such links. Ask before you send this, so that opening it alone does
    nothing.
    """
    del request
    now = timezone.now()
    return to_forgot(recovery.follow(link=told.link, now=now), now)


def to_forgot(proved: Proved, now: datetime) -> Forgot:
    return Forgot(
        key=proved.key,
        until=now.replace(microsecond=0) + WINDOW,
        may_set_user_id=proved.forgot_user_id,
        asks_for_code=proved.asks_for_code,
        needs_code=proved.needs_code,
    )


@router.post(
    "/recover/password",
    response={200: Tokens, 202: SecondStep, ERRORS: Problem},
    summary="Get back in: set a new password",
)
def recover_password(request: HttpRequest, told: NewWayIn) -> Status[Tokens] | Status[SecondStep]:
    """Set the new password by the key, once, and sign in; every other sign-in and session ends.

    Who had typed an e-mail address (`may_set_user_id`) may choose a new user ID too: nobody can be
    told the old one. Who has an app gives its code or a recovery code (`needs_code`); who has
    passkeys and recovery codes may give one (`asks_for_code`), or none. 202 as of `sign-in`: who
    gave none and has a passkey is asked for it.
    """
    now = timezone.now()
    typed = recovery.NewWayIn(password=told.password, user_id=told.user_id, code=told.code)
    came = recovery.finish(key=told.key, typed=typed, now=now)
    if isinstance(came, PasswordGiven):
        return Status(202, ask_for_second(came, now))
    regaining.note_signed_in(came, now=now)
    return Status(200, to_keys(request, tokens.begin(signed_in=came, now=now)))


@router.post(
    "/way-back",
    response={200: CameBack, ERRORS: Problem},
    summary="Get back in after a visit: set a new password",
)
def come_back(request: HttpRequest, told: AfterVisit) -> CameBack:
    """Set a new password by the code of the letter that followed a visit to the desk; once.

    For who lost every way in. `code` stands in the letter and in the address that it leads to. A
    new user ID may be chosen too; nobody can be told the old one. Every second factor, sign-in and
    session ends, and the person signs in by `sign-in`.
    """
    del request
    typed = recovery.NewWayIn(password=told.password, user_id=told.user_id)
    way_back.finish(code=told.code, typed=typed, now=timezone.now())
    return CameBack(next="sign_in")
