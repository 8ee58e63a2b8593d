"""A table with protected columns, as every room may have, and permits to open it."""

from datetime import UTC, datetime
from typing import ClassVar

from django.db import models

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import PROVIDER, Category, ClauseId, SubjectId
from clearline.trust.gate.permit import SEAL, Permit
from clearline.trust.vault.fields import Personal

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
ALICE, BOB = SubjectId("a" * 32), SubjectId("b" * 32)


class Note(models.Model):
    """What a person wrote, and what it was about."""

    subject = models.CharField(max_length=64)
    words = Personal(category=Category.CONTENT_PRIVATE, max_length=120)
    email = Personal(category=Category.CONTACT_EMAIL, max_length=120, null=True)

    objects: ClassVar[models.Manager["Note"]] = models.Manager()

    class Meta:
        app_label = "vault_tests"


def permit_for(subject: SubjectId, *categories: Category, issued_at: datetime = NOW) -> Permit:
    return Permit(
        clause=ClauseId("notes.keep"),
        edition="2026-12-01",
        kept=Retention.from_text("3 years"),
        subject=subject,
        categories=frozenset(categories or {Category.CONTENT_PRIVATE, Category.CONTACT_EMAIL}),
        recipient=PROVIDER,
        issued_at=issued_at,
        seal=SEAL,
    )
