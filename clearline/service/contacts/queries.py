"""Which code waits to be typed, which links work, and whether somebody's address is proved."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from clearline.policy.vocabulary import ClauseId, SubjectId
from clearline.service.accounts import emails
from clearline.service.accounts.addresses import OF_RECORD_AFTER, current
from clearline.service.contacts.models import ChangeNotice, EmailCode

CONTACT_CLAUSE: Final = ClauseId("account.contact")  # says how long a replaced address is kept
CODE_WINDOW: Final = timedelta(minutes=15)
TRIES_MAX: Final = 5  # at one code: five guesses of a million
TAKEN_BACK_WITHIN: Final = OF_RECORD_AFTER  # of a change, by the link in the letter about it


def waiting_code(subject: SubjectId, now: datetime) -> EmailCode | None:
    """Return the code that may still be typed."""
    return EmailCode.objects.filter(
        subject=subject,
        ended_at__isnull=True,
        made_at__gt=now - CODE_WINDOW,
        tries__lt=TRIES_MAX,
    ).first()


def working_notices(now: datetime) -> QuerySet[ChangeNotice]:
    """Return the notices whose links work."""
    return ChangeNotice.objects.filter(changed_at__gt=now - TAKEN_BACK_WITHIN)


def linked_rows(subject: SubjectId, now: datetime) -> frozenset[int]:
    """Return the rows of the addresses of somebody where the link of a letter works."""
    found = working_notices(now).filter(subject=subject)
    return frozenset(found.values_list("row", flat=True))


def is_confirmed(subject: SubjectId) -> bool:
    """Say whether somebody's present address was proved by a code."""
    present = current(emails.list_ties(subject))
    return present is not None and present.confirmed_at is not None
