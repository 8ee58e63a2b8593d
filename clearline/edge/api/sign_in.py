"""Opening an account, signing in, and the keys of a sign-in."""

import json
from datetime import datetime
from typing import Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Status

from clearline.edge.api.bearer import AppToken, bearer_of
from clearline.edge.api.choices import keep_signal
from clearline.edge.api.described import ERRORS
from clearline.edge.api.editions import refuse_other
from clearline.edge.api.paging import Cursor, Limit
from clearline.edge.api.prove import ways_of
from clearline.edge.api.shapes import (
    AppSignIn,
    AppSignIns,
    Ended,
    Policy,
    Problem,
    Renewal,
    SecondFactor,
    SecondStep,
    SignIn,
    SignUp,
    Tokens,
)
from clearline.kit.errors import Denied
from clearline.rights.agreement.asked import AGAIN, AGAIN_BUTTON, AGREE, BUTTON, agreed_to
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.actions import NewAccount
from clearline.trust.factors import actions as factors
from clearline.trust.factors.proof import Code, PasskeyAnswer, Proof
from clearline.trust.factors.queries import factors_of
from clearline.trust.gate import queries as gate
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.actions import PasswordGiven
from clearline.trust.safeguards.origin import network_of
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.sessions import (
    Awaited,
    begin_awaiting,
    end_awaiting,
    take_try,
)
from clearline.trust.safeguards.signed_in import HALF_SPAN
from clearline.trust.tokens import actions as tokens
from clearline.trust.tokens import queries

router: Final = Router()
PAGE: Final = 20


class SecondStepEnded(Denied):
    """The same words whether the second step never began, is over, or was done."""

    code = "second_step_ended"

    def __init__(self) -> None:
        super().__init__("That took too long or too many tries. Sign in again from the start.")


@router.get(
    "/policy", response={200: Policy, ERRORS: Problem}, summary="Get the privacy policy in force"
)
def policy(request: HttpRequest) -> Policy:
    """Get which edition is in force, where it stands, and the words to show beside the box.

    Ask it before `sign-up`, and before somebody agrees to a later edition (`POST agreement`).

    Raises NoEditionInForce.
    """
    del request
    day = gate.policy_in_force(timezone.now()).edition.date
    return Policy(
        edition=day,
        url=reverse("edition", args=[day]),
        agree=str(AGREE),
        button=str(BUTTON),
        agree_again=str(AGAIN),
        again_button=str(AGAIN_BUTTON),
    )


@router.post("/sign-up", response={201: Tokens, ERRORS: Problem}, summary="Open an account")
def sign_up(request: HttpRequest, told: SignUp) -> Status[Tokens]:
    """Open an account for who agrees to the policy (`GET policy`), and sign them in.

    Raises OtherEdition, TooYoung, FieldWrong, UserIdTaken ….
    """
    now = timezone.now()
    refuse_other(told.agreed_edition, now=now)
    opened = accounts.open_account(
        told=NewAccount(
            user_id=told.user_id,
            password=told.password,
            name=told.name,
            email=told.email,
            age=told.age_range,
            screen_name="" if told.business_name is not None else told.screen_name,
            business_name=told.business_name,
        ),
        agreed=agreed_to(told.agreed_edition),
        now=now,
        network=network_of(request),
    )
    return Status(201, to_keys(request, tokens.begin(signed_in=opened.signed_in, now=now)))


@router.post(
    "/sign-in",
    response={200: Tokens, 202: SecondStep, ERRORS: Problem},
    summary="Sign in by user ID and password",
)
def sign_in(request: HttpRequest, told: SignIn) -> Status[Tokens] | Status[SecondStep]:
    """Get the two keys; 202 without them where a second factor is to be given to `sign-in/second`.

    Raises SignInRefused, TooManyTries.
    """
    now = timezone.now()
    signed_in = safeguards.sign_in(
        kind=LoginKind.CUSTOMER,
        user_id=told.user_id,
        password=told.password,
        network=network_of(request),
        now=now,
    )
    if isinstance(signed_in, PasswordGiven):
        return Status(202, ask_for_second(signed_in, now))
    return Status(200, to_keys(request, tokens.begin(signed_in=signed_in, now=now)))


