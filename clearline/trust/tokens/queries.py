"""Whose key it is, and which sign-ins of the app somebody has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from clearline.kit.errors import NotFound
from clearline.policy.vocabulary import SubjectId
from clearline.trust.blind_index import blind_index
from clearline.trust.safeguards import queries as logins
from clearline.trust.tokens.kinds import IDLE_WINDOW, WHOLE_WINDOW, TokenKind
from clearline.trust.tokens.models import Family, Token

LIST_MAX: Final = 100
TOKEN_CHARACTERS_MAX: Final = 200


class NoSuchSignIn(NotFound):
    code = "no_such_sign_in"

    def __init__(self) -> None:
        super().__init__("There is no sign-in of yours with this number.")


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who calls, by which sign-in of the app, and when they last proved by it who they are.

    `proved_at` is the sign-in itself where they did not prove it anew since.
    """

    subject: SubjectId
    family: str
    proved_at: datetime
    has_proved_anew: bool


@dataclass(frozen=True, slots=True)
class AppSignIn:
    """One sign-in of the app that has not ended."""

    id: str
    began_at: datetime
    renewed_at: datetime


def find_bearer(access_token: str, *, now: datetime) -> Bearer | None:
    """Return whose key it is; None when it is nobody's, or its time or its sign-in is over."""
    if len(access_token) > TOKEN_CHARACTERS_MAX:
        return None
    row = (
        Token.objects.select_related("family")
        .filter(
            token_index=token_index(TokenKind.ACCESS, access_token),
            kind=TokenKind.ACCESS,
            expires_at__gt=now,
            family__ended_at__isnull=True,
        )
        .first()
    )
    if row is None:
        return None
    family = row.family
    subject = logins.find_signed_in_customer(family.login, family.password_mark)
    if subject is None:
        return None
    proved_at = family.proved_at
    return Bearer(subject, family.public_id, proved_at or family.began_at, proved_at is not None)


def list_sign_ins(
    subject: SubjectId, *, now: datetime, limit: int = 20, before: str = ""
) -> tuple[AppSignIn, ...]:
    """Return somebody's sign-ins of the app that go on, at most 100, the newest first.

    `before` names one of theirs: then those older than it. Raises NoSuchSignIn.
    """
    rows = going_on(subject, now).order_by("-pk")
    if before:
        mark = Family.objects.filter(login=subject, public_id=before).first()
        if mark is None:
            raise NoSuchSignIn
        rows = rows.filter(pk__lt=mark.pk)
    return tuple(
        AppSignIn(row.public_id, row.began_at, row.renewed_at)
        for row in rows[: min(limit, LIST_MAX)]
    )


def going_on(subject: SubjectId, now: datetime) -> QuerySet[Family]:
    return Family.objects.filter(
        login=subject,
        ended_at__isnull=True,
        began_at__gt=now - WHOLE_WINDOW,
        renewed_at__gt=now - IDLE_WINDOW,
    )


def token_index(kind: TokenKind, token: str) -> bytes:
    return blind_index(b"token." + kind.encode(), token)
