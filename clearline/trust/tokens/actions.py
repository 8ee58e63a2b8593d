"""Giving the app its keys, replacing them at each use, and taking them back."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from clearline.kit.errors import Denied
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.compile import CompiledPolicy
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, ClauseId, Purpose, SubjectId, SubjectKind
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.logins import AppSignedOut
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards.actions import NewPassword, SignedIn
from clearline.trust.tokens.kinds import (
    ACCESS_WINDOW,
    CHALLENGE_WINDOW,
    IDLE_WINDOW,
    WHOLE_WINDOW,
    EndedBy,
    TokenKind,
)
from clearline.trust.tokens.models import Family, Token
from clearline.trust.tokens.queries import (
    TOKEN_CHARACTERS_MAX,
    NoSuchSignIn,
    going_on,
    token_index,
)

TOKEN_CLAUSE: Final = ClauseId("account.app")
TOKEN_BYTES: Final = 32
CHALLENGE_BYTES: Final = 32
KEEP_TOKEN: Final = Use(
    by=Actor(ActorKind.JOB, "sign_in"),
    subject=SubjectId("customer"),  # which one, its key says
    # Both, so that no clause answers that speaks of the number of a device, as a passkey has one.
    categories=frozenset({Category.AUTHORIZATION_CREDENTIALS, Category.UNIQUE_ID_PSEUDONYMOUS}),
    purpose=Purpose.ESSENTIAL_SERVICE_AUTHENTICATION,
    about=SubjectKind.CUSTOMER,
)


class TokenEnded(Denied):
    """The same words whether a key never was, is over, or was used before."""

    code = "token_ended"

    def __init__(self) -> None:
        super().__init__("This sign-in is over. Sign in again.")


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """Two new keys, which stand nowhere else, whose they are, and until when each opens."""

    subject: SubjectId
    family: str
    access: str
    access_until: datetime
    refresh: str
    refresh_until: datetime


def begin(*, signed_in: SignedIn, now: datetime) -> Tokens:
    """Give the app of who has just signed in its first two keys.

    That they signed in is noted by what signed them in. Raises gate.UseDenied, NoEditionInForce.
    Source: clause account.app.
    """
    gate.ask(use=KEEP_TOKEN, choices=NOTHING_CHOSEN, now=now)

    with transaction.atomic():
        family = Family.objects.create(
            login=signed_in.public_id,
            password_mark=signed_in.password_mark,
            began_at=now,
            renewed_at=now,
        )
        return add_tokens(family, now)


def renew(*, refresh_token: str, now: datetime) -> Tokens:
    """Replace both keys of a sign-in by new ones; the old ones open nothing from then on.

    One that was used before has been copied by somebody: its whole sign-in ends, and that is noted.
    Raises TokenEnded, gate.UseDenied, NoEditionInForce. Source: RFC 9700, 4.14.2.
    """
    gate.ask(use=KEEP_TOKEN, choices=NOTHING_CHOSEN, now=now)
    permit = safeguards.ask_to_note_customer(now)
    index = token_index(TokenKind.RENEW, refresh_token[:TOKEN_CHARACTERS_MAX])

    with transaction.atomic():
        family = find_family(index, now)
        if family is None or is_over(family, now):
            raise TokenEnded
        # Whoever comes second waited above for the first one, and finds the key used.
        fresh = Token.objects.filter(token_index=index, used_at__isnull=True)
        if fresh.update(used_at=now):
            family.tokens.filter(kind=TokenKind.ACCESS).delete()
            family.renewed_at = now
            family.save(update_fields=["renewed_at"])
            return add_tokens(family, now)
        end(family, EndedBy.USED_TWICE, permit, now)
    raise TokenEnded


def find_family(index: bytes, now: datetime) -> Family | None:
    """Return the sign-in of a key, locked; None when there is none or it is over."""
    rows = Family.objects.select_for_update().filter(ended_at__isnull=True)
    return rows.filter(tokens__token_index=index, began_at__gt=now - WHOLE_WINDOW).first()


def is_over(family: Family, now: datetime) -> bool:
    """Say whether nobody used a sign-in for long, or its login has another password or is gone."""
    is_idle = now - family.renewed_at >= IDLE_WINDOW
    return is_idle or (
        logins.find_signed_in_customer(SubjectId(family.login), family.password_mark) is None
    )


def add_tokens(family: Family, now: datetime) -> Tokens:
    access, refresh = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    last = family.began_at + WHOLE_WINDOW
    access_until, refresh_until = min(now + ACCESS_WINDOW, last), min(now + IDLE_WINDOW, last)
    kinds = (
        (TokenKind.ACCESS, access, access_until),
        (TokenKind.RENEW, refresh, refresh_until),
    )
    Token.objects.bulk_create(
        Token(family=family, kind=kind, token_index=token_index(kind, token), expires_at=until)
        for kind, token, until in kinds
    )
    return Tokens(
        SubjectId(family.login), family.public_id, access, access_until, refresh, refresh_until
    )


def end_one(*, subject: SubjectId, family: str, now: datetime) -> None:
    """End one sign-in of the app. Raises NoSuchSignIn, gate.UseDenied, NoEditionInForce."""
    permit = safeguards.ask_to_note_customer(now)

    with transaction.atomic():
        row = going_on(subject, now).select_for_update().filter(public_id=family).first()
        if row is None:
            raise NoSuchSignIn
        end(row, EndedBy.PERSON, permit, now)


def end_all(*, subject: SubjectId, now: datetime, but: str = "") -> int:
    """End all sign-ins of somebody's apps, `but` one if it names one, and return how many ended.

    Raises gate.UseDenied, NoEditionInForce.
    """
    permit = safeguards.ask_to_note_customer(now)

    with transaction.atomic():
        rows = going_on(subject, now).select_for_update().exclude(public_id=but)
        for row in rows:
            end(row, EndedBy.PERSON, permit, now)
    return len(rows)


def set_password(*, family: str, made: NewPassword, now: datetime) -> None:
    """Write a new password by a sign-in that goes on, in the caller's transaction.

    Raises SignInRefused.
    """
    signed_in = safeguards.set_password(made, now)
    rows = Family.objects.filter(public_id=family, login=signed_in.public_id)
    rows.update(password_mark=signed_in.password_mark)


def new_challenge(*, family: str, now: datetime) -> bytes:
    """Return what a passkey must sign next for this sign-in, once, within five minutes."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    rows = Family.objects.filter(public_id=family)
    rows.update(challenge=challenge, challenge_at=now)
    return challenge


