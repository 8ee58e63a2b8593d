"""Counts of requests under keyed hashes, and sealed answers for those who ask the same again."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from clearline.policy.vocabulary import Category


class ArrivalCount(models.Model):
    """How many requests came from one network, or by one sign-in of the app, in one window."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "who_index": Category.DEVICE_IP_ADDRESS,  # only as a keyed hash
        "began_at": "a moment of our own",
        "count": "a count",
    }

    who_index = models.BinaryField(max_length=32)
    began_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["who_index", "began_at"], name="arrivals_count_once")
        ]


class KeptAnswer(models.Model):
    """The answer to one request, sealed so that only who sent it can have it again.

    `asked_index` is a keyed hash of what was asked, so that another request is told apart.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "key_index": "a keyed hash of a random key",
        "asked_index": Category.ACCOUNT,  # only as a keyed hash
        "answer_sealed": Category.ACCOUNT,
        "arrived_at": "a moment of our own",
    }

    key_index = models.BinaryField(max_length=32, unique=True)
    asked_index = models.BinaryField(max_length=32)
    answer_sealed = models.BinaryField(null=True)  # nothing while it is being made
    arrived_at = models.DateTimeField(db_index=True)