def ask_for_second(given: PasswordGiven, now: datetime) -> SecondStep:
    """Open a session of five minutes and five tries in which the second factor is awaited."""
    key, challenge = begin_awaiting(LoginKind.CUSTOMER, given, now=now)
    options = factors.ask_for_passkey(
        kind=LoginKind.CUSTOMER, public_id=given.public_id, challenge=challenge, now=now
    )
    return SecondStep(
        second_step=key,
        until=now.replace(microsecond=0) + HALF_SPAN,
        by=list(ways_of(factors_of(given.public_id))),
        passkey=json.loads(options) if options else None,
    )


@router.post(
    "/sign-in/second",
    response={200: Tokens, ERRORS: Problem},
    summary="Finish signing in by a second factor",
)
def second(request: HttpRequest, told: SecondFactor) -> Tokens:
    """Get the two keys for a second factor, within five minutes of the password and five tries.

    Raises SecondStepEnded, FactorRefused, TooManyTries.
    """
    now = timezone.now()
    awaited = take_try(told.second_step, LoginKind.CUSTOMER, now=now)
    if awaited is None:
        raise SecondStepEnded
    signed_in = factors.finish_sign_in(
        kind=LoginKind.CUSTOMER,
        given=awaited.given,
        proof=proof_in(told, awaited),
        network=network_of(request),
        now=now,
    )
    end_awaiting(told.second_step)
    return to_keys(request, tokens.begin(signed_in=signed_in, now=now))


def proof_in(told: SecondFactor, awaited: Awaited) -> Proof:
    """Return what an app gives to prove whose it is."""
    if told.passkey is None:
        return Code(told.code)
    return PasskeyAnswer(json.dumps(told.passkey), awaited.challenge)


@router.post("/renew", response={200: Tokens, ERRORS: Problem}, summary="Renew the keys")
def renew(request: HttpRequest, told: Renewal) -> Tokens:
    """Get the next two keys for the refresh token, which works once; one used twice ends it all.

    Ask it when a key answers 401. Raises TokenEnded.
    """
    return to_keys(request, tokens.renew(refresh_token=told.refresh_token, now=timezone.now()))


@router.post(
    "/sign-out",
    response={200: Ended, ERRORS: Problem},
    auth=AppToken(),
    summary="Sign this app out",
)
def sign_out(request: HttpRequest) -> Ended:
    """End this sign-in."""
    bearer = bearer_of(request)
    tokens.end_one(subject=bearer.subject, family=bearer.family, now=timezone.now())
    return Ended(ended=1)


@router.get(
    "/sign-ins",
    response={200: AppSignIns, ERRORS: Problem},
    auth=AppToken(),
    summary="List where the person's apps are signed in",
)
def sign_ins(
    request: HttpRequest,
    limit: Limit = PAGE,
    cursor: Cursor = "",
) -> AppSignIns:
    """List the sign-ins of apps that go on, the newest first; `sessions` lists browsers.

    Raises NoSuchSignIn.
    """
    bearer = bearer_of(request)
    found = queries.list_sign_ins(
        bearer.subject, now=timezone.now(), limit=limit + 1, before=cursor
    )
    shown = found[:limit]
    return AppSignIns(
        items=[
            AppSignIn(
                id=each.id,
                began_at=each.began_at,
                renewed_at=each.renewed_at,
                is_this=each.id == bearer.family,
            )
            for each in shown
        ],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.delete(
    "/sign-ins",
    response={200: Ended, ERRORS: Problem},
    auth=AppToken(),
    summary="Sign out all apps, this one too",
)
def end_all(request: HttpRequest) -> Ended:
    """End all sign-ins of the person's apps, this one too."""
    return Ended(ended=tokens.end_all(subject=bearer_of(request).subject, now=timezone.now()))


@router.delete(
    "/sign-ins/{sign_in_id}",
    response={200: Ended, ERRORS: Problem},
    auth=AppToken(),
    summary="Sign one app out",
)
def end_one(request: HttpRequest, sign_in_id: str) -> Ended:
    """End one sign-in. Raises NoSuchSignIn."""
    subject = bearer_of(request).subject
    tokens.end_one(subject=subject, family=sign_in_id, now=timezone.now())
    return Ended(ended=1)


def to_keys(request: HttpRequest, given: tokens.Tokens) -> Tokens:
    """Return the keys as the app gets them; a signal that came with the request is kept."""
    keep_signal(request, given.subject)
    return Tokens(
        access_token=given.access,
        access_until=given.access_until,
        refresh_token=given.refresh,
        refresh_until=given.refresh_until,
        sign_in=given.family,
    )
