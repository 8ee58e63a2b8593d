"""The condition language: what it reads, what it refuses, and that a yes never closes a door."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.policy.choices import Choices
from clearline.policy.condition import (
    ALTERNATIVES_MAX,
    CHARACTERS_MAX,
    DEPTH_MAX,
    AllOf,
    AnyOf,
    Atom,
    AtomKind,
    Condition,
    ConditionBroken,
    Nothing,
    alternatives,
    choices_in,
    holds,
    in_words,
    parse_condition,
)
from clearline.policy.vocabulary import Answer, Approval, ChoiceName, Ground

ATOMS = st.one_of(
    st.builds(Atom, st.just(AtomKind.CHOICE), st.sampled_from(ChoiceName)),
    st.builds(Atom, st.just(AtomKind.UNLESS), st.sampled_from(ChoiceName)),
    st.builds(Atom, st.just(AtomKind.APPROVAL), st.sampled_from(Approval)),
    st.builds(Atom, st.just(AtomKind.GROUND), st.sampled_from(Ground)),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(st.builds(Nothing), ATOMS),
    lambda inner: st.one_of(
        st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
ANSWERS = st.dictionaries(st.sampled_from(ChoiceName), st.sampled_from(Answer))
CHOICES = st.builds(
    lambda answers, approvals, grounds: Choices(approvals=approvals, grounds=grounds).with_answers(
        answers
    ),
    ANSWERS,
    st.frozensets(st.sampled_from(Approval)),
    st.frozensets(st.sampled_from(Ground)),
)


def written(condition: Condition) -> str:
    match condition:
        case Nothing():
            return "nothing"
        case Atom():
            return str(condition)
        case AllOf(parts):
            return "(" + " and ".join(map(written, parts)) + ")"
        case AnyOf(parts):
            return "(" + " or ".join(map(written, parts)) + ")"


@given(CONDITIONS, CHOICES)
def test_what_is_written_is_read_with_the_same_meaning(
    condition: Condition, choices: Choices
) -> None:
    read = parse_condition(written(condition))

    assert holds(read, choices) == holds(condition, choices)


@given(CONDITIONS, CHOICES)
def test_the_alternatives_mean_what_the_condition_means(
    condition: Condition, choices: Choices
) -> None:
    by_ways = any(all(atom.holds(choices) for atom in way) for way in alternatives(condition))

    assert by_ways == holds(condition, choices)


@given(CONDITIONS, CHOICES, st.sampled_from(ChoiceName))
def test_one_more_yes_never_closes_a_door(
    condition: Condition, choices: Choices, name: ChoiceName
) -> None:
    with_yes = choices.with_answers({name: Answer.YES})

    assert holds(condition, with_yes) or not holds(condition, choices)


@given(CONDITIONS, CHOICES, st.sampled_from(ChoiceName))
def test_one_more_no_never_opens_a_door(
    condition: Condition, choices: Choices, name: ChoiceName
) -> None:
    with_no = choices.with_answers({name: Answer.NO})

    assert holds(condition, choices) or not holds(condition, with_no)


@given(st.text(max_size=700))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        condition = parse_condition(text)
    except ConditionBroken:
        return
    assert in_words(condition)


@given(
    st.lists(
        st.sampled_from(["(", ")", "and", "or", "nothing", "choice:ads", "unless:ads"]), max_size=60
    )
)
def test_no_run_of_words_breaks_the_reader(words: list[str]) -> None:
    try:
        condition = parse_condition(" ".join(words))
    except ConditionBroken:
        return
    assert in_words(condition)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "write `nothing`"),
        ("measurement", "write nothing, choice:"),
        ("choice:mesurement", "write one of"),
        ("not choice:ads", "write nothing, choice:"),
        ("choice:ads choice:content", "join conditions"),
        ("choice:ads and", "ends too early"),
        ("(choice:ads", "ends too early"),
        ("(choice:ads or choice:content choice:ads", "bracket is not closed"),
        ("approval:everything", "write one of"),
        ("choice:affiliates_email:Upper", "write one of"),
        ("x" * (CHARACTERS_MAX + 1), "split the clause"),
        ("(" * (DEPTH_MAX + 2) + "nothing" + ")" * (DEPTH_MAX + 2), "nest deeper"),
    ],
)
def test_a_broken_condition_is_told_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(ConditionBroken, match=told.replace("(", r"\(")):
        parse_condition(text)


def test_a_condition_built_to_explode_is_refused() -> None:
    pair = "(choice:ads or choice:content)"
    text = " and ".join([pair] * (CHARACTERS_MAX // (len(pair) + 5)))

    with pytest.raises(ConditionBroken, match=str(ALTERNATIVES_MAX)):
        parse_condition(text)


def test_a_condition_that_explodes_inside_its_brackets_is_refused() -> None:
    pairs = " and ".join(["(choice:ads or choice:content)"] * 7)

    with pytest.raises(ConditionBroken, match=str(ALTERNATIVES_MAX)):
        parse_condition(f"({pairs}) and unless:measurement")


def test_and_binds_closer_than_or() -> None:
    read = parse_condition("choice:ads and choice:content or choice:measurement")

    assert isinstance(read, AnyOf)
    assert holds(read, Choices(yes=frozenset({ChoiceName.MEASUREMENT})))


def test_an_affiliate_has_a_choice_of_its_own() -> None:
    read = parse_condition("choice:affiliates_email:harbor_power")

    assert choices_in(read) == {"affiliates_email:harbor_power"}
    assert in_words(read) == "only if you said yes to “mail about services of Harbor Power”"


def test_a_condition_is_told_as_a_person_would_say_it() -> None:
    read = parse_condition("choice:ads and (unless:sale_or_sharing or ground:emergency)")

    assert in_words(read) == (
        "only if you said yes to “ads that fit you” and (you did not say no to “sale or sharing”, "
        "or it is needed in an emergency to keep people safe)"
    )


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("nothing", set()),
        ("ground:emergency", set()),
        ("unless:ads", {"ads"}),
        ("choice:ads and (unless:content or approval:cpni.opt_in)", {"ads", "content"}),
    ],
)
def test_a_condition_names_the_choices_that_it_asks_about(text: str, asked: set[str]) -> None:
    assert choices_in(parse_condition(text)) == asked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing", "always"),
        ("approval:cpni.opt_in", "only if you have approved the use of your CPNI"),
        (
            "nothing or choice:ads",
            "only if nothing else is needed, or you said yes to “ads that fit you”",
        ),
    ],
)
def test_every_kind_of_condition_has_words(text: str, words: str) -> None:
    assert in_words(parse_condition(text)) == words
