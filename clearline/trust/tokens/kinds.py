"""Which keys there are and how long they live. Pure."""

from datetime import timedelta
from enum import StrEnum
from typing import Final


class TokenKind(StrEnum):
    """A key that opens, for a quarter of an hour, and one that gets the next two, once."""

    ACCESS = "access"
    RENEW = "renew"


ACCESS_WINDOW: Final = timedelta(minutes=15)
# NIST SP 800-63B-4, 2.1.3: an overall timeout that "SHOULD be no more than 30 days at AAL1"; an
# inactivity timeout "MAY be applied".
IDLE_WINDOW: Final = timedelta(days=7)
WHOLE_WINDOW: Final = timedelta(days=30)
# What a passkey must sign is good for as long as on a page (safeguards/signed_in.py).
CHALLENGE_WINDOW: Final = timedelta(minutes=5)


class EndedBy(StrEnum):
    """Why a sign-in of the app ended before its time."""

    PERSON = "person"
    USED_TWICE = "used_twice"
