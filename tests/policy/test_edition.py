"""Editions are read strictly: each mistake is named with its line and with what to write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.policy.edition import (
    CHARACTERS_MAX,
    CLAUSES_MAX,
    EditionBroken,
    parse_edition,
    placeholders_of,
)
from tests.policy.editions import HEAD, clause, edition, written


def problems_of(text: str) -> list[str]:
    with pytest.raises(EditionBroken) as caught:
        parse_edition(text, source="2026-11-01.toml")
    return [str(problem) for problem in caught.value.problems]


def test_an_edition_is_read_whole() -> None:
    read = edition(clause(), clause(id="visits.count", requires="nothing"))

    assert [each.id for each in read.clauses] == ["visits.measure", "visits.count"]
    assert str(read.clauses[0].kept) == "25 months"
    assert read.statements == {"visitors": ("We keep track of visits.",)}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"purpose": "analytics.reporting.popularty"}, "is not in the vocabulary"),
        ({"categories": ["user.devise"]}, "is not in the vocabulary"),
        ({"categories": []}, "categories is empty. Name at least one"),
        ({"recipients": ["everyone"]}, "'everyone' is no kind of recipient. Write one of"),
        ({"about": ["robot"]}, "is not in the vocabulary"),
        ({"requires": "choice:everything"}, "'everything' is no choice we know. Write one of"),
        (
            {"requires": "choise:measurement"},
            ": 'choise:measurement' is no condition. Write nothing",
        ),
        ({"requires": "nothing or choise:ads"}, ": 'choise:ads' is no condition. Write nothing"),
        ({"requires": "nothing or"}, ": 'nothing or': it ends too early. Write what must hold"),
        ({"recipients": ["processor"]}, ": 'processor': it does not say which processor. Write"),
        ({"kept": "a while"}, ": 'a while' is no time. Write one like 30 days"),
        ({"kept": "0 days"}, ": '0 days' is no time. Write one like 30 days"),
        ({"promise": "P21"}, "Write P1 to P20"),
        ({"id": "visits"}, "Write one like visits.measure"),
        ({"text": ""}, "text is no text"),
        ({"text": "x" * 3000}, "text is no text"),
        ({"retention": "25 months"}, "'retention' is no part of a clause"),
    ],
)
def test_a_mistake_in_a_clause_is_named_with_file_line_and_remedy(
    changed: dict[str, object], told: str
) -> None:
    text = written(clause(), clause(**{"id": "visits.two", **changed}))

    (problem,) = problems_of(text)

    assert told in problem
    file, line, _ = problem.split(":", 2)
    assert file == "2026-11-01.toml"
    wrong_key = next(iter(changed))
    assert text.splitlines()[int(line) - 1].startswith(wrong_key)
    assert int(line) > text.splitlines().index("[[clause]]") + 5


def test_all_mistakes_are_told_at_once() -> None:
    text = written(clause(promise="P0", kept="soon"), clause(id="a.b", purpose="fun"))

    assert len(problems_of(text)) == 3


@pytest.mark.parametrize("key", ["id", "promise", "text", "purpose", "requires", "kept"])
def test_a_missing_line_is_named(key: str) -> None:
    told = clause()
    del told[key]

    assert f"{key} is missing. Write {key} = …" in problems_of(written(told))[0]


def test_a_clause_that_stands_twice_is_named() -> None:
    assert "stands twice" in problems_of(written(clause(), clause()))[0]


def test_text_that_is_no_toml_is_told_with_its_line() -> None:
    assert problems_of(HEAD.format(date="2026-11-01") + "\n[[clause\n")[0].startswith(
        "2026-11-01.toml:9: no TOML"
    )


@pytest.mark.parametrize(
    "start", ["[[clause]] # the first", "  [[ clause ]]", '[["clause"]]', "[[clause]]\t"]
)
def test_a_mistake_keeps_its_line_however_the_clauses_begin(start: str) -> None:
    text = written(clause(), clause(id="visits.two", kept="soon")).replace("[[clause]]", start)

    (problem,) = problems_of(text)

    line = text.splitlines().index('kept = "soon"') + 1
    assert problem.startswith(f"2026-11-01.toml:{line}: ")


def test_a_mistake_keeps_its_line_behind_characters_that_end_no_line_of_toml() -> None:
    text = written(clause(text="a\u2028b"), clause(id="visits.two", kept="soon"))

    (problem,) = problems_of(text)

    line = text.split("\n").index('kept = "soon"') + 1
    assert problem.startswith(f"2026-11-01.toml:{line}: ")


def test_a_number_too_long_to_be_read_is_refused() -> None:
    assert problems_of("big = " + "1" * 5_000) == [
        "2026-11-01.toml:1: no TOML: a number has more than 4,300 digits; shorten it. Mend it."
    ]


def test_material_is_yes_or_left_out() -> None:
    assert problems_of('material = "yes"\n' + written(clause())) == [
        "2026-11-01.toml:1: material is no yes and no no. Write material = true or false."
    ]


def test_an_over_long_edition_is_refused() -> None:
    assert "longer than" in problems_of("#" * (CHARACTERS_MAX + 1))[0]


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(EditionBroken):
        parse_edition(text, source="x.toml")


@given(st.integers(0, 5000), st.characters(codec="utf-8"))
def test_no_changed_character_breaks_the_reader(place: int, character: str) -> None:
    text = written(clause(), clause(id="visits.count", requires="nothing"))
    place %= len(text)
    try:
        parse_edition(text[:place] + character + text[place + 1 :], source="x.toml")
    except EditionBroken as broken:
        assert all(problem.line >= 1 for problem in broken.problems)  # noqa: PT017  # may also be read


def test_placeholders_are_found_wherever_people_would_read_them() -> None:
    read = edition(clause(text="{brand_name} records.", otherwise="Ask {email}."))

    assert placeholders_of(read) == (
        ("visits.measure", "{brand_name}"),
        ("visits.measure", "{email}"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            written(clause()).replace("[statements]\nvisitors", "statements"),
            "2026-11-01.toml:6: statements is no table. Write [statements].",
        ),
        (
            HEAD.format(date="2026-11-01").replace("[statements]", 'clause = ["x"]\n[statements]'),
            "2026-11-01.toml:6: a clause is no table. Write [[clause]].",
        ),
        (
            HEAD.format(date="2026-11-01"),
            "2026-11-01.toml:1: there are no clauses. Write at least one [[clause]].",
        ),
        (
            HEAD.format(date="2026-11-01") + "\n[[clause]]\n" * (CLAUSES_MAX + 1),
            "2026-11-01.toml:1: more than 400 clauses. Join some.",
        ),
    ],
    ids=["statements", "clause", "none", "many"],
)
def test_a_part_of_another_shape_is_named(text: str, told: str) -> None:
    assert problems_of(text) == [told]
