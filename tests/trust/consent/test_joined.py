"""Two sets of choices join the same way whichever comes first: no wins over yes, any over none."""

from hypothesis import given
from hypothesis import strategies as st

from clearline.policy.choices import Choices
from clearline.trust.consent.account import joined

NAMES = st.frozensets(st.sampled_from(["measurement", "content", "sale_or_sharing"]))


@given(one_yes=NAMES, one_no=NAMES, other_yes=NAMES, other_no=NAMES)
def test_no_wins_over_yes_and_any_answer_over_none(
    one_yes: frozenset[str],
    one_no: frozenset[str],
    other_yes: frozenset[str],
    other_no: frozenset[str],
) -> None:
    one, other = Choices(one_yes - one_no, one_no), Choices(other_yes - other_no, other_no)

    both = joined(one, other)

    assert both == joined(other, one) == joined(both, one)
    assert both.no == one.no | other.no
    assert both.yes == (one.yes | other.yes) - both.no
