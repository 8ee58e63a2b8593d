"""TOML that people write, read strictly: each problem says in which file and at which place."""

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from clearline.kit.errors import Invalid

CHARACTERS_MAX: Final = 1_000_000
LINE: Final = re.compile(r"at line (\d+)")
HEADER: Final = re.compile(r"\s*(\[\[?)([\w.\s-]+)\]")
SETTING: Final = re.compile(r"([\w.\s-]+)=")
KEY_PARTS_MAX: Final = 20
PART: Final = r"""(?:[\w-]++|"(?:\\.|[^"\\\n])*+"|'[^'\n]*+')"""
# A quoted part begins at no escaped quote: so a long line is not looked through from each of them.
LONG_KEY: Final = re.compile(
    rf"(?:^|[^\w\\-])({PART})(?:[ \t]*+\.[ \t]*+{PART}){{{KEY_PARTS_MAX}}}", re.MULTILINE
)
FENCES: Final = ('"""', "'''")
TOO_DEEP: Final = "nested too deeply; write it flatter"
TOO_MANY_PARTS: Final = f"a key has more than {KEY_PARTS_MAX} parts; write it flatter"
TOO_LONG: Final = f"a number has more than {sys.get_int_max_str_digits():,} digits; shorten it"
# What pydantic calls a problem, in the words of whoever wrote the file.
WORDS: Final = {
    **dict.fromkeys(("missing", "missing_argument"), "is missing; write it"),
    **dict.fromkeys(
        ("extra_forbidden", "unexpected_keyword_argument"),
        "is not known here; take it out or mend its name",
    ),
    "string_type": "write text in quotation marks",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "write a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "write a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "write true or false"),
    **dict.fromkeys(("date_type", "date_parsing"), "write a day like 2026-12-01, unquoted"),
    **dict.fromkeys(("tuple_type", "list_type", "frozen_set_type"), "write a list, [in brackets]"),
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dataclass_type", "dict_type"), "write a table"
    ),
    "string_too_short": "write at least {min_length} characters",
    "string_too_long": "write at most {max_length} characters",
    "string_pattern_mismatch": "write it in the form {pattern}",
    "greater_than": "write more than {gt}",
    "greater_than_equal": "write {ge} or more",
    "less_than": "write less than {lt}",
    "less_than_equal": "write {le} or less",
    "too_short": "write at least {min_length} of them",
    "too_long": "write at most {max_length} of them",
    "literal_error": "write {expected}",
    "enum": "write {expected}",
    "union_tag_invalid": "{discriminator} is one of {expected_tags}",
    "union_tag_not_found": "{discriminator} is missing; write it",
    "value_error": "{error}",
}
Place: TypeAlias = tuple[int | str, ...]
Shape = TypeVar("Shape")


class NoToml(Invalid):
    """The text is no TOML; its words say why and what to write instead. `line` counts from 1."""

    code = "no_toml"

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


class TomlBroken(Invalid):
    """The text has not the shape that was asked for; `problems` say where."""

    code = "toml_broken"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_strictly(
    text: str,
    shape: TypeAdapter[Shape],
    *,
    source: str,
    fill: Callable[[object], object] = lambda value: value,
) -> Shape:
    """Return the text in the given shape; `fill` may change the plain values before.

    Raises TomlBroken.
    """
    if len(text) > CHARACTERS_MAX:
        raise TomlBroken((f"{source}: longer than {CHARACTERS_MAX:,} characters; split it",))
    try:
        return shape.validate_python(fill(to_values(text)))
    except NoToml as broken:
        raise TomlBroken((f"{source}: {broken}",)) from None
    except ValidationError as broken:
        lines = lines_of(text)
        problems = (
            f"{source}{at_line(error['loc'], lines)}: {place(error['loc'])}{in_words(error)}"
            for error in broken.errors()
        )
        raise TomlBroken(tuple(problems)) from None


def to_values(text: str) -> dict[str, object]:
    """Return the plain values that the text means. Raises NoToml."""
    # Python's reader takes memory by the square of a key's parts.
    if long := LONG_KEY.search(text):
        raise NoToml(TOO_MANY_PARTS, text.count("\n", 0, long.start(1)) + 1)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        found = LINE.search(str(broken))
        # Without a line it is the end of the text at which something is missing.
        line = int(found.group(1)) if found else text.count("\n") + 1
        raise NoToml(str(broken), line) from None
    except RecursionError:
        raise NoToml(TOO_DEEP, 1) from None
    except ValueError:
        # Python reads no decimal number of more digits than this, whoever wrote it.
        raise NoToml(TOO_LONG, 1) from None


def in_words(error: ErrorDetails) -> str:
    """Return what is wrong with a value and what to write instead."""
    words = WORDS.get(error["type"])
    return words.format_map(error.get("ctx", {})) if words else error["msg"]


def at_line(path: Place, lines: Mapping[Place, int]) -> str:
    """Return ":LINE" of a place or of the nearest one around it; nothing when none is known."""
    # The name of a variant stands in the place too, though not in the file.
    shorter = (path[:at] + path[at + 1 :] for at in range(1, len(path) - 1))
    around = (path[:end] for end in range(len(path) - 1, 0, -1))
    found = next((lines[each] for each in (path, *shorter, *around) if each in lines), None)
    return "" if found is None else f":{found}"


def lines_of(text: str) -> dict[Place, int]:
    """Return the line of each setting and table; entries of a list of tables count from 0."""
    lines: dict[Place, int] = {}
    begun: Counter[Place] = Counter()
    table: Place = ()
    fence = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if fence:
            fence = "" if fence in line else fence
            continue
        if header := HEADER.match(line):
            table = table_of(parts_of(header.group(2)), begun, is_entry=header.group(1) == "[[")
            lines.setdefault(table, number)
        elif setting := SETTING.match(line):
            for end, _ in enumerate(whole := (*table, *parts_of(setting.group(1))), start=1):
                lines.setdefault(whole[:end], number)
        fence = next((each for each in FENCES if line.count(each) % 2), "")
    return lines


def table_of(parts: tuple[str, ...], begun: "Counter[Place]", *, is_entry: bool) -> Place:
    """Return the place of a table: in the last entry of each list that it stands under."""
    table: Place = ()
    for part in parts[:-1]:
        table = (*table, part)
        if table in begun:
            table = (*table, begun[table] - 1)
    table = (*table, parts[-1])
    if not is_entry:
        return table
    begun[table] += 1
    return (*table, begun[table] - 1)


def parts_of(name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in name.split("."))


def place(path: Place) -> str:
    """Return a place as a person counts: `("service", 1, "price", 0)` is "service 2, price 1: "."""
    words: list[str] = []
    for part in path:
        if isinstance(part, int) and words:
            words[-1] += f" {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words) + ": " if words else ""
