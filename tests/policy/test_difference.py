"""What changed between two editions, and which changes people must be told of beforehand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.policy.difference import (
    ChangeKind,
    PartName,
    Run,
    RunKind,
    difference,
    has_other_sentences,
    is_material,
    word_runs,
)
from clearline.policy.edition import parse_edition
from tests.policy.editions import clause, edition, written


def test_editions_that_say_the_same_do_not_differ() -> None:
    assert difference(edition(clause()), edition(clause())) == ()


def test_better_words_are_a_change_but_no_material_one() -> None:
    (change,) = difference(edition(clause()), edition(clause(text="We note what pages you visit.")))

    assert change.kind is ChangeKind.CHANGED
    assert not change.is_material


@pytest.mark.parametrize(
    "changed",
    [
        {"requires": "nothing"},
        {"requires": "unless:measurement"},
        {"requires": "choice:measurement or choice:content"},
        {"kept": "26 months"},
        {"recipients": ["provider", "affiliate:harbor_power"]},
        {"categories": ["user.behavior.browsing_history", "user.device"]},
        {"about": ["visitor", "customer"]},
        {"purpose": "analytics.reporting.content_performance"},
    ],
)
def test_a_clause_that_permits_more_is_material(changed: dict[str, object]) -> None:
    assert is_material(edition(clause()), edition(clause(**changed)))


@pytest.mark.parametrize(
    "changed",
    [
        {"requires": "choice:measurement and choice:content"},
        {"kept": "24 months"},
        {"categories": ["user.behavior.browsing_history"]},
        {"otherwise": "We count it all the same."},
        {"law": ["CC-03"]},
    ],
)
def test_a_clause_that_permits_less_or_the_same_is_not_material(
    changed: dict[str, object],
) -> None:
    assert not is_material(edition(clause()), edition(clause(**changed)))


def test_a_yes_where_a_missing_no_was_enough_is_not_material() -> None:
    assert not is_material(edition(clause(requires="unless:measurement")), edition(clause()))


def test_a_new_purpose_is_material_and_a_removed_clause_is_not() -> None:
    more = clause(id="ads.pick", purpose="marketing.advertising.first_party.contextual")

    assert is_material(edition(clause()), edition(clause(), more))
    assert not is_material(edition(clause(), more), edition(clause()))


def test_the_provider_can_call_its_sentences_material_but_no_wider_clause_immaterial() -> None:
    told = parse_edition("material = true\n" + written(clause()), source="x.toml")
    denied = parse_edition(
        "material = false\n" + written(clause(requires="nothing")), source="x.toml"
    )

    assert difference(edition(clause()), told) == ()
    assert is_material(edition(clause()), told)
    assert is_material(edition(clause()), denied)


def test_the_same_time_in_other_units_is_a_change_but_no_material_one() -> None:
    (change,) = difference(edition(clause(kept="1 year")), edition(clause(kept="12 months")))

    assert not change.is_material


def test_a_change_is_told_in_plain_words_with_the_keys_beside_them() -> None:
    (change,) = difference(
        edition(clause()),
        edition(
            clause(
                requires="unless:measurement",
                recipients=["provider", "affiliate:harbor_power"],
                promise="P10",
            )
        ),
    )

    words = {each.name: said(each.runs, RunKind.REMOVED) for each in change.parts}
    keys = {each.name: said(each.keys, RunKind.REMOVED) for each in change.parts}
    assert change.title == "Site visitors"
    assert change.key == "visits.measure"
    assert words == {
        PartName.TEXT: "We record which pages you visit.",
        PartName.WHO: "us, Harbor Power, our affiliate",
        PartName.CHOICE: (
            "only if you did not say no to “Recognise this browser when counting visits”"
        ),
        PartName.PROMISE: "Site visitors",
    }
    assert keys[PartName.CHOICE] == "unless:measurement"
    assert [reason.words for reason in change.reasons] == [
        "a new recipient: Harbor Power, our affiliate",
        f"it needs less of your consent: {words[PartName.CHOICE]}",
    ]


def test_a_short_part_is_told_whole_before_and_after() -> None:
    (change,) = difference(edition(clause(kept="6 months")), edition(clause(kept="7 months")))

    (how_long,) = [each for each in change.parts if each.name is PartName.HOW_LONG]
    assert [(run.kind, run.text) for run in how_long.runs] == [
        (RunKind.REMOVED, "6 months"),
        (RunKind.SAME, " "),
        (RunKind.ADDED, "7 months"),
    ]


def test_only_the_sentences_that_changed_are_told_each_by_itself() -> None:
    old = written(clause()).replace(
        "summary = [", 'summary = ["We sell no data.", "Cookies are yours to refuse.", '
    )
    new = old.replace("We sell no data.", "We sell no personal data.").replace(
        "Cookies are yours to refuse.", "Nobody follows you here, and no number tells who you are."
    )

    (change,) = difference(parse_edition(old, source="x.toml"), parse_edition(new, source="x.toml"))

    assert [[(run.kind, run.text) for run in part.runs] for part in change.parts] == [
        [
            (RunKind.SAME, "We sell no "),
            (RunKind.ADDED, "personal "),
            (RunKind.SAME, "data."),
        ],
        [
            (RunKind.REMOVED, "Cookies are yours to refuse."),
            (RunKind.SAME, " "),
            (RunKind.ADDED, "Nobody follows you here, and no number tells who you are."),
        ],
    ]


def test_a_word_or_two_between_changes_are_no_island() -> None:
    runs = word_runs("we count it until you decline that", "we count it only if you accept that")

    assert [(run.kind, run.text) for run in runs] == [
        (RunKind.SAME, "we count it "),
        (RunKind.REMOVED, "until you decline"),
        (RunKind.ADDED, "only if you accept"),
        (RunKind.SAME, " that"),
    ]


def test_a_clause_that_came_or_went_is_told_whole() -> None:
    told = clause(id="visits.count", requires="nothing", law=[])
    del told["otherwise"]

    (added,) = difference(edition(clause()), edition(clause(), told))
    (removed,) = difference(edition(clause(), told), edition(clause()))

    assert (added.kind, removed.kind) == (ChangeKind.ADDED, ChangeKind.REMOVED)
    assert [part.name for part in added.parts] == [
        *(PartName.TEXT, PartName.WHAT, PartName.ABOUT, PartName.WHY, PartName.WHO),
        *(PartName.CHOICE, PartName.HOW_LONG, PartName.PROMISE),
    ]
    assert {run.kind for part in added.parts for run in part.runs} == {RunKind.ADDED}
    assert [said(part.runs, RunKind.ADDED) for part in removed.parts] == [
        said(part.runs, RunKind.REMOVED) for part in added.parts
    ]
    keys = {part.name: said(part.keys, RunKind.REMOVED) for part in added.parts}
    assert keys[PartName.TEXT] == ""
    assert keys[PartName.WHY] == "analytics.reporting.popularity"
    assert not removed.is_material


def test_a_sentence_under_a_heading_is_a_change_of_that_heading() -> None:
    new = written(clause()).replace("We keep track of visits.", "We count visits.")

    (change,) = difference(edition(clause()), parse_edition(new, source="x.toml"))

    assert (change.title, change.kind, change.key) == ("Site visitors", ChangeKind.CHANGED, "")
    (part,) = change.parts
    assert said(part.runs, RunKind.ADDED) == "We keep track of visits."
    assert said(part.runs, RunKind.REMOVED) == "We count visits."
    assert not change.is_material


@pytest.mark.parametrize(
    "sentence", ['title = "Privacy policy"', 'summary = ["Short."]', '["We keep track of visits."]']
)
def test_other_sentences_are_seen_outside_clauses_and_in_them(sentence: str) -> None:
    old = edition(clause())
    other = written(clause()).replace(sentence, sentence.replace('y"', 'y x"').replace(".", "!"))

    assert has_other_sentences(old, parse_edition(other, source="x.toml"))
    assert has_other_sentences(old, edition(clause(text="We note what pages you visit.")))
    assert not has_other_sentences(old, old)


def test_a_new_clause_of_a_known_purpose_is_material_when_it_permits_more() -> None:
    wider = clause(id="visits.count", requires="nothing")
    same = clause(id="visits.again", kept="24 months")

    (opened,) = difference(edition(clause()), edition(clause(), wider))
    (split,) = difference(edition(clause()), edition(clause(), same))

    assert [reason.words for reason in opened.reasons] == [
        "it permits more than the clauses before it did"
    ]
    assert split.reasons == ()


def said(runs: tuple[Run, ...], without: RunKind) -> str:
    return "".join(run.text for run in runs if run.kind is not without).strip()


@given(st.text("ab \n", max_size=40), st.text("ab \n", max_size=40))
def test_the_runs_give_back_both_texts(before: str, after: str) -> None:
    runs = word_runs(before, after)

    assert "".join(run.text for run in runs if run.kind is not RunKind.ADDED) == before
    assert "".join(run.text for run in runs if run.kind is not RunKind.REMOVED) == after
