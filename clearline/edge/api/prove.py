"""Proving again who one is, before what may not be done by whoever holds the device."""

import json
from datetime import datetime
from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from clearline.edge.api.bearer import AppToken, bearer_of
from clearline.edge.api.described import ERRORS
from clearline.edge.api.shapes import Problem
from clearline.edge.api.ways_in import ProofGiven, Proved, WaysToProve
from clearline.trust.factors import actions as factors
from clearline.trust.factors.proof import Code, FactorKind, PasskeyAnswer, Password, Proof
from clearline.trust.factors.queries import Factors, factors_of
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.signed_in import STEPPED_UP_SPAN
from clearline.trust.tokens import actions as tokens
from clearline.trust.tokens.queries import Bearer

router: Final = Router(auth=AppToken())


@router.post(
    "/prove/ways",
    response={200: WaysToProve, ERRORS: Problem},
    summary="Begin to prove again who one is",
)
def ways_to_prove(request: HttpRequest) -> WaysToProve:
    """Say by what the person can prove who they are, with what their passkey must sign.

    It is good for five minutes and for one `prove`; ask again for another try.
    """
    bearer, now = bearer_of(request), timezone.now()
    has = factors_of(bearer.subject)
    options = ""
    if has.passkeys:
        options = factors.ask_for_passkey(
            kind=LoginKind.CUSTOMER,
            public_id=bearer.subject,
            challenge=tokens.new_challenge(family=bearer.family, now=now),
            now=now,
        )
    return WaysToProve(by=list(ways_of(has)), passkey=json.loads(options) if options else None)


def ways_of(has: Factors) -> tuple[FactorKind, ...]:
    """Return what somebody can prove by; the password where there is nothing else."""
    ways = (
        (FactorKind.PASSKEY, has.passkeys > 0),
        (FactorKind.APP, has.has_app),
        (FactorKind.RECOVERY_CODE, has.codes_left > 0),
    )
    found = tuple(way for way, is_there in ways if is_there)
    return found or (FactorKind.PASSWORD,)


@router.post("/prove", response={200: Proved, ERRORS: Problem}, summary="Prove again who one is")
def prove(request: HttpRequest, told: ProofGiven) -> Proved:
    """Prove it again; for 15 minutes this sign-in may do what asks for it (`prove_again`).

    Signing in counts as one, but not to hand an account over. What needs it: another e-mail
    address or user ID, the age range, second factors and recovery codes, opening what is held or
    taking it along, who acts in the account, handing it over and closing it.
    """
    bearer, now = bearer_of(request), timezone.now()
    by = factors.prove_again(
        kind=LoginKind.CUSTOMER,
        public_id=bearer.subject,
        proof=proof_in(told, bearer, now),
        now=now,
    )
    tokens.note_proved(family=bearer.family, now=now)
    return Proved(by=by, until=now.replace(microsecond=0) + STEPPED_UP_SPAN)


def proof_in(told: ProofGiven, bearer: Bearer, now: datetime) -> Proof:
    """Return what an app gives to prove whose it is; the challenge is used up by it."""
    if told.passkey is not None:
        challenge = tokens.take_challenge(family=bearer.family, now=now)
        return PasskeyAnswer(json.dumps(told.passkey), challenge)
    return Password(told.password) if told.password else Code(told.code)
