"""The second factors of each login: secrets and names sealed, recovery codes only as hashes."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from clearline.policy.vocabulary import Category
from clearline.trust.vault.fields import Personal


class Totp(models.Model):
    """An app that shows codes. `last_step` is the newest half minute whose code was taken."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "login": "points at a login",
        "last_step": "a moment of our own",
        "added_at": "a moment of our own",
    }

    login = models.OneToOneField(
        "safeguards.Login", to_field="public_id", on_delete=models.CASCADE, related_name="+"
    )
    secret = Personal(category=Category.AUTHORIZATION_CREDENTIALS, max_length=64, of="login_id")
    last_step = models.BigIntegerField()
    added_at = models.DateTimeField()


class Passkey(models.Model):
    """One passkey, found by a keyed hash of its number."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "login": "points at a login",
        "number_index": Category.DEVICE_DEVICE_ID,  # only as a keyed hash
        "sign_count": "a count",
        "added_at": "a moment of our own",
        "used_at": "a moment of our own",
    }

    login = models.ForeignKey(
        "safeguards.Login", to_field="public_id", on_delete=models.CASCADE, related_name="+"
    )
    number = Personal(category=Category.DEVICE_DEVICE_ID, max_length=1_400, of="login_id")
    number_index = models.BinaryField(max_length=32, unique=True)
    public_key = Personal(
        category=Category.AUTHORIZATION_CREDENTIALS, max_length=1_400, of="login_id"
    )
    name = Personal(category=Category.DEVICE_DEVICE_ID, max_length=60, of="login_id")
    sign_count = models.BigIntegerField()
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class RecoveryCode(models.Model):
    """One of ten codes for the day when all else is lost; it proves once."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "login": "points at a login",
        "code_hash": Category.AUTHORIZATION_CREDENTIALS,  # only as a keyed hash
        "made_at": "a moment of our own",
        "used_at": "a moment of our own",
    }

    login = models.ForeignKey(
        "safeguards.Login", to_field="public_id", on_delete=models.CASCADE, related_name="+"
    )
    code_hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
