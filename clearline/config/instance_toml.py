"""Reading `clearline.toml` strictly: what nobody asked for is refused with its line."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from clearline.kit.errors import Invalid
from clearline.kit.strict_toml import NoToml, lines_of, to_values

NAME: Final = "clearline.toml"
CHARACTERS_MAX: Final = 100_000
NOT_IN_THE_FILE: Final = frozenset({"instance"})  # it is where the file stands


class SettingsBroken(Invalid):
    """`clearline.toml` cannot be used; the text names every line that is wrong."""

    code = "settings_broken"


def read_settings(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    """Return what the file says, nothing when there is none. Raises SettingsBroken."""
    try:
        text = read_text(path)
        values = to_values(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror})."
        raise SettingsBroken(message) from None
    except (UnicodeDecodeError, NoToml) as error:
        message = f"{path} is not TOML: {error}. Mend that line and run the command again."
        raise SettingsBroken(message) from None
    lines = lines_of(text)
    unknown = [
        f"{path}:{lines.get(place, 1)}: {problem}" for place, problem in unknown_in(values, model)
    ]
    if unknown:
        raise SettingsBroken("\n".join([*unknown, "Mend that and run the command again."]))
    return values


def read_text(path: Path) -> str:
    """Return the text of the file. Raises SettingsBroken, OSError, UnicodeDecodeError."""
    with path.open(encoding="utf-8") as file:
        text = file.read(CHARACTERS_MAX + 1)
    if len(text) > CHARACTERS_MAX:
        message = (
            f"{path} is longer than {CHARACTERS_MAX:,} characters. Take out what is no setting."
        )
        raise SettingsBroken(message)
    return text


def unknown_in(
    values: Mapping[str, Any], model: type[BaseModel], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
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
