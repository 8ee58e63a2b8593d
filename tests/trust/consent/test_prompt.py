"""When to ask, and what a no loses: read off the policy and what was answered before."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clearline.policy.choices import Choices
from clearline.policy.compile import CompiledPolicy, compile_edition
from clearline.policy.vocabulary import ChoiceName
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.consent.queries import (
    NO_ASK_WINDOW,
    choices_used,
    clauses_resting_on,
    holds_until_no,
    needs_prompt,
    what_is_lost,
)
from tests.policy.editions import clause, edition

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
BOTH = compile_edition(
    edition(
        clause(),
        clause(id="visits.count", requires="nothing"),
        clause(
            id="extras.remember",
            purpose="personalize.content.limited",
            requires="choice:content and unless:measurement",
            otherwise="You choose your country each time.",
        ),
        clause(id="extras.more", requires="choice:content", otherwise="We forget."),
    )
)
ONE = compile_edition(edition(clause()))
UNTIL_NO = compile_edition(edition(clause(requires="unless:measurement")))
NONE = compile_edition(edition(clause(requires="nothing"), clause(id="a.b", requires="choice:ads")))


def chosen(yes: str = "", no: str = "") -> ChosenOnDevice:
    choices = Choices(yes=frozenset(yes.split()), no=frozenset(no.split()))
    return ChosenOnDevice(choices, NOW, date(2026, 1, 1), "0" * 32)


def test_somebody_who_never_answered_is_asked_where_the_policy_asks() -> None:
    assert needs_prompt(None, BOTH, NOW)
    assert needs_prompt(None, ONE, NOW)
    assert not needs_prompt(None, NONE, NOW)


@pytest.mark.parametrize(
    ("yes", "no"), [("measurement content", ""), ("measurement", "content"), ("", "content")]
)
def test_somebody_who_answered_is_left_alone(yes: str, no: str) -> None:
    assert not needs_prompt(chosen(yes, no), BOTH, NOW + timedelta(days=300))


def test_a_no_keeps_the_prompt_away_for_a_year_and_what_was_never_answered_is_asked_then() -> None:
    declined = chosen(no="content")

    assert not needs_prompt(declined, BOTH, NOW + NO_ASK_WINDOW - timedelta(seconds=1))
    assert needs_prompt(declined, BOTH, NOW + NO_ASK_WINDOW)
    assert not needs_prompt(chosen(no="content measurement"), BOTH, NOW + NO_ASK_WINDOW)


def test_a_policy_that_begins_to_ask_more_asks_who_said_yes_to_the_rest() -> None:
    accepted = chosen(yes="measurement")

    assert not needs_prompt(accepted, ONE, NOW)
    assert needs_prompt(accepted, BOTH, NOW)


def test_the_choices_used_are_those_that_some_clause_rests_on() -> None:
    assert choices_used(BOTH) == {"measurement", "content"}
    assert choices_used(NONE) == {"ads"}


def test_what_a_no_loses_is_told_in_the_words_of_each_clause_that_rests_on_it() -> None:
    assert what_is_lost(BOTH, "content") == ("You choose your country each time.", "We forget.")
    assert what_is_lost(BOTH, "ads") == ()


def test_the_clauses_that_rest_on_a_choice_are_named_also_where_only_a_no_counts() -> None:
    assert clauses_resting_on(BOTH, "measurement") == ("visits.measure", "extras.remember")
    assert clauses_resting_on(BOTH, "content") == ("extras.remember", "extras.more")


@pytest.mark.parametrize(("policy", "holds"), [(UNTIL_NO, True), (ONE, False), (BOTH, False)])
def test_what_holds_until_a_no_is_told_from_what_a_yes_begins(
    policy: CompiledPolicy,
    holds: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    assert holds_until_no(policy, ChoiceName.MEASUREMENT) is holds
    assert not holds_until_no(policy, ChoiceName.ADS)
