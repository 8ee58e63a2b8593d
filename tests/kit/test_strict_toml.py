"""What people write in TOML is taken whole or refused with the place of each problem."""

import time
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter
from pydantic import dataclasses as pydantic

from clearline.kit.strict_toml import (
    CHARACTERS_MAX,
    NoToml,
    TomlBroken,
    read_strictly,
    to_values,
)


@pydantic.dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Line:
    name: str
    desks: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    text: str
    problem: str


LINES = TypeAdapter(dict[str, tuple[Line, ...]])


def test_a_text_of_the_right_shape_is_read() -> None:
    read = read_strictly('[[line]]\nname = "one"\ndesks = 5', LINES, source="lines.toml")

    assert read == {"line": (Line("one", 5),)}


@pytest.mark.parametrize(
    "case",
    [
        Case("[[line]\n", "lines.toml: Expected"),
        Case('[[line]]\nname = "one"\n[[line]]\n', "lines.toml:3: line 2, name: is missing"),
        Case(
            '[[line]]\nname = "one"\ncolour = 1',
            "lines.toml:3: line 1, colour: is not known here; take it out or mend its name",
        ),
        Case(
            '[[line]]\nname = """\n[a]\n"""\n[[line]]\nname = 4',
            "lines.toml:6: line 2, name: write text in quotation marks",
        ),
        Case('[[line]]\nname = "a"\ndesks = "b"', "lines.toml:3: line 1, desks: write a whole"),
    ],
)
def test_each_problem_says_where_it_is(case: Case) -> None:
    with pytest.raises(TomlBroken) as refused:
        read_strictly(case.text, LINES, source="lines.toml")

    assert str(refused.value).startswith(case.problem)


def test_a_text_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(TomlBroken, match="longer than"):
        read_strictly("#" * (CHARACTERS_MAX + 1), LINES, source="lines.toml")


def test_a_text_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(TomlBroken):
        read_strictly("a = " + "[" * 5_000 + "]" * 5_000, LINES, source="lines.toml")


@pytest.mark.parametrize("number", ["1" * 5_000, "-" + "9_9" * 3_000])
def test_a_number_too_long_to_be_read_is_refused(number: str) -> None:
    with pytest.raises(TomlBroken, match="more than 4,300 digits; shorten it"):
        read_strictly(f"a = {number}", LINES, source="lines.toml")


@pytest.mark.parametrize(
    "text",
    [
        "\n" + ".".join(["a"] * 21) + " = 1",
        "\n[" + ".".join(["a"] * 21) + "]",
        "\nx = {" + " . ".join(['"a"', "'b'", "c"] * 7) + " = 1}",
    ],
)
def test_a_key_of_very_many_parts_is_refused_before_it_takes_the_memory(text: str) -> None:
    with pytest.raises(NoToml, match="more than 20 parts") as refused:
        to_values(text)

    assert refused.value.line == 2


def test_a_key_of_some_parts_and_a_text_full_of_dots_are_read() -> None:
    key = ".".join(["a"] * 20)

    assert to_values(f'{key} = "This one. And that one ... " # more ......................')


@pytest.mark.parametrize("line", [" " * 200_000, '"' + '\\"' * 200_000 + '"'])
def test_a_very_long_line_is_looked_through_at_once(line: str) -> None:
    began = time.process_time()

    with pytest.raises(TomlBroken):
        read_strictly(f"colour = [1,\n{line}\n]", LINES, source="lines.toml")

    assert time.process_time() - began < 5


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fall_over(text: str) -> None:
    with suppress(TomlBroken):
        read_strictly(text, LINES, source="lines.toml")
