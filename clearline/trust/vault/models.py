"""The wrapped key of each person whose data is sealed; without it nothing of theirs opens."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q

from clearline.policy.vocabulary import Category


class PersonKey(models.Model):
    """One person's key, wrapped by the master key of a number.

    Erasing a person destroys `key_wrapped`; the row stays, so that no second key is ever made for
    the same person and a restored backup is told whom to erase again.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "key_wrapped": "a key",
        "master": "the number of a key file",
        "erased_at": "a moment of our own",
        "is_listed": "whether the list of the erased has it",
    }

    subject = models.CharField(max_length=64, unique=True)
    key_wrapped = models.BinaryField(max_length=60, null=True)
    master = models.PositiveIntegerField()
    erased_at = models.DateTimeField(null=True)
    is_listed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["master", "id"],
                name="vault_key_by_master",
                condition=Q(key_wrapped__isnull=False),
            ),
            models.Index(
                fields=["id"],
                name="vault_key_to_list",
                condition=Q(erased_at__isnull=False, is_listed=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(key_wrapped__isnull=False, erased_at__isnull=True)
                | Q(key_wrapped__isnull=True, erased_at__isnull=False),
                name="vault_key_or_erased",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=False) | Q(is_listed=False),
                name="vault_only_erased_are_listed",
            ),
        ]
