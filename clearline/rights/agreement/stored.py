"""Finding what is kept beside tables: the fields of ledger entries and of journalled events."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from clearline.rights.agreement.code import Code
from clearline.rights.agreement.columns import data_of
from clearline.rights.agreement.finding import Finding, FindingKind
from clearline.rights.agreement.schema import FoundColumn

ENTRIES: Final = "clearline/trust/ledger/entries/"
EVENTS: Final = "clearline/reach/visitors/event.py"
STORED_EVENT: Final = "StoredEvent"
ENTRY: Final = "LedgerEntry"


@dataclass(frozen=True, slots=True)
class FoundField:
    """One field of a journalled event, by the name of its column."""

    file: str
    line: int
    name: str


def find_entry_fields(code: Code) -> Iterator[Finding]:
    """Yield each field of a ledger entry that its DATA does not tell of, and entries unseen."""
    for owner in (node for node in code.nodes if isinstance(node, ast.ClassDef)):
        bases = [ast.unparse(each).rpartition(".")[2] for each in owner.bases]
        is_at_home = code.file.startswith(ENTRIES)
        if not is_at_home and ENTRY not in bases:
            continue
        is_known = bases == [ENTRY] or (owner.name == ENTRY and not bases)
        if not is_at_home or not is_known or owner not in code.tree.body:
            text = f"{owner.name} is a ledger entry of a form that nobody looks into"
            remedy = f"Write class {owner.name}({ENTRY}) in {ENTRIES}, by itself."
            yield Finding(code.file, owner.lineno, FindingKind.COLUMN_UNDECLARED, text, remedy)
        told = data_of(owner)
        for name, line in fields_in(owner):
            if name not in told:
                text = f"field {name} of {owner.name} is written into the ledger, and is not told"
                remedy = "Name it in the entry's DATA, with why it tells of nobody."
                yield Finding(code.file, line, FindingKind.COLUMN_UNDECLARED, text, remedy)


def find_event_fields(code: Code) -> Iterator[FoundField]:
    """Yield each field of an event as the journal carries it."""
    for owner in (node for node in code.tree.body if isinstance(node, ast.ClassDef)):
        if owner.name == STORED_EVENT:
            for name, line in fields_in(owner):
                yield FoundField(code.file, line, name.removesuffix("_ms"))


def fields_without_column(
    fields: Iterable[FoundField], columns: Iterable[FoundColumn]
) -> Iterator[Finding]:
    """Yield each field of a journalled event that is no declared column of the event tables."""
    known = {column.name for column in columns}
    for field in fields:
        if field.name not in known:
            text = (
                f"field {field.name} of an event is journalled, and is no column that is declared"
            )
            remedy = "Declare the column in a numbered SQL file, or take the field out."
            yield Finding(field.file, field.line, FindingKind.COLUMN_UNDECLARED, text, remedy)


def fields_in(owner: ast.ClassDef) -> Iterator[tuple[str, int]]:
    """Yield (field, line) of a class."""
    for field in (each for each in owner.body if isinstance(each, ast.AnnAssign)):
        if "ClassVar" not in ast.unparse(field.annotation):
            yield ast.unparse(field.target), field.lineno
