"""What `clearline check` finds: each with its file and line, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """The kinds of disagreement between the published text and the program."""

    CLAUSE_MISSING = "clause_missing"
    CLAUSE_TOO_WIDE = "clause_too_wide"
    CLAUSE_UNUSED = "clause_unused"
    COLUMN_UNDECLARED = "column_undeclared"
    COLUMN_WITHOUT_CLAUSE = "column_without_clause"
    COLUMN_WITHOUT_USE = "column_without_use"
    COOKIE_UNDECLARED = "cookie_undeclared"
    COOKIE_UNUSED = "cookie_unused"
    COOKIE_WITHOUT_CLAUSE = "cookie_without_clause"
    FILE_UNREADABLE = "file_unreadable"
    HEADER_UNDECLARED = "header_undeclared"
    FORM_UNLIKE_CLAUSE = "form_unlike_clause"
    KEPT_TOO_LONG = "kept_too_long"
    SCHEMA_UNREADABLE = "schema_unreadable"
    SCRIPT_INLINE = "script_inline"
    SETTING_UNDECLARED = "setting_undeclared"
    STATEMENT_MISSING = "statement_missing"
    STORAGE_UNDECLARED = "storage_undeclared"
    THIRD_PARTY_UNDECLARED = "third_party_undeclared"
    USE_UNREADABLE = "use_unreadable"
    USE_WITHOUT_CLAUSE = "use_without_clause"
    WAY_OUT_UNDECLARED = "way_out_undeclared"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One disagreement. `line` counts from 1; `remedy` says what to write."""

    file: str
    line: int
    kind: FindingKind
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}\n    {self.remedy}"


def line_of(text: str, *words: str) -> int:
    """Return the line on which the first of the words that stand in the text stands, else 1."""
    for word in words:
        at = text.find(word)
        if at >= 0:
            return text.count("\n", 0, at) + 1
    return 1
