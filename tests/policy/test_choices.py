"""What one person said: each choice by itself, and the signal that says no for them."""

import pytest

from clearline.policy.choices import Choices, says_gpc
from clearline.policy.vocabulary import Answer, Approval, ChoiceName, Ground


@pytest.mark.parametrize("header", ["1", " 1\t", "0, 1", "1,1"])
def test_the_signal_is_seen_also_among_repeated_headers(header: str) -> None:
    assert says_gpc(header)


@pytest.mark.parametrize("header", ["", "0", "true", "11", "1;q=1", '"1"', "\u0661"])
def test_nothing_but_a_one_is_the_signal(header: str) -> None:
    assert not says_gpc(header)


def test_the_signal_says_no_to_sale_and_to_marketing_by_others_and_to_nothing_else() -> None:
    said = Choices(
        yes=frozenset({ChoiceName.MEASUREMENT, ChoiceName.SALE_OR_SHARING}),
        approvals=frozenset({Approval.CPNI_OPT_IN}),
        grounds=frozenset({Ground.EMERGENCY}),
    )

    assert said.under_gpc() == Choices(
        yes=frozenset({ChoiceName.MEASUREMENT}),
        no=frozenset({ChoiceName.SALE_OR_SHARING, ChoiceName.THIRD_PARTY_MARKETING}),
        approvals=said.approvals,
        grounds=said.grounds,
    )


def test_a_choice_that_is_taken_back_is_unset_again() -> None:
    said = Choices(yes=frozenset({ChoiceName.ADS}), no=frozenset({ChoiceName.CONTENT}))

    now = said.with_answers({ChoiceName.ADS: Answer.UNSET})

    assert now.answer(ChoiceName.ADS) is Answer.UNSET
    assert now.answer(ChoiceName.CONTENT) is Answer.NO
