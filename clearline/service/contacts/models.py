"""Codes that prove an address, and notices of changes that can be taken back."""

import secrets
from collections.abc import Mapping
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from clearline.policy.vocabulary import Category
from clearline.service.contacts.documents import Document, Lost
from clearline.trust.vault.fields import Personal

NUMBER_BYTES: Final = 16


def new_number() -> str:
    return secrets.token_hex(NUMBER_BYTES)


class EmailCode(models.Model):
    """A code that was sent to prove an address: the present one, or a new one that waits here."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "number": "random; what the code is hashed with",
        "address_index": Category.CONTACT_EMAIL,  # only as a keyed hash
        "code_index": Category.AUTHORIZATION_CREDENTIALS,  # only as a keyed hash
        "tries": "a count",
        "made_at": "a moment of our own",
        "ended_at": "a moment of our own",
        "kept_back_at": "a moment of our own",
        "row": "points at an address",
    }

    subject = models.CharField(max_length=32)
    number = models.CharField(max_length=32, default=new_number)
    address = Personal(category=Category.CONTACT_EMAIL, max_length=254)
    address_index = models.BinaryField(max_length=32)
    code_index = models.BinaryField(max_length=32)
    row = models.BigIntegerField(null=True)  # of the address to be confirmed; None for a new one
    tries = models.SmallIntegerField(default=0)
    made_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    kept_back_at = models.DateTimeField(null=True)  # where enough letters had gone; None: it went

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                name="contacts_one_code_waits",
                condition=Q(ended_at__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["subject", "made_at"], name="contacts_code_subject"),
            models.Index(fields=["address_index", "made_at"], name="contacts_code_address"),
        ]


class ChangeNotice(models.Model):
    """That somebody was told of a change, and by which key they can take it back."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "token_index": "a keyed hash of a random key",
        "row": "points at an address",
        "changed_at": "a moment of our own",
        "starts_at": "a moment of our own",
    }

    subject = models.CharField(max_length=32, db_index=True)
    token_index = models.BinaryField(max_length=32, unique=True)
    row = models.BigIntegerField()  # of the address that was told
    changed_at = models.DateTimeField(db_index=True)
    starts_at = models.DateTimeField(null=True)  # from when on the key works; None: at once


class FactorWait(models.Model):
    """That second factors of somebody go at a moment, and by which key they stay."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "since": "a moment of our own",
        "until": "a moment of our own",
        "ends_at": "a moment of our own",
        "settled_at": "a moment of our own",
        "token_index": "a keyed hash of a random key",
    }

    subject = models.CharField(max_length=32, unique=True)
    since = models.DateTimeField()  # those that were added from here
    until = models.DateTimeField()  # to here
    ends_at = models.DateTimeField(db_index=True)
    settled_at = models.DateTimeField(null=True)  # when they went, or somebody kept them
    token_index = models.BinaryField(max_length=32, unique=True)


class Reading(models.Model):
    """One row: up to which place of the ledger people were told of changes."""

    DATA: ClassVar[Mapping[str, Category | str]] = {"position": "a place in the tree"}

    position = models.BigIntegerField(default=-1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="contacts_reading_is_one_row")
        ]


class RecoveryAsk(models.Model):
    """That somebody asked for a letter to get back in; whether we know them is found later."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "token_index": "a keyed hash of a random key",
        "name_index": Category.AUTHORIZATION_CREDENTIALS,  # only as a keyed hash
        "email_index": Category.CONTACT_EMAIL,  # only as a keyed hash
        "network_index": Category.DEVICE_IP_ADDRESS,  # only as a keyed hash
        "asked_at": "a moment of our own",
        "answered_at": "a moment of our own",
        "noted_at": "a moment of our own",
        "tries": "a count",
    }

    token_index = models.BinaryField(max_length=32, unique=True)
    name_index = models.BinaryField(max_length=32)
    email_index = models.BinaryField(max_length=32)
    network_index = models.BinaryField(max_length=32)
    asked_at = models.DateTimeField(db_index=True)
    answered_at = models.DateTimeField(null=True)
    noted_at = models.DateTimeField(null=True)  # when wrong codes were told to whom it concerns
    tries = models.SmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["network_index", "asked_at"], name="contacts_asked_network"),
            models.Index(
                fields=["id"],
                name="contacts_asked_waits",
                condition=Q(answered_at__isnull=True),
            ),
        ]


class RecoveryLetter(models.Model):
    """A letter to one person who may have asked: its code, its link, and the key traded for it."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "ask": "points at a question",
        "subject": "random and public",
        "row": "points at an address",
        "link_index": "a keyed hash of a random key",
        "code_index": Category.AUTHORIZATION_CREDENTIALS,  # only as a keyed hash
        "by_email": "whether the user ID was forgotten too",
        "made_at": "a moment of our own",
        "proved_at": "a moment of our own",
        "key_index": "a keyed hash of a random key",
        "done_at": "a moment of our own",
    }

    ask = models.ForeignKey(RecoveryAsk, on_delete=models.CASCADE, related_name="letters")
    subject = models.CharField(max_length=32)
    row = models.BigIntegerField(null=True)  # of the address that the letter went to
    code_index = models.BinaryField(max_length=32)
    link_index = models.BinaryField(max_length=32, null=True, unique=True)  # None: was followed
    by_email = models.BooleanField()
    made_at = models.DateTimeField()
    proved_at = models.DateTimeField(null=True)
    key_index = models.BinaryField(max_length=32, null=True, unique=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["subject", "made_at"], name="contacts_recovery_subject")]


class WayBack(models.Model):
    """That one of the staff saw the document of somebody who lost every way in, once for each time.

    Of the document it says which kind it was, and nothing that stands on it.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "document": "a word of a closed list: which kind of document, nothing on it",
        "why": "a word of a closed list",
        "asked_by": "staff by random number",
        "asked_at": "a moment of our own",
        "blocked_at": "a moment of our own",
        "confirmed_at": "a moment of our own",
        "ended_at": "a moment of our own",
        "code_index": "a keyed hash of a random code",
        "row": "points at an address",
    }

    subject = models.CharField(max_length=32, db_index=True)
    document = models.CharField(max_length=24)
    why = models.CharField(max_length=24)
    asked_by = models.CharField(max_length=32)
    asked_at = models.DateTimeField(db_index=True)
    blocked_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # declined, used, or another took its place
    code_index = models.BinaryField(max_length=32, null=True, unique=True)
    row = models.BigIntegerField(null=True)  # of the address that the letter went to

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(document__in=[each.value for each in Document]),
                name="contacts_way_back_document",
            ),
            models.CheckConstraint(
                condition=Q(why__in=[each.value for each in Lost]), name="contacts_way_back_why"
            ),
        ]


class EditionLetters(models.Model):
    """How far everybody was written to about an edition that lets us do more."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "edition": "a day",
        "after": "points at a person's row",
    }

    edition = models.DateField(unique=True)
    after = models.BigIntegerField(default=0)
