"""Who of the staff looked for whom lately, and what is open to them, by random numbers."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q

from clearline.policy.vocabulary import Category
from clearline.service.desk.contact import REFERENCE_MAX, Channel


class Search(models.Model):
    """That someone of the staff looked for a customer, to count how often they do."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "staff": "staff by random number",
        "searched_at": "a moment of our own",
    }

    staff = models.CharField(max_length=32)
    searched_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["staff", "searched_at"], name="desk_search_of_staff")]


class Sighting(models.Model):
    """That someone of the staff found a customer and, with a reason, what is open to them of it.

    It is open until `shut_at`. Rows live for a day at most; the ledger keeps what was done.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "staff": "staff by random number",
        "subject": "random and public",
        "found_at": "a moment of our own",
        "is_proved": "whether what they were found by is known to be theirs",
        "opened_at": "a moment of our own",
        "shut_at": "a moment of our own",
        "roles": "words of a closed list",
        "channel": "a word of a closed list",
        "reference": "a contact's number: no run of nine digits, which may be somebody's",
    }

    staff = models.CharField(max_length=32)
    subject = models.CharField(max_length=32)
    found_at = models.DateTimeField(db_index=True)
    is_proved = models.BooleanField(default=False, db_default=False)
    opened_at = models.DateTimeField(null=True)
    shut_at = models.DateTimeField(null=True)
    roles = models.CharField(max_length=60, default="")  # under which it was opened
    channel = models.CharField(max_length=16, default="")
    reference = models.CharField(max_length=REFERENCE_MAX, default="")

    class Meta:
        indexes = [models.Index(fields=["staff", "found_at"], name="desk_sighting_of_staff")]
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "subject", "channel", "reference"],
                name="desk_contact_once",
                condition=Q(opened_at__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["", *(each.value for each in Channel)]),
                name="desk_channel_known",
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True, shut_at__isnull=True)
                | Q(opened_at__isnull=False, shut_at__isnull=False),
                name="desk_open_until",
            ),
        ]
