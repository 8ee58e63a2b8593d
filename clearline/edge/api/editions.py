"""Agreeing is to the edition in force, and to no other."""

from datetime import date, datetime

from clearline.kit.errors import Conflict
from clearline.trust.gate import queries as gate


class OtherEdition(Conflict):
    """Somebody agreed to an edition that is not the one in force."""

    code = "other_edition"

    def __init__(self) -> None:
        super().__init__("Another edition of the privacy policy is in force. Show that one.")


def refuse_other(edition: date, *, now: datetime) -> None:
    """Return if it is the edition in force. Raises OtherEdition, NoEditionInForce."""
    if edition != gate.policy_in_force(now).edition.date:
        raise OtherEdition
