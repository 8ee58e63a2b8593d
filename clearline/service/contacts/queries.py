"""Which code waits to be typed, and whether somebody's address is proved."""

from datetime import datetime, timedelta
from typing import Final

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import emails
from clearline.service.accounts.addresses import current
from clearline.service.contacts.models import EmailCode

CODE_WINDOW: Final = timedelta(minutes=15)
TRIES_MAX: Final = 5  # at one code: five guesses of a million


def waiting_code(subject: SubjectId, now: datetime) -> EmailCode | None:
    """Return the code that may still be typed."""
    return EmailCode.objects.filter(
        subject=subject,
        ended_at__isnull=True,
        made_at__gt=now - CODE_WINDOW,
        tries__lt=TRIES_MAX,
    ).first()


def is_confirmed(subject: SubjectId) -> bool:
    """Say whether somebody's present address was proved by a code."""
    present = current(emails.list_ties(subject))
    return present is not None and present.confirmed_at is not None
