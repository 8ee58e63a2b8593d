"""The places where an instance leaves anything, piece by piece, each with where it was found."""

import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from clearline.kit.columnstore.client import ColumnStore
from tests.with_postgresql import BINARIES

FILE_BYTES_MAX: Final = 512 * 1024 * 1024
DUMP_S: Final = 300


class Piece(NamedTuple):
    """Some bytes, and where they were."""

    place: str
    held: bytes


class Line(NamedTuple):
    text: str


class Column(NamedTuple):
    table: str
    name: str
    kind: str


COLUMNS: Final = """
SELECT table, name, type FROM system.columns WHERE database = currentDatabase()
AND table NOT LIKE '.inner%' AND table IN
(SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
"""


def files_under(folder: Path) -> Iterator[Piece]:
    """Yield every file of a folder whole, its name too, whatever it is for."""
    for path in sorted(folder.rglob("*")):
        place = str(path.relative_to(folder))
        yield Piece(f"the name of {place}", place.encode())
        if path.is_file() and not path.is_symlink():
            assert path.stat().st_size <= FILE_BYTES_MAX, place
            yield Piece(place, path.read_bytes())


def cells_of_sqlite(path: Path) -> Iterator[Piece]:
    """Yield every row of every table of a database file, each cell as its bytes."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = bytes
    try:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            name = table.decode()
            for row in connection.execute(f'SELECT * FROM "{name}"'):  # its own tables
                yield Piece(f"table {name}", b"\n".join(map(told, row)))
    finally:
        connection.close()


def told(cell: object) -> bytes:
    return cell if isinstance(cell, bytes) else str(cell).encode()


def dump_of_postgresql(names: Mapping[str, str]) -> Iterator[Piece]:
    """Yield a whole database as `pg_dump` writes it; `names` are libpq's own words for where."""
    told_where = " ".join(f"{name}='{value}'" for name, value in names.items() if value)
    dump = subprocess.run(
        [str(BINARIES / "pg_dump"), "--no-owner", f"--dbname={told_where}"],
        check=True,
        capture_output=True,
        timeout=DUMP_S,
    )
    yield Piece("pg_dump", dump.stdout)


def rows_of_events(store: ColumnStore) -> Iterator[Piece]:
    """Yield every row of every table in the event store; what has no text as hexadecimal."""
    columns: dict[str, list[str]] = {}
    for table, name, kind in store.query(COLUMNS, Column):
        shown = f"hex(`{name}`)" if kind.startswith("AggregateFunction") else f"`{name}`"
        columns.setdefault(table, []).append(shown)
    for table, shown_so in columns.items():
        told_so = f"formatRow('JSONEachRow', {', '.join(shown_so)})"
        sql = f"SELECT {told_so} FROM `{table}`"  # its own tables
        for row in store.query(sql, Line):
            yield Piece(f"events, table {table}", row.text.encode())
