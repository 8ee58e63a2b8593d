"""The letters that there are, and which of them go first."""

from enum import StrEnum
from typing import Final


class Template(StrEnum):
    """One kind of letter: `templates/mail/NAME.txt` (its first line is the subject) and `.html`."""

    ADDRESS_CODE = "address_code"
    CHANGE_NOTICE = "change_notice"
    CLOSING_NOTICE = "closing_notice"
    FACTORS_WAIT = "factors_wait"
    INVITATION = "invitation"
    MEMBERSHIP_NOTICE = "membership_notice"
    RECOVERY = "recovery_code"  # as letters that wait, and the ledger, call it
    EDITION_NOTICE = "edition_notice"
    WAY_BACK = "way_back"


class State(StrEnum):
    """How far a letter is: it waits, was taken by the mail server, never will be, or stays here."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"
    KEPT_BACK = "kept_back"


AT_ONCE, IN_TURN = 0, 1
# Somebody waits for these, or the law says "immediately" (47 CFR 64.2010(f)); all others in turn.
URGENT: Final = frozenset(
    {
        *(Template.ADDRESS_CODE, Template.CHANGE_NOTICE, Template.FACTORS_WAIT),
        *(Template.CLOSING_NOTICE, Template.MEMBERSHIP_NOTICE),
        *(Template.RECOVERY, Template.WAY_BACK),
    }
)

# They go where nobody has proved yet that they read. Noted under the number of whoever asked, what
# became of them would tell if there is such a mailbox, and if others had codes sent there.
NOTED_OF_NOBODY: Final = frozenset({Template.ADDRESS_CODE})


def priority_of(template: Template) -> int:
    """Return the place in the queue: lower goes first."""
    return AT_ONCE if template in URGENT else IN_TURN
