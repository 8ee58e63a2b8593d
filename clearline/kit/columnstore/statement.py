"""One statement on its way to the engine, and how the engine may refuse it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Rows that follow their statement; VALUES and SELECT are part of it and go the plain way.
INSERT_WITH_ROWS: Final = re.compile(
    rb"\s*(INSERT\s+INTO\s+[^\s(]+\s*(?:\([^()]*\)\s*)?)FORMAT\s+(\w+)[ \t]*\r?\n", re.IGNORECASE
)


class EngineRefused(Exception):
    """The engine did not do a statement; `code` is ClickHouse's number of the reason."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class EngineBusy(Exception):
    """All connections were taken for as long as a statement may wait."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one request asks for. `tag` is its name among those that run."""

    tag: str
    text: bytes  # with the rows to insert behind it
    database: str = "default"
    settings: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
