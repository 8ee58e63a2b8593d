"""What one signs in by beside the password: passkeys, an app that shows codes, recovery codes."""

import json
from typing import Annotated, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Router, Status

from clearline.edge.api.bearer import AppToken, bearer_of, proved_bearer
from clearline.edge.api.described import ERRORS
from clearline.edge.api.shapes import Problem
from clearline.edge.api.ways_in import (
    CodeAppAsked,
    Factors,
    NewCodeApp,
    NewPasskey,
    PasskeyAsked,
    PasskeyShown,
    RecoveryCodes,
)
from clearline.kit.errors import Conflict
from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts import factor_wait
from clearline.trust.factors import actions
from clearline.trust.factors.codes import address_of, new_secret
from clearline.trust.factors.proof import PasskeyAnswer
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.tokens import actions as tokens
from clearline.trust.tokens.queries import Bearer

router: Final = Router(auth=AppToken())
STEP: Final = "api.code_app"  # what its signature is for
STEP_S: Final = 600
CUSTOMER: Final = LoginKind.CUSTOMER
NUMBER_MAX: Final = 2**63 - 1
PasskeyNumber = Annotated[int, Path(ge=1, le=NUMBER_MAX)]


class SecretOver(Conflict):
    code = "secret_over"

    def __init__(self) -> None:
        super().__init__(
            "This secret was not given to this sign-in, or more than ten minutes ago. Ask for a "
            "new one and put that into the app."
        )


@router.get("/factors", response={200: Factors, ERRORS: Problem}, summary="List second factors")
def factors(request: HttpRequest) -> Factors:
    """Show what the person signs in by beside the password."""
    return show(bearer_of(request).subject)


@router.post(
    "/factors/new-passkey",
    response={200: PasskeyAsked, ERRORS: Problem},
    summary="Begin to add a passkey",
)
def ask_for_passkey(request: HttpRequest) -> PasskeyAsked:
    """Get what the device is asked to make a passkey; good for five minutes and one answer.

    It asks for a proof of the last 15 minutes (`prove`).
    """
    bearer, now = proved_bearer(request), timezone.now()
    options = actions.ask_for_new_passkey(
        kind=CUSTOMER,
        public_id=bearer.subject,
        challenge=tokens.new_challenge(family=bearer.family, now=now),
        now=now,
    )
    return PasskeyAsked(passkey=json.loads(options))


@router.post(
    "/factors/passkeys",
    response={201: Factors, ERRORS: Problem},
    summary="Add the passkey that the device made",
)
def add_passkey(request: HttpRequest, told: NewPasskey) -> Status[Factors]:
    """Keep the passkey that the device made; from then on signing in asks for it.

    Offer recovery codes next where `codes_left` is 0. It asks for a proof of the last 15 minutes.
    """
    bearer, now = proved_bearer(request), timezone.now()
    challenge = tokens.take_challenge(family=bearer.family, now=now)
    actions.add_passkey(
        kind=CUSTOMER,
        public_id=bearer.subject,
        answer=PasskeyAnswer(json.dumps(told.passkey), challenge),
        name=told.name,
        now=now,
    )
    return Status(201, show(bearer.subject))


@router.delete(
    "/factors/passkeys/{passkey}",
    response={200: Factors, ERRORS: Problem},
    summary="Take a passkey away",
)
def remove_passkey(request: HttpRequest, passkey: PasskeyNumber) -> Factors:
    """Forget one passkey by its `number`; it asks for a proof of the last 15 minutes."""
    subject = proved_bearer(request).subject
    actions.remove_passkey(kind=CUSTOMER, public_id=subject, number=passkey, now=timezone.now())
    return show(subject)


@router.post(
    "/factors/new-app",
    response={200: CodeAppAsked, ERRORS: Problem},
    summary="Begin to add an app that shows codes",
)
def ask_for_app(request: HttpRequest) -> CodeAppAsked:
    """Get a new secret for an app that shows codes (RFC 6238); nothing is kept yet.

    It asks for a proof of the last 15 minutes.
    """
    bearer, secret = proved_bearer(request), new_secret()
    brand = settings.ENV.provider.brand_name
    return CodeAppAsked(
        secret=secret,
        address=address_of(secret, issuer=brand, name=brand),
        step=signing.dumps([bearer.family, secret], salt=STEP),
    )


@router.post(
    "/factors/app", response={201: Factors, ERRORS: Problem}, summary="Add the app that shows codes"
)
def add_app(request: HttpRequest, told: NewCodeApp) -> Status[Factors]:
    """Keep the secret, once a code shows that the app has it; from then on signing in asks for one.

    Offer recovery codes next where `codes_left` is 0. It asks for a proof of the last 15 minutes.
    """
    bearer = proved_bearer(request)
    actions.add_app(
        kind=CUSTOMER,
        public_id=bearer.subject,
        secret=secret_in(told.step, bearer),
        code=told.code,
        now=timezone.now(),
    )
    return Status(201, show(bearer.subject))


def secret_in(step: str, bearer: Bearer) -> str:
    """Return the secret that this sign-in was given. Raises SecretOver."""
    try:
        family, secret = signing.loads(step, salt=STEP, max_age=STEP_S)
    except signing.BadSignature:
        raise SecretOver from None
    if family != bearer.family:
        raise SecretOver
    return str(secret)


@router.delete(
    "/factors/app",
    response={200: Factors, ERRORS: Problem},
    summary="Take the app that shows codes away",
)
def remove_app(request: HttpRequest) -> Factors:
    """Forget the app that shows codes; it asks for a proof of the last 15 minutes."""
    subject = proved_bearer(request).subject
    actions.remove_app(kind=CUSTOMER, public_id=subject, now=timezone.now())
    return show(subject)


@router.post(
    "/factors/recovery-codes",
    response={200: RecoveryCodes, ERRORS: Problem},
    summary="Make ten recovery codes",
)
def make_codes(request: HttpRequest) -> RecoveryCodes:
    """Make ten new codes, each for one use; those made before prove nothing any more.

    It asks for a proof of the last 15 minutes.
    """
    subject = proved_bearer(request).subject
    codes = actions.make_recovery_codes(kind=CUSTOMER, public_id=subject, now=timezone.now())
    return RecoveryCodes(codes=list(codes))


@router.post(
    "/factors/keep", response={200: Factors, ERRORS: Problem}, summary="Keep second factors"
)
def keep_factors(request: HttpRequest) -> Factors:
    """Say that second factors which are about to go (`go_at`) are the person's own: they stay."""
    subject = bearer_of(request).subject
    factor_wait.keep(subject=subject, now=timezone.now())
    return show(subject)


def show(subject: SubjectId) -> Factors:
    now = timezone.now()
    held = actions.show_factors(kind=CUSTOMER, public_id=subject, now=now)
    return Factors(
        app_added_at=held.app_added_at,
        passkeys=[
            PasskeyShown(
                number=each.number, name=each.name, added_at=each.added_at, used_at=each.used_at
            )
            for each in held.passkeys
        ],
        codes_left=held.codes_left,
        go_at=factor_wait.find_end(subject, now=now),
    )
