"""Opening an account, signing in, and the keys of a sign-in."""

from typing import Annotated, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from clearline.edge.api.bearer import AppToken, bearer_of
from clearline.edge.api.described import ERRORS
from clearline.edge.api.editions import refuse_other
from clearline.edge.api.limits import network_of
from clearline.edge.api.shapes import (
    AppSignIn,
    AppSignIns,
    Ended,
    Policy,
    Problem,
    Renewal,
    SignIn,
    SignUp,
    Tokens,
)
from clearline.rights.agreement.asked import AGAIN, AGAIN_BUTTON, AGREE, BUTTON, agreed_to
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.actions import NewAccount
from clearline.trust.gate import queries as gate
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.tokens import actions as tokens
from clearline.trust.tokens import queries

router: Final = Router()
PAGE: Final = 20
Limit = Annotated[int, Field(ge=1, le=queries.LIST_MAX)]
Cursor = Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")]


@router.get("/policy", response={200: Policy, ERRORS: Problem}, summary="The policy in force")
def policy(request: HttpRequest) -> Policy:
    """Give what to show to somebody who opens an account. Raises NoEditionInForce."""
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
    """Open an account and sign in. Raises OtherEdition, TooYoung, FieldWrong, UserIdTaken …."""
    del request
    now = timezone.now()
    refuse_other(told.agreed_edition, now=now)
    opened = accounts.open_account(
        told=NewAccount(
            user_id=told.user_id,
            password=told.password,
            name=told.name,
            email=told.email,
            age=told.age_range,
            screen_name=told.screen_name,
        ),
        agreed=agreed_to(told.agreed_edition),
        now=now,
    )
    return Status(201, to_keys(tokens.begin(signed_in=opened.signed_in, now=now)))


@router.post("/sign-in", response={200: Tokens, ERRORS: Problem}, summary="Sign in")
def sign_in(request: HttpRequest, told: SignIn) -> Tokens:
    """Give keys for a user ID and a password. Raises SignInRefused, TooManyTries."""
    now = timezone.now()
    signed_in = safeguards.sign_in(
        kind=LoginKind.CUSTOMER,
        user_id=told.user_id,
        password=told.password,
        network=network_of(request),
        now=now,
    )
    return to_keys(tokens.begin(signed_in=signed_in, now=now))


@router.post("/renew", response={200: Tokens, ERRORS: Problem}, summary="Get the next keys")
def renew(request: HttpRequest, told: Renewal) -> Tokens:
    """Replace both keys. One that was used before ends its sign-in. Raises TokenEnded."""
    del request
    return to_keys(tokens.renew(refresh_token=told.refresh_token, now=timezone.now()))


@router.post(
    "/sign-out", response={200: Ended, ERRORS: Problem}, auth=AppToken(), summary="Sign out"
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
    summary="Where your app is signed in",
)
def sign_ins(
    request: HttpRequest,
    limit: Limit = PAGE,
    cursor: Cursor = "",
) -> AppSignIns:
    """List the sign-ins that go on, the newest first. Raises NoSuchSignIn."""
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
    "/sign-ins", response={200: Ended, ERRORS: Problem}, auth=AppToken(), summary="End them all"
)
def end_all(request: HttpRequest) -> Ended:
    """End all sign-ins of the person's apps, this one too."""
    return Ended(ended=tokens.end_all(subject=bearer_of(request).subject, now=timezone.now()))


@router.delete(
    "/sign-ins/{sign_in_id}",
    response={200: Ended, ERRORS: Problem},
    auth=AppToken(),
    summary="End one of them",
)
def end_one(request: HttpRequest, sign_in_id: str) -> Ended:
    """End one sign-in. Raises NoSuchSignIn."""
    subject = bearer_of(request).subject
    tokens.end_one(subject=subject, family=sign_in_id, now=timezone.now())
    return Ended(ended=1)


def to_keys(given: tokens.Tokens) -> Tokens:
    return Tokens(
        access_token=given.access,
        access_until=given.access_until,
        refresh_token=given.refresh,
        refresh_until=given.refresh_until,
        sign_in=given.family,
    )
