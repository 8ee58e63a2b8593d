"""TOML that people write, read strictly: each problem says in which file and at which place."""

import re
import sys
import tomllib
from collections.abc import Callable
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from clearline.kit.errors import Invalid

CHARACTERS_MAX: Final = 1_000_000
LINE: Final = re.compile(r"at line (\d+)")
TOO_DEEP: Final = "nested too deeply; write it flatter"
TOO_LONG: Final = f"a number has more than {sys.get_int_max_str_digits():,} digits; shorten it"
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
        problems = (f"{source}: {place(error['loc'])}{error['msg']}" for error in broken.errors())
        raise TomlBroken(tuple(problems)) from None


def to_values(text: str) -> dict[str, object]:
    """Return the plain values that the text means. Raises NoToml."""
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


def place(path: tuple[int | str, ...]) -> str:
    """Return a place as a person counts: `("service", 1, "price", 0)` is "service 2, price 1: "."""
    words: list[str] = []
    for part in path:
        if isinstance(part, int) and words:
            words[-1] += f" {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words) + ": " if words else ""
