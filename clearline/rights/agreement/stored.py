"""Finding what is kept beside tables: the fields of ledger entries and of journalled events."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from clearline.rights.agreement.code import Code
from clearline.rights.agreement.finding import Finding, FindingKind
from clearline.rights.agreement.schema import FoundColumn

ENTRIES: Final = "clearline/trust/ledger/entries.py"
EVENTS: Final = "clearline/reach/visitors/event.py"
STORED_EVENT: Final = "StoredEvent"
# What a ledger entry may say, and why none of it tells of a person: docs/ledger.md.
ENTRY_FIELDS: Final[Mapping[str, str]] = {
    "yes": "names of choices",
    "no": "names of choices",
    "method": "how a choice was told",
    "surface": "where a choice was told",
    "edition": "a day",
    "text": "words of ours",
    "by_signal": "names of choices",
    "before": "an entry by random number",
    "purpose": "a word of the vocabulary",
    "categories": "words of the vocabulary",
    "recipient": "a word of the vocabulary and a company",
    "by": "a job, or staff by random number",
    "reason": "a word of a closed list",
    "clause": "a clause",
    "date": "a day",
    "sha256": "a hash of a file",
    "is_material": "of an edition",
    "uses_found": "a count",
    "uses_covered": "a count",
    "batch": "the name of a batch",
    "rows": "a count",
    "counts": "counts",
    "login": "staff by random number",
    "roles": "words of a closed list",
    "is_active": "of a login of staff",
    "report": "the name of a report",
    "page": "the name of a page",
    "query": "the question that a report answers",
    "format": "the kind of a file",
}


@dataclass(frozen=True, slots=True)
class FoundField:
    """One field of a journalled event, by the name of its column."""

    file: str
    line: int
    name: str


def find_entry_fields(code: Code) -> Iterator[Finding]:
    """Yield each field of a ledger entry that nobody told about."""
    for owner, name, line in fields_in(code):
        if name not in ENTRY_FIELDS:
            text = f"field {name} of {owner} is written into the ledger, and nobody told what it is"
            remedy = "Name it in rights/agreement/stored.py, with why it tells of nobody."
            yield Finding(code.file, line, FindingKind.COLUMN_UNDECLARED, text, remedy)


def find_event_fields(code: Code) -> Iterator[FoundField]:
    """Yield each field of an event as the journal carries it."""
    for owner, name, line in fields_in(code):
        if owner == STORED_EVENT:
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


def fields_in(code: Code) -> Iterator[tuple[str, str, int]]:
    """Yield (class, field, line) of each class of a file."""
    for owner in (node for node in code.tree.body if isinstance(node, ast.ClassDef)):
        for field in (each for each in owner.body if isinstance(each, ast.AnnAssign)):
            if "ClassVar" not in ast.unparse(field.annotation):
                yield owner.name, ast.unparse(field.target), field.lineno
