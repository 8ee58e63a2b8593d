"""What customers chose for their accounts; those of visitors stand on their devices alone."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from clearline.policy.vocabulary import Category
from clearline.trust.vault.fields import Personal


class AccountChoices(models.Model):
    """All choices of one account. `proof` is the entry of the last change, "" before the first."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "proof": "an entry by random number",
        "edition": "a day",
        "changed_at": "a moment of our own",
    }

    subject = models.CharField(max_length=32, unique=True)
    told = Personal(category=Category.PRIVACY_PREFERENCES, max_length=4_000)
    proof = models.CharField(max_length=32, blank=True)
    edition = models.DateField()
    changed_at = models.DateTimeField()
