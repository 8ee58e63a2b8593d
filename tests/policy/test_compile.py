"""The decision table: as many sets of answers as come, and memory for so many."""

from clearline.policy.choices import Choices
from clearline.policy.compile import CHOICES_REMEMBERED, compile_edition
from clearline.policy.vocabulary import ChoiceName
from tests.policy.editions import clause, edition


def test_more_sets_of_answers_than_are_remembered_are_told_apart_all_the_same() -> None:
    policy = compile_edition(edition(clause(requires="choice:measurement")))
    for number in range(CHOICES_REMEMBERED):
        policy.facts_of(Choices(no=frozenset({f"affiliates_email:a{number}"})))

    yes = policy.facts_of(Choices(yes=frozenset({ChoiceName.MEASUREMENT})))
    no = policy.facts_of(Choices(no=frozenset({ChoiceName.MEASUREMENT})))

    assert (yes, no) == (1, 0)
    assert len(policy.remembered) == CHOICES_REMEMBERED
