"""The engine in the store process: a fixed number of connections, one statement on each at a time.

chDB hangs in a forked child and crashes when a statement runs at exit, so nothing else opens it.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from chdb import connect as open_connection
from chdb.state.sqlitelike import Connection

from clearline.kit.columnstore.statement import (
    INSERT_WITH_ROWS,
    EngineBusy,
    EngineRefused,
    Statement,
)

CONNECTIONS: Final = 8
MEMORY_BYTES_MAX: Final = 3 * 1024**3
RESULT_BYTES_MAX: Final = 256 * 1024**2
QUEUE_S_MAX: Final = 10.0

CHUNK_BYTES: Final = 1024**2
SETTING_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
ERROR_CODE: Final = re.compile(r"Code: (\d+)")
UNKNOWN_SETTING: Final = 115
UNEXPECTED: Final = 1002  # ClickHouse's own number for an error without one

# What each statement starts from; it may set others for itself.
BASE_SETTINGS: Final[Mapping[str, str]] = {
    "max_memory_usage": str(MEMORY_BYTES_MAX // 2),
    "max_execution_time": "60",
    "max_result_bytes": str(RESULT_BYTES_MAX),
    "session_timezone": "UTC",
    "log_queries": "0",
}


class Engine:
    """An open store. Statements may come from many threads."""

    def __init__(self, directory: Path) -> None:
        """Open or make the store. Raises EngineRefused, for one when another process has it."""
        self.place = f"{directory}?max_server_memory_usage={MEMORY_BYTES_MAX}"
        self.idle: SimpleQueue[Connection] = SimpleQueue()
        self.control = self.connect()  # for KILL, which must never wait
        self.control_lock = threading.Lock()
        for _ in range(CONNECTIONS):
            self.idle.put(self.connect())

    def connect(self) -> Connection:
        with told_as_refusal():
            connection = open_connection(self.place)
            connection.query(f"SET {assignments(BASE_SETTINGS)}")
        return connection

    def execute(self, statement: Statement) -> bytes:
        """Return what a statement answers, in the format it names, else TabSeparated.

        Raises EngineRefused, EngineBusy.
        """
        settings = {**statement.settings, "log_comment": statement.tag}
        for name in settings:
            if not SETTING_NAME.fullmatch(name):
                message = f"Code: {UNKNOWN_SETTING}. {name[:100]!r} is no name of a setting"
                raise EngineRefused(message, UNKNOWN_SETTING)
        with self.connection() as connection, told_as_refusal():
            connection.query(f"USE {quoted_name(statement.database)}")
            try:
                connection.query(f"SET {assignments(settings)}")
                return run(connection, statement)
            finally:
                connection.query(f"SET {assignments(restored(settings))}")

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        try:
            connection = self.idle.get(timeout=QUEUE_S_MAX)
        except Empty:
            raise EngineBusy from None
        try:
            yield connection
        finally:
            self.idle.put(connection)

    def kill(self, tag: str) -> None:
        """Ask a statement to stop; it ends a moment later with an error of its own."""
        with self.control_lock, told_as_refusal():
            self.control.query(
                "KILL QUERY WHERE Settings['log_comment'] = {tag:String} ASYNC", params={"tag": tag}
            )

    def close(self) -> None:
        """Close the store. No statement may run, nor come after."""
        for _ in range(CONNECTIONS):
            self.idle.get(timeout=QUEUE_S_MAX).close()
        self.control.close()


def run(connection: Connection, statement: Statement) -> bytes:
    insert = INSERT_WITH_ROWS.match(statement.text)
    if insert is None:
        answer = connection.query(
            statement.text.decode(), "TabSeparated", params=dict(statement.parameters)
        )
        return bytes(answer.bytes())
    head, rows_format = insert.group(1).decode(), insert.group(2).decode()
    with connection.send_insert(head, rows_format) as inserter:
        for start in range(insert.end(), len(statement.text), CHUNK_BYTES):
            inserter.append(statement.text[start : start + CHUNK_BYTES])
        inserter.finish()
    return b""


@contextmanager
def told_as_refusal() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, UnicodeDecodeError) as error:
        text = str(error)
        start = max(0, text.find("Code: "))
        code = ERROR_CODE.search(text)
        raise EngineRefused(text[start:], int(code.group(1)) if code else UNEXPECTED) from None


def restored(settings: Mapping[str, str]) -> dict[str, str | None]:
    return {name: BASE_SETTINGS.get(name) for name in settings}


def assignments(settings: Mapping[str, str] | Mapping[str, str | None]) -> str:
    return ", ".join(
        f"{name} = {'DEFAULT' if value is None else quoted(value)}"
        for name, value in settings.items()
    )


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def quoted_name(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"
