"""Who may sign in, as what, and from which sessions; no name or address in clear, ever."""

import secrets
from collections.abc import Mapping
from typing import ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q

from clearline.policy.vocabulary import Category
from clearline.trust.safeguards.roles import LoginKind, Role

PUBLIC_ID_BYTES: Final = 16


def new_public_id() -> str:
    return secrets.token_hex(PUBLIC_ID_BYTES)


class Login(AbstractBaseUser):
    """One way in. The user ID stands here only as a keyed hash."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "public_id": "random",
        "name_index": Category.AUTHORIZATION_CREDENTIALS,
        "password": Category.AUTHORIZATION_CREDENTIALS,  # only as an Argon2 hash
        "kind": "a word of a closed list",
        "is_active": "whether it may be used",
        "created_at": "a moment of our own",
        "closed_at": "a moment of our own",
        "has_second_factor": "whether a password alone signs in",
        "is_password_short": "whether the password is too short to be all that signs in",
        "last_login": "not kept: the column is taken away",
    }

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id)
    name_index = models.BinaryField(max_length=32, unique=True)
    kind = models.CharField(max_length=16)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # Told by trust/factors, so that signing in needs no look above.
    has_second_factor = models.BooleanField(default=False, db_default=False)
    is_password_short = models.BooleanField(default=False, db_default=False)
    last_login = None

    USERNAME_FIELD = "public_id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in LoginKind]),
                name="safeguards_login_kind",
            )
        ]


class LeftUserId(models.Model):
    """A user ID that a customer gave up; for a while it can be nobody else's."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "name_index": Category.AUTHORIZATION_CREDENTIALS,  # only as a keyed hash
        "subject": "random and public",
        "left_at": "a moment of our own",
    }

    name_index = models.BinaryField(max_length=32, unique=True)
    subject = models.CharField(max_length=32, db_index=True)
    left_at = models.DateTimeField(db_index=True)


class StaffRole(models.Model):
    """One role of one login."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "login": "points at a login",
        "role": Category.JOB_TITLE,
    }

    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["login", "role"], name="safeguards_role_once"),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]), name="safeguards_role_known"
            ),
        ]


class SignInAttempt(models.Model):
    """One attempt, under a keyed hash of the user ID and one of the network it came from.

    Of the right ones the last from each network stays, to know the owner's networks by.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "name_index": Category.AUTHORIZATION_CREDENTIALS,
        "network_index": Category.DEVICE_IP_ADDRESS,
        "at": "a moment, of nobody without the key",
        "was_right": "whether the password was right, of nobody without the key",
    }

    name_index = models.BinaryField(max_length=32)
    network_index = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    was_right = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(fields=["name_index", "at"], name="safeguards_attempt_name"),
            models.Index(fields=["network_index", "at"], name="safeguards_attempt_network"),
            models.Index(fields=["at"], name="safeguards_attempt_at"),
        ]


class Session(models.Model):
    """One session: contents sealed, its key only as a hash, whose it is only as a keyed hash."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "key_hash": "a hash of a random key",
        "contents_sealed": Category.AUTHORIZATION_CREDENTIALS,
        "expires_at": "a moment of our own",
        "login_index": Category.AUTHORIZATION_CREDENTIALS,  # only as a keyed hash
        "number": "random, and opens nothing",
        "began_at": "a moment of our own",
        "seen_at": "a moment of our own",
    }

    key_hash = models.CharField(max_length=64, primary_key=True)
    contents_sealed = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)
    login_index = models.BinaryField(max_length=32, null=True, db_index=True)  # None: nobody yet
    number = models.CharField(max_length=32, default="", db_default="")
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
