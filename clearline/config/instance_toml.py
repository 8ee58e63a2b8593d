"""Reading `clearline.toml` strictly: what nobody asked for is refused with its line."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from clearline.kit.errors import Invalid

NAME: Final = "clearline.toml"
HEADER: Final = re.compile(r"\s*\[([\w.\s-]+)\]")
SETTING: Final = re.compile(r"\s*([\w.\s-]+?)\s*=")
NOT_IN_THE_FILE: Final = frozenset({"instance"})  # it is where the file stands

Place: TypeAlias = tuple[str, ...]


class SettingsBroken(Invalid):
    """`clearline.toml` cannot be used; the text names every line that is wrong."""

    code = "settings_broken"


def read_settings(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    """Return what the file says, nothing when there is none. Raises SettingsBroken."""
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror})."
        raise SettingsBroken(message) from None
    except (ValueError, RecursionError) as error:
        message = f"{path} is not TOML: {error}. Mend that line and run the command again."
        raise SettingsBroken(message) from None
    lines = lines_of(text)
    unknown = [
        f"{path}:{lines.get(place, 1)}: {problem}" for place, problem in unknown_in(values, model)
    ]
    if unknown:
        raise SettingsBroken("\n".join([*unknown, "Mend that and run the command again."]))
    return values


def unknown_in(
    values: Mapping[str, Any], model: type[BaseModel], above: Place = ()
) -> Iterator[tuple[Place, str]]:
    """Yield each setting that the model does not have, with the nearest one that it has."""
    known = sorted(set(model.model_fields) - NOT_IN_THE_FILE)
    for name, value in values.items():
        place = (*above, name)
        if name not in known:
            near = get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
            yield place, f"there is no setting {'.'.join(place)}; {meant}"
            continue
        below = model.model_fields[name].annotation
        if isinstance(value, Mapping) and isinstance(below, type) and issubclass(below, BaseModel):
            yield from unknown_in(value, below, place)


def lines_of(text: str) -> dict[Place, int]:
    """Return the line on which each setting and each table of the file stands."""
    lines: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            table = parts_of(header.group(1))
            lines.setdefault(table, number)
        elif setting := SETTING.match(line):
            for end, _ in enumerate(whole := (*table, *parts_of(setting.group(1))), start=1):
                lines.setdefault(whole[:end], number)
    return lines


def parts_of(name: str) -> Place:
    return tuple(part.strip() for part in name.split("."))
