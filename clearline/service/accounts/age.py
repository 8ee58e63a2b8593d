"""In which range a person's age lies, never their birth date, and what follows from it. Pure."""

from enum import StrEnum
from typing import Final

from clearline.kit.errors import Conflict, Denied
from clearline.policy.vocabulary import Answer, ChoiceName


class AgeRange(StrEnum):
    UNDER_13 = "under_13"
    FROM_13_TO_15 = "13_to_15"
    FROM_16_TO_17 = "16_to_17"
    ADULT = "18_or_over"


class TooYoung(Denied):
    """COPPA, 16 CFR 312.2: under 13 a parent must agree, and we have no way to ask one."""

    code = "too_young"

    def __init__(self) -> None:
        super().__init__(
            "An account is for people of 13 and over. Nothing you typed was kept. Ask a parent or "
            "another grown-up to open one; the rest of the site is open to you as it is."
        )


class SureNeeded(Conflict):
    code = "sure_needed"

    def __init__(self) -> None:
        super().__init__(
            "Who is under 13 can keep no account: it would close for good, and all that it holds "
            "be erased. Nothing was changed. Ask whether that is so, then send it with `is_sure`."
        )


class ClosedForAge(Denied):
    """Somebody who turned out to be under 13 can keep no account: 16 CFR 312.2."""

    code = "closed_for_age"

    def __init__(self) -> None:
        super().__init__(
            "This account was closed because its owner is under 13. It stays closed, and all that "
            "it holds is erased. Ask a parent or another grown-up to open one. If that age is "
            "wrong, follow the link in our letter about it; where none could come, because no "
            "address was confirmed, correct the age."
        )


class AgeBeforeYes(Denied):
    """A yes of somebody whose age is not known, or who was said to be under 13."""

    code = "age_before_yes"

    def __init__(self) -> None:
        super().__init__(
            "No yes counts in your account before it knows in which range your age lies, nor under "
            "13. Open your account: it asks the range, or says how one that is wrong is put right. "
            "Then say yes again. A no counts at once."
        )


# Cal. Civ. Code 1798.120(c): of those under 16 nothing is sold or shared without their own yes.
# Clause account.age promises more: "no to everything that needs a yes", so every choice there is.
UNDER_16: Final = frozenset({AgeRange.UNDER_13, AgeRange.FROM_13_TO_15})
STRICT: Final = tuple(ChoiceName)


def refuse_too_young(age: AgeRange) -> None:
    """Return if somebody of this age may open an account. Raises TooYoung."""
    if age is AgeRange.UNDER_13:
        raise TooYoung


def choices_at_start(age: AgeRange) -> dict[ChoiceName, Answer]:
    """Return the answers that an account begins with; an adult's begins with none."""
    return dict.fromkeys(STRICT, Answer.NO) if age in UNDER_16 else {}
