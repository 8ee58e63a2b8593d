"""What `clearline check` finds: each with its file and line, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """The kinds of disagreement between the published text and the program."""

    USE_WITHOUT_CLAUSE = "use_without_clause"
    USE_UNREADABLE = "use_unreadable"
    CLAUSE_MISSING = "clause_missing"
    CLAUSE_UNUSED = "clause_unused"
    COLUMN_UNDECLARED = "column_undeclared"
    COLUMN_WITHOUT_CLAUSE = "column_without_clause"
    COOKIE_UNDECLARED = "cookie_undeclared"
    COOKIE_WITHOUT_CLAUSE = "cookie_without_clause"
    STORAGE_UNDECLARED = "storage_undeclared"
    THIRD_PARTY_UNDECLARED = "third_party_undeclared"


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
