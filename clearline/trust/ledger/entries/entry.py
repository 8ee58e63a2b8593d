"""What every kind of entry has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from clearline.policy.retention import Retention
from clearline.policy.vocabulary import ClauseId


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One fact. Fields are text, whole numbers, yes or no, or tuples of text: nothing else.

    `rests_on` is the clause that promises an end of it, and DATA why each field tells of nobody.
    """

    kind: ClassVar[str]
    rests_on: ClassVar[ClauseId | None]
    kept: ClassVar[Retention | None]
    DATA: ClassVar[Mapping[str, str]]
