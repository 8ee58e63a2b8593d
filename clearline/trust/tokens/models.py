"""Sign-ins of the app, and the keys that each was given; of a key there is only a keyed hash."""

import secrets
from collections.abc import Mapping
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from clearline.policy.vocabulary import Category
from clearline.trust.tokens.kinds import TokenKind

PUBLIC_ID_BYTES: Final = 16


def new_public_id() -> str:
    return secrets.token_hex(PUBLIC_ID_BYTES)


class Family(models.Model):
    """One sign-in of the app with all keys that came of it. They end together."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "public_id": "random",
        "login": "random and public",
        "password_mark": Category.AUTHORIZATION_CREDENTIALS,  # only as a keyed hash of a hash
        "began_at": "a moment of our own",
        "renewed_at": "a moment of our own",
        "ended_at": "a moment of our own",
        "proved_at": "a moment of our own",
        "challenge": "random; what a passkey must sign, once",
        "challenge_at": "a moment of our own",
    }

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id)
    login = models.CharField(max_length=32)
    password_mark = models.CharField(max_length=128)
    began_at = models.DateTimeField(db_index=True)
    renewed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(null=True)  # anew, since it began
    challenge = models.BinaryField(max_length=32, null=True)
    challenge_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["login", "began_at"], name="tokens_family_login")]


class Token(models.Model):
    """One key. One that renews stands here after its use too, so that a second use is seen."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "family": "points at a sign-in of the app",
        "kind": "a word of a closed list",
        "token_index": Category.AUTHORIZATION_CREDENTIALS,  # only as a keyed hash
        "expires_at": "a moment of our own",
        "used_at": "a moment of our own",
    }

    family = models.ForeignKey(Family, on_delete=models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=8)
    token_index = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in TokenKind]), name="tokens_token_kind"
            )
        ]