def take_challenge(*, family: str, now: datetime) -> bytes | None:
    """Return the challenge given last and forget it; None when there is none or it is too old.

    Of many at once one gets it.
    """
    fresh = Family.objects.filter(
        public_id=family, challenge_at__gt=now - CHALLENGE_WINDOW, challenge_at__lte=now
    )
    challenge = fresh.values_list("challenge", flat=True).first()
    if challenge is None:
        return None
    is_first = fresh.filter(challenge=challenge).update(challenge=None)
    return bytes(challenge) if is_first else None


def note_proved(*, family: str, now: datetime) -> None:
    """Remember that whose sign-in it is has just proved again who they are."""
    Family.objects.filter(public_id=family).update(proved_at=now)


def end(family: Family, why: EndedBy, permit: Permit, now: datetime) -> None:
    family.ended_at = now
    family.save(update_fields=["ended_at"])
    family.tokens.filter(kind=TokenKind.ACCESS).delete()
    entry = AppSignedOut(why=why)
    ledger.append(entry, subject=SubjectId(family.login), permit=permit, now=now)


def erase_expired(policy: CompiledPolicy, *, now: datetime) -> int:
    """Erase sign-ins of the app that began as long ago as clause account.app keeps them."""
    began_at = policy.edition.kept_from(TOKEN_CLAUSE, now)
    return Family.objects.filter(began_at__lte=began_at).delete()[0]


def erase_of(subject: SubjectId) -> None:
    """Erase somebody's sign-ins of the app, in the caller's transaction."""
    Family.objects.filter(login=subject).delete()
