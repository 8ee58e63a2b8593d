"""The eight headings of every policy, in their order, and the promises that stand under each."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading: its key in editions, its words, and its promises by number."""

    key: str
    title: str
    promises: tuple[str, ...]


HEADINGS: Final = (
    Heading("agreement", "Agreement and sharing", ("P1", "P2", "P3", "P4", "P5")),
    Heading("visitors", "Site visitors", ("P6", "P7", "P8", "P9", "P10")),
    Heading("third_party_advertising", "Third-party advertising", ("P11",)),
    Heading("account_information", "Account information", ("P12", "P13", "P14", "P15", "P16")),
    Heading("third_party_disclosure", "Third-party disclosure", ("P17",)),
    Heading("security", "Security", ("P18",)),
    Heading("california", "California", ("P19",)),
    Heading("throughout", "Throughout", ("P20",)),
)
# Statements that the law asks of every policy, by keys of their own so that none goes unseen, and
# the heading under which each is read. Cal. Bus. & Prof. Code 22575(b)(3) and (5)-(7).
ASKED_BY_LAW: Final = {"changes": "agreement", "do_not_track": "visitors"}
HEADING_OF: Final = {promise: heading for heading in HEADINGS for promise in heading.promises}
PROMISES: Final = tuple(HEADING_OF)
