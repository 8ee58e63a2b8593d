"""Invitations into an account, and what its owner calls those who act in it."""

from collections.abc import Mapping
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from clearline.policy.vocabulary import Category
from clearline.service.accounts.models import Account
from clearline.service.accounts.roles import MemberRole
from clearline.trust.vault.fields import Personal

LABEL_MAX: Final = 60


class Invitation(models.Model):
    """A code by which somebody becomes a member, once. It names nobody."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "account": "points at an account",
        "owner": "random and public",
        "code_index": "a keyed hash of a random code",
        "role": "a word of a closed list",
        "expires_at": "a moment of our own",
    }

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    owner = models.CharField(max_length=32)  # who invited, under whose key the label is sealed
    label = Personal(category=Category.ACCOUNT_SETTINGS, max_length=LABEL_MAX, of="owner")
    code_index = models.BinaryField(max_length=32, unique=True)
    role = models.CharField(max_length=16)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in MemberRole])
                & ~Q(role=MemberRole.OWNER.value),
                name="teams_invitation_role",
            )
        ]


class Handover(models.Model):
    """That the owner of an account offers it to one of its members, who has not answered yet."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "account": "points at an account",
        "owner": "random and public",
        "member": "random and public",
        "stays": "whether who hands it over looks on",
        "offered_at": "a moment of our own",
        "expires_at": "a moment of our own",
    }

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+")
    owner = models.CharField(max_length=32, db_index=True)
    member = models.CharField(max_length=32, db_index=True)
    stays = models.BooleanField()
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)


class TakenOver(models.Model):
    """Who owned an account before, while the letter that tells them of it can give it back.

    Once it did, both are its owner, who hands it on to nobody for as long.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "account": "points at an account",
        "former": "random and public",
        "owner": "random and public",
        "taken_at": "a moment of our own",
    }

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+")
    former = models.CharField(max_length=32, db_index=True)
    owner = models.CharField(max_length=32)
    taken_at = models.DateTimeField(db_index=True)


class MemberLabel(models.Model):
    """What the owner of an account calls one of its members."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "account": "points at an account",
        "owner": "random and public",
        "member": "random and public",
    }

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    owner = models.CharField(max_length=32)
    member = models.CharField(max_length=32)
    label = Personal(category=Category.ACCOUNT_SETTINGS, max_length=LABEL_MAX, of="owner")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "member"], name="teams_label_once")
        ]
