"""What the program says it does, read from its files. Nothing of them is imported or run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from clearline.rights.agreement.answers import find_in_answers
from clearline.rights.agreement.code import Code
from clearline.rights.agreement.columns import find_model_columns
from clearline.rights.agreement.cookies import FoundCookie, SetCookie, find_cookies
from clearline.rights.agreement.files_written import find_files_written
from clearline.rights.agreement.finding import Finding, FindingKind
from clearline.rights.agreement.markup import find_in_markup, find_in_style
from clearline.rights.agreement.schema import FoundColumn, find_sql_columns, find_sql_in_code
from clearline.rights.agreement.scripts import find_script_reach
from clearline.rights.agreement.spans import FoundSpan, find_spans
from clearline.rights.agreement.stored import (
    ENTRIES,
    EVENTS,
    FoundField,
    find_entry_fields,
    find_event_fields,
)
from clearline.rights.agreement.uses import FoundUse, NamedClause, find_clause_names, find_uses
from clearline.rights.agreement.ways_out import find_ways_out

PACKAGE: Final = Path(__file__).parents[2]
FILES_MAX: Final = 5000
SCANNER: Final = "clearline/rights/agreement/"  # its lists of words are no pages
MARKUP: Final = re.compile(r"<[a-z!?/][^>]*[>\ue000]", re.IGNORECASE)
STYLE: Final = re.compile(r"@import\b|\burl\(", re.IGNORECASE)
# Read by their own strict parsers, which refuse what they do not know; they run nothing.
PLAIN: Final = frozenset({".toml", ".md"})

Found = (
    FoundUse
    | NamedClause
    | FoundColumn
    | FoundField
    | FoundCookie
    | SetCookie
    | FoundSpan
    | Finding
)
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Sources:
    """All that was found in the files, in their order."""

    found: tuple[Found, ...]

    def all_of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        return tuple(each for each in self.found if isinstance(each, kind))


def read_files(package: Path) -> dict[str, str]:
    """Return each file of the program by its name, with its text."""
    paths = sorted(path for path in package.rglob("*") if path.is_file())[:FILES_MAX]
    return {
        str(path.relative_to(package.parent)): path.read_text(encoding="utf-8", errors="replace")
        for path in paths
        if "__pycache__" not in path.parts
    }


def read_sources(files: Mapping[str, str]) -> Sources:
    return Sources(tuple(found for file, text in files.items() for found in read_file(file, text)))


@lru_cache(maxsize=FILES_MAX)
def read_file(file: str, text: str) -> tuple[Found, ...]:
    """Return what one file says it does. Remembered: an edition is published after its check."""
    return tuple(find_in(file, text))


def find_in(file: str, text: str) -> Iterator[Found]:
    match Path(file).suffix:
        case ".py":
            yield from find_in_code(file, text)
        case ".sql":
            yield from find_sql_columns(text, file)
        case ".html" | ".svg" | ".txt":  # of a letter, read as if a browser did
            yield from find_in_markup(text, file)
        case ".css":
            yield from find_in_style(text, file)
        case ".js":
            yield from find_script_reach(text, file)
        case suffix if suffix not in PLAIN:
            what = "check cannot read this kind of file"
            remedy = "Write it as one of .py, .sql, .html, .svg, .txt, .css, .js or .toml."
            yield Finding(file, 1, FindingKind.FILE_UNREADABLE, what, remedy)


def find_in_code(file: str, text: str) -> Iterator[Found]:
    try:
        code = Code.read(text, file)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        remedy = "Mend it: what cannot be read cannot be checked."
        what = "this file is no Python"
        yield Finding(file, line, FindingKind.FILE_UNREADABLE, what, remedy)
        return
    yield from find_uses(code)
    yield from find_clause_names(code)
    yield from find_model_columns(code)
    yield from find_cookies(code)
    yield from find_ways_out(code)
    yield from find_files_written(code)
    yield from find_in_answers(code)
    yield from find_entry_fields(code)
    if file.startswith(ENTRIES):
        yield from find_spans(code)
    if file == EVENTS:
        yield from find_event_fields(code)
    for words, line in code.texts:
        yield from find_sql_in_code(words, file, line)
        if not file.startswith(SCANNER) and MARKUP.search(words):
            yield from find_in_markup(words, file, first=line)
        elif not file.startswith(SCANNER) and STYLE.search(words):
            yield from find_in_style(words, file, first=line)
