"""The outbox: one row for each letter, from when it is written until its time is over."""

import secrets
from collections.abc import Mapping
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from clearline.policy.vocabulary import Category
from clearline.service.mail.template import State
from clearline.trust.vault.fields import Personal

NUMBER_BYTES: Final = 16
CONTEXT_MAX: Final = 4_000


def new_number() -> str:
    return secrets.token_hex(NUMBER_BYTES)


class Letter(models.Model):
    """A letter to one person. What it says is its template, filled with what is sealed here."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "number": "random; the letter's Message-ID",
        "template": "a word of a closed list",
        "priority": "a place in the queue",
        "state": "a word of a closed list",
        "written_at": "a moment of our own",
        "next_try_at": "a moment of our own",
        "ended_at": "a moment of our own",
        "tries": "a count",
    }

    subject = models.CharField(max_length=32, db_index=True)
    number = models.CharField(max_length=32, unique=True, default=new_number)
    template = models.CharField(max_length=40)
    address = Personal(category=Category.CONTACT_EMAIL, max_length=254)
    # As JSON. It may be a code, which proves who they are, so nobody is ever shown it.
    context = Personal(category=Category.AUTHORIZATION_CREDENTIALS, max_length=CONTEXT_MAX)
    priority = models.SmallIntegerField()
    state = models.CharField(max_length=16, default=State.WAITING.value)
    written_at = models.DateTimeField(db_index=True)
    # Who takes a letter to send it moves this on, so that nobody else takes it meanwhile.
    next_try_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="mail_letter_state"
            )
        ]
        indexes = [
            models.Index(
                fields=["priority", "next_try_at"],
                name="mail_letter_due",
                condition=Q(state=State.WAITING.value),
            )
        ]
