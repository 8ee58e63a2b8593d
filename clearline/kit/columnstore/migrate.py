"""Numbered SQL files: each brings the store's tables one step on, once and in order."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.errors import Conflict

NAME: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
COMMENT: Final = re.compile(r"--[^\n]*")
STEPS_MAX: Final = 1000
STATEMENT_S_MAX: Final = 3_600.0  # one may fill a column from the rows of years

STEP_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_step
(
    number UInt16,     -- not personal: of the file
    name String,       -- not personal: of the file
    sha256 String,     -- not personal: of the file
    at DateTime64(3, 'UTC') DEFAULT now64(3)  -- not personal: when the store took it
)
ENGINE = ReplacingMergeTree ORDER BY number
"""


class SchemaChanged(Conflict):
    code = "schema_changed"


class TakenStep(NamedTuple):
    number: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Step:
    """One file: its statements, in order, each of which may run again after a crash."""

    number: int
    name: str
    sha256: str
    statements: tuple[str, ...]


def migrate(store: ColumnStore, directory: Path) -> tuple[str, ...]:
    """Run the files that the store has not taken yet and return their names.

    Only who fills the tables calls this: while a view is made anew nothing may be inserted.
    Raises SchemaChanged, StoreError.
    """
    taken = read_taken(store)
    done: list[str] = []
    for step in read_steps(directory):
        if step.number in taken:
            require_unchanged(step, taken[step.number])
            continue
        for statement in step.statements:
            store.command(statement, seconds_max=STATEMENT_S_MAX)
        store.command(
            "INSERT INTO schema_step (number, name, sha256)"
            " VALUES ({number:UInt16}, {name:String}, {sha256:String})",
            {"number": step.number, "name": step.name, "sha256": step.sha256},
        )
        done.append(step.name)
    return tuple(done)


def is_current(store: ColumnStore, directory: Path) -> bool:
    """Return whether the store has taken all files. Raises StoreError."""
    return read_taken(store).keys() >= {step.number for step in read_steps(directory)}


def read_taken(store: ColumnStore) -> dict[int, str]:
    """Return the number and the sum of each file that the store has taken."""
    store.command(STEP_TABLE)
    known = store.query("SELECT number, sha256 FROM schema_step FINAL", TakenStep)
    return {step.number: step.sha256 for step in known}


def require_unchanged(step: Step, sha256: str) -> None:
    if step.sha256 != sha256:
        message = f"{step.name} was changed after the store took it. Put the change in a new file."
        raise SchemaChanged(message)


def read_steps(directory: Path) -> tuple[Step, ...]:
    """Return the files of a directory in order. Raises SchemaChanged when the numbers have gaps."""
    steps: list[Step] = []
    for path in sorted(directory.glob("*.sql"))[:STEPS_MAX]:
        match = NAME.fullmatch(path.name)
        if match is None or int(match.group(1)) != len(steps) + 1:
            message = f"{path.name}: name it {len(steps) + 1:04d}_what_it_does.sql"
            raise SchemaChanged(message)
        text = path.read_text(encoding="utf-8")
        statements = (part.strip() for part in COMMENT.sub("", text).split(";"))
        steps.append(
            Step(
                number=len(steps) + 1,
                name=path.name,
                sha256=hashlib.sha256(text.encode()).hexdigest(),
                statements=tuple(statement for statement in statements if statement),
            )
        )
    return tuple(steps)
