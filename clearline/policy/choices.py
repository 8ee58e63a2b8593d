"""What one person said, as the gate needs it: separate answers, closed and immutable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from clearline.policy.vocabulary import Answer, Approval, ChoiceName, Ground

# Global Privacy Control speaks to these and to nothing else (11 CCR 7025(c)(1); W3C GPC draft).
GPC_CLOSES: Final = frozenset({ChoiceName.SALE_OR_SHARING, ChoiceName.THIRD_PARTY_MARKETING})


def says_gpc(header: str) -> bool:
    """Read `Sec-GPC`: exactly "1" counts, also among repeated headers; nothing else does.

    Source: W3C Global Privacy Control draft; 11 CCR 7025(b).
    """
    return any(part.strip(" \t") == "1" for part in header.split(","))


@dataclass(frozen=True, slots=True)
class Choices:
    """Answers by choice key: a ChoiceName, or `affiliates_email:NAME` for one affiliate.

    A key that is in neither set is unset. Approvals and grounds are what else a condition may
    rest on; both are empty for a visitor.
    """

    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    approvals: frozenset[Approval] = frozenset()
    grounds: frozenset[Ground] = frozenset()

    def answer(self, choice: str) -> Answer:
        if choice in self.no:
            return Answer.NO
        return Answer.YES if choice in self.yes else Answer.UNSET

    def with_answers(self, answers: Mapping[str, Answer]) -> "Choices":
        """Return these choices with the given ones replaced."""
        kept_yes = self.yes.difference(answers)
        kept_no = self.no.difference(answers)
        return Choices(
            yes=kept_yes | {key for key, answer in answers.items() if answer is Answer.YES},
            no=kept_no | {key for key, answer in answers.items() if answer is Answer.NO},
            approvals=self.approvals,
            grounds=self.grounds,
        )

    def under_gpc(self) -> "Choices":
        """Return these choices as a request with `Sec-GPC: 1` makes them: its refusals win."""
        return self.with_answers(dict.fromkeys(GPC_CLOSES, Answer.NO))


NOTHING_CHOSEN: Final = Choices()
