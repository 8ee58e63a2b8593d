"""Roles that one administrator asked for and another has not confirmed yet."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from clearline.policy.vocabulary import Category


class RoleWaiting(models.Model):
    """What is to be given to one of the staff: roles, and with them the way in if it is closed."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "staff": "staff by random number",
        "roles": Category.JOB_TITLE,
        "asked_by": "staff by random number",
        "asked_at": "a moment of our own",
    }

    staff = models.CharField(max_length=32, unique=True)
    roles = models.CharField(max_length=200)
    asked_by = models.CharField(max_length=32)
    asked_at = models.DateTimeField(db_index=True)
