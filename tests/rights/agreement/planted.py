"""The breaches in `breaches/*.toml`, and how one is planted in the text of the program.

Nothing here imports the program, so that a planted copy of it can be loaded beside it.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "breaches"
EDITION = "edition.toml"


@dataclass(frozen=True)
class Plant:
    """One change: `old` gives way to `new`; without `old`, `new` ends the file or is a new one.

    `clause` narrows a change of the edition to one clause; with neither text it is deleted.
    """

    file: str
    old: str = ""
    new: str = ""
    clause: str = ""


@dataclass(frozen=True)
class Breach:
    """What is planted, what kind of finding names it, and where: by default where it is planted.

    `at` is a file and words of the line that is named instead. An empty `finds` is no breach.
    """

    that: str
    plants: tuple[Plant, ...]
    finds: str
    at: tuple[str, str] | None

    def __str__(self) -> str:
        return self.that


def breaches_of(name: str) -> tuple[Breach, ...]:
    told = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return tuple(
        Breach(
            that=row["that"],
            plants=tuple(Plant(**plant) for plant in row["plant"]),
            finds=row.get("finds", ""),
            at=(row["at"][0], row["at"][1]) if "at" in row else None,
        )
        for row in told["breach"]
    )


def planted_in(files: Mapping[str, str], breach: Breach) -> dict[str, str]:
    """Return the files of the program, and the edition, with the breach in them."""
    changed = dict(files)
    for plant in breach.plants:
        changed[plant.file] = with_plant(changed.get(plant.file, ""), plant)
    return changed


def with_plant(text: str, plant: Plant) -> str:
    if not plant.clause:
        assert plant.old in text, f"{plant.file} has no longer {plant.old!r}"
        return text.replace(plant.old, plant.new, 1) if plant.old else text + plant.new
    parts = text.split("[[clause]]")
    (number,) = [n for n, part in enumerate(parts) if f'= "{plant.clause}"' in part]
    assert plant.old in parts[number], f"{plant.clause} has no longer {plant.old!r}"
    if plant.old:
        parts[number] = parts[number].replace(plant.old, plant.new, 1)
    else:
        del parts[number]
    return "[[clause]]".join(parts)


def places_of(files: Mapping[str, str], breach: Breach) -> set[tuple[str, int]]:
    """Return each file and line that may be named for a breach."""
    changed = planted_in(files, breach)
    if breach.at:
        file, words = breach.at
        (line,) = [n for n, line in enumerate(changed[file].splitlines(), 1) if words in line]
        is_clause = changed[file].splitlines()[line - 2] == "[[clause]]"
        return {(file, line - is_clause)}  # a clause is named by the line that opens it
    return {
        (file, line)
        for file in {plant.file for plant in breach.plants}
        for line in lines_changed(files.get(file, ""), changed[file])
    }


def lines_changed(before: str, after: str) -> set[int]:
    pairs = difflib.SequenceMatcher(None, before.split("\n"), after.split("\n"), autojunk=False)
    return {
        line
        for tag, _i1, _i2, first, end in pairs.get_opcodes()
        if tag != "equal"
        for line in range(first + 1, end + 2)
    }
