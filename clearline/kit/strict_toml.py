"""TOML that people write, read strictly: each problem says in which file and at which place."""

import tomllib
from collections.abc import Callable
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from clearline.kit.errors import Invalid

CHARACTERS_MAX: Final = 1_000_000
Shape = TypeVar("Shape")


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
        return shape.validate_python(fill(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as broken:
        raise TomlBroken((f"{source}: {broken}",)) from None
    except RecursionError:
        raise TomlBroken((f"{source}: nested too deeply; write it flatter",)) from None
    except ValidationError as broken:
        problems = (f"{source}: {place(error['loc'])}{error['msg']}" for error in broken.errors())
        raise TomlBroken(tuple(problems)) from None


def place(path: tuple[int | str, ...]) -> str:
    """Return a place as a person counts: `("service", 1, "price", 0)` is "service 2, price 1: "."""
    words: list[str] = []
    for part in path:
        if isinstance(part, int) and words:
            words[-1] += f" {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words) + ": " if words else ""
