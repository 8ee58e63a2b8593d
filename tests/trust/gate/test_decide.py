"""The verdict equals the plain meaning of the clauses, for whatever policy and choices."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from clearline.policy.choices import Choices
from clearline.policy.compile import compile_edition
from clearline.policy.condition import AllOf, AnyOf, Nothing, holds
from clearline.policy.edition import Clause
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    PROVIDER,
    Category,
    ChoiceName,
    Purpose,
    SubjectId,
    SubjectKind,
)
from clearline.trust.gate.decide import Outcome, Reason, decide
from tests.policy.editions import clause, edition
from tests.policy.test_condition import ATOMS, CHOICES, written

CATEGORIES = [
    *(Category.USER, Category.DEVICE, Category.DEVICE_COOKIE, Category.DEVICE_COOKIE_ID),
    *(Category.BEHAVIOR, Category.BEHAVIOR_BROWSING_HISTORY, Category.CONTACT_EMAIL),
]
PURPOSES = [Purpose.ANALYTICS_REPORTING_POPULARITY, Purpose.PERSONALIZE_CONTENT_LIMITED]
# Drawn whole: drawn one by one they took so long on a busy machine that Hypothesis gave up.
FEW_CATEGORIES = st.sampled_from(
    [list(some) for size in (1, 2, 3) for some in combinations(CATEGORIES, size)]
)
ATOMS_OR_NOTHING = st.one_of(st.just(Nothing()), ATOMS)
PARTS = st.tuples(ATOMS_OR_NOTHING, ATOMS_OR_NOTHING)
# Deeper ones are proved to mean what their alternatives mean where the language is tested.
CONDITIONS = st.one_of(
    ATOMS_OR_NOTHING,
    PARTS.map(AllOf),
    PARTS.map(AnyOf),
    st.tuples(ATOMS_OR_NOTHING, PARTS.map(AnyOf)).map(AllOf),
    st.tuples(ATOMS_OR_NOTHING, PARTS.map(AllOf)).map(AnyOf),
)
CLAUSES = st.lists(
    st.builds(
        lambda categories, purpose, about, condition: clause(
            categories=categories, purpose=purpose, about=about, requires=written(condition)
        ),
        FEW_CATEGORIES,
        st.sampled_from(PURPOSES),
        st.sampled_from(
            [list(some) for size in (1, 2) for some in combinations(SubjectKind, size)]
        ),
        CONDITIONS,
    ),
    min_size=1,
    max_size=3,
).map(lambda told: [{**each, "id": f"c.{number}"} for number, each in enumerate(told)])
USES = st.builds(
    lambda categories, purpose, about: Use(
        Actor(ActorKind.JOB, "test"), SubjectId("alice"), categories, purpose, about
    ),
    FEW_CATEGORIES.map(frozenset),
    st.sampled_from(PURPOSES),
    st.sampled_from(SubjectKind),
)


def speaks_of(each: Clause, use: Use) -> bool:
    """Read a clause as a person would: does it speak of this use at all?"""
    return (
        each.purpose == use.purpose
        and PROVIDER in each.recipients
        and use.about in each.about
        and all(
            any(asked == named or asked.startswith(f"{named}.") for named in each.categories)
            for asked in use.categories
        )
    )


@given(CLAUSES, USES, CHOICES)
def test_the_table_says_what_the_clauses_say(
    clauses: list[dict[str, object]], use: Use, choices: Choices
) -> None:
    policy = compile_edition(edition(*clauses))

    verdict = decide(policy=policy, use=use, choices=choices)

    speaking = [each for each in policy.edition.clauses if speaks_of(each, use)]
    permitting = [each for each in speaking if holds(each.requires, choices)]
    if permitting:
        assert (verdict.outcome, verdict.clause) == (Outcome.YES, permitting[0].id)
    elif speaking:
        assert (verdict.reason, verdict.clause) == (Reason.CONDITION, speaking[0].id)
    else:
        assert (verdict.reason, verdict.clause) == (Reason.SILENCE, None)


@given(CLAUSES, USES, CHOICES, st.sampled_from(ChoiceName))
def test_a_yes_never_turns_a_permission_into_a_denial(
    clauses: list[dict[str, object]], use: Use, choices: Choices, name: ChoiceName
) -> None:
    policy = compile_edition(edition(*clauses))
    if decide(policy=policy, use=use, choices=choices).outcome is Outcome.NO:
        return

    with_yes = Choices(
        choices.yes | {name}, choices.no - {name}, choices.approvals, choices.grounds
    )

    assert decide(policy=policy, use=use, choices=with_yes).outcome is Outcome.YES


def test_a_use_of_nothing_is_silence() -> None:
    policy = compile_edition(edition(clause(requires="nothing")))
    use = Use(
        Actor(ActorKind.JOB, "test"),
        SubjectId("alice"),
        frozenset(),
        Purpose.ANALYTICS_REPORTING_POPULARITY,
        SubjectKind.VISITOR,
    )

    assert decide(policy=policy, use=use, choices=Choices()).outcome is Outcome.NO


def test_two_clauses_do_not_add_up_to_a_permission() -> None:
    policy = compile_edition(
        edition(
            clause(id="a.a", categories=["user.contact.email"], requires="nothing"),
            clause(id="b.b", categories=["user.behavior"], requires="nothing"),
        )
    )
    use = Use(
        Actor(ActorKind.JOB, "test"),
        SubjectId("alice"),
        frozenset({Category.CONTACT_EMAIL, Category.BEHAVIOR}),
        Purpose.ANALYTICS_REPORTING_POPULARITY,
        SubjectKind.VISITOR,
    )

    assert decide(policy=policy, use=use, choices=Choices()).reason is Reason.SILENCE
