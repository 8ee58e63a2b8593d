"""How the outbox stands: counts and moments, of nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Min

from clearline.policy.vocabulary import ClauseId
from clearline.service.mail.models import Letter
from clearline.service.mail.template import State

WRITE_CLAUSE: Final = ClauseId("mail.write")  # says how long a letter is kept
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outbox:
    """How many letters wait and since when, were sent within a day, and are given up."""

    waiting: int
    oldest_at: datetime | None
    sent: int
    given_up: int


def outbox(now: datetime) -> Outbox:
    """Return how the outbox stands; letters given up are counted until they are erased."""
    waiting = Letter.objects.filter(state=State.WAITING)
    sent = Letter.objects.filter(state=State.SENT, ended_at__gt=now - DAY)
    return Outbox(
        waiting=waiting.count(),
        oldest_at=waiting.aggregate(oldest=Min("written_at"))["oldest"],
        sent=sent.count(),
        given_up=Letter.objects.filter(state=State.GIVEN_UP).count(),
    )
