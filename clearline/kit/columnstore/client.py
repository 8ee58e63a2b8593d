"""The client of the column store: the same for our own store process and a ClickHouse server."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, Self, TypeAlias, TypeVar
from urllib.parse import unquote, urlsplit

import clickhouse_connect
import msgspec
import numpy as np
import numpy.typing as npt
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, Error
from pydantic import SecretStr
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from clearline.kit.columnstore.unix_http import SOCKET_NAME, pool_to
from clearline.kit.errors import Unavailable

CONNECT_S_MAX: Final = 3
ANSWER_S_MAX: Final = 120  # for statements whose own limit is well below it
PATIENT_S_MAX: Final = 3_700  # for those of up to an hour, such as erasing
SPARE_S: Final = 30  # what an answer may take beyond the statement
QUERY_S_MAX: Final = 10.0
WRITE_S_MAX: Final = 60.0
HTTP_PORT: Final = 8123
HTTPS_PORT: Final = 8443

# ClickHouse's numbers: timeouts, rows, bytes, memory, cancelled by us or by a stop.
TOO_MUCH: Final = frozenset({158, 159, 160, 241, 307, 394, 396})
TOO_MANY_AT_ONCE: Final = 202

Parameter: TypeAlias = str | int | float | date | datetime | Sequence[str] | Sequence[int]
Row = TypeVar("Row", bound=tuple[object, ...])
Answer = TypeVar("Answer")
Records: TypeAlias = npt.NDArray[np.void]


class StoreError(Unavailable):
    """The column store did not do what it was asked; the driver's own words are the cause."""

    code: ClassVar[str] = "store_error"


class StoreDown(StoreError):
    code = "store_down"


class StoreOverloaded(StoreError):
    """The statement took longer, or more memory, than it may."""

    code = "store_overloaded"


class StoreRefused(StoreError):
    """The statement is wrong here; `number` is ClickHouse's for the reason, 0 when unknown."""

    code = "store_refused"

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where a store is: the folder of our own process, or a server's URL."""

    data_dir: Path | None = None
    url: str = field(default="", repr=False)
    database: str = "default"


class Instance(Protocol):
    """What an instance's environment says of its store."""

    @property
    def store_url(self) -> SecretStr | None: ...
    @property
    def data_dir(self) -> Path: ...


class ColumnStore:
    """One store. May be shared by threads; connects at the first use and again after a fall."""

    def __init__(self, place: StorePlace) -> None:
        self.place = place
        self.lock = threading.Lock()
        self.pool = None if place.data_dir is None else pool_to(place.data_dir / SOCKET_NAME)
        self.connected: dict[int, Client] = {}  # by how long an answer may take
        self.types: dict[tuple[str, tuple[str, ...]], Sequence[Any]] = {}

    @classmethod
    def of_instance(cls, env: Instance) -> Self:
        """Return the store of an instance, one object in each process."""
        if env.store_url is None:
            return cls.of_place(StorePlace(env.data_dir))
        url = env.store_url.get_secret_value()
        return cls.of_place(
            StorePlace(url=url, database=urlsplit(url).path.strip("/") or "default")
        )

    @classmethod
    @lru_cache(maxsize=8)
    def of_place(cls, place: StorePlace) -> Self:
        return cls(place)

    def query(
        self,
        sql: str,
        shape: type[Row],
        params: Mapping[str, Parameter] | None = None,
        *,
        seconds_max: float = QUERY_S_MAX,
    ) -> tuple[Row, ...]:
        """Return the rows, each as the NamedTuple `shape`; values only ever travel in `params`.

        Raises StoreDown, StoreOverloaded, StoreRefused.
        """

        def ask(client: Client) -> Sequence[Sequence[Any]]:
            return client.query(sql, dict(params or {}), settings=limits(seconds_max)).result_rows

        return msgspec.convert(self.run(ask, seconds_max), tuple[shape, ...])  # type: ignore[valid-type]  # a type made at run time

    def query_records(
        self,
        sql: str,
        dtype: npt.DTypeLike,
        params: Mapping[str, Parameter] | None = None,
        *,
        seconds_max: float = QUERY_S_MAX,
    ) -> Records:
        """Return millions of rows of plain numbers as one array; `dtype` says their exact layout.

        Raises StoreDown, StoreOverloaded, StoreRefused.
        """

        def ask(client: Client) -> bytes:
            return client.raw_query(
                sql, dict(params or {}), settings=limits(seconds_max), fmt="RowBinary"
            )

        return np.frombuffer(self.run(ask, seconds_max), dtype)

    def insert(
        self,
        table: str,
        rows: Sequence[Sequence[object]],
        *,
        columns: Sequence[str],
        token: str,
        seconds_max: float = WRITE_S_MAX,
    ) -> None:
        """Insert rows once: sent again under the same token they change nothing, views included.

        A repetition must carry the same rows in the same order.
        Raises StoreDown, StoreOverloaded, StoreRefused: then it may or may not have happened.
        """
        settings = limits(seconds_max) | {
            "insert_deduplication_token": token,
            "deduplicate_blocks_in_dependent_materialized_views": 1,
        }

        def send(client: Client) -> None:
            types = self.types_of(client, table, tuple(columns))
            client.insert(table, rows, column_names=columns, column_types=types, settings=settings)

        self.run(send, seconds_max)

    def command(
        self,
        sql: str,
        params: Mapping[str, Parameter] | None = None,
        *,
        seconds_max: float = WRITE_S_MAX,
    ) -> None:
        """Run a statement that answers nothing. Raises StoreDown, StoreOverloaded, StoreRefused."""

        def send(client: Client) -> None:
            client.command(sql, dict(params or {}), settings=limits(seconds_max))

        self.run(send, seconds_max)

    def close(self) -> None:
        with self.lock:
            self.connected = {}
        if self.pool is not None:  # a server's is the driver's, which ages its connections
            self.pool.clear()

    def run(self, call: Callable[[Client], Answer], seconds_max: float) -> Answer:
        try:
            return call(self.client(seconds_max))
        except (ClickHouseError, HTTPError, OSError) as error:
            failure = told(error)
            if isinstance(failure, StoreDown):
                self.close()
            raise failure from error

    def client(self, seconds_max: float) -> Client:
        is_short = seconds_max + SPARE_S <= ANSWER_S_MAX
        answer_s_max = ANSWER_S_MAX if is_short else PATIENT_S_MAX
        with self.lock:
            if answer_s_max not in self.connected:
                self.connected[answer_s_max] = connect(self.place, self.pool, answer_s_max)
            return self.connected[answer_s_max]

    def types_of(self, client: Client, table: str, columns: tuple[str, ...]) -> Sequence[Any]:
        """Return the columns' types, asked once."""
        key = (table, columns)
        if key not in self.types:
            self.types[key] = client.create_insert_context(table, list(columns)).column_types
        return self.types[key]


def limits(seconds_max: float) -> dict[str, object]:
    return {"max_execution_time": seconds_max}


def connect(place: StorePlace, pool: PoolManager | None, answer_s_max: int) -> Client:
    """Open a client. Without a session of its own, so that threads may ask at the same time."""
    if pool is not None:
        return clickhouse_connect.get_client(
            host="localhost",
            port=HTTP_PORT,
            pool_mgr=pool,
            database=place.database,
            username="",
            compress=False,
            send_receive_timeout=answer_s_max,
            **COMMON,
        )
    url = urlsplit(place.url)
    is_https = url.scheme == "https"
    return clickhouse_connect.get_client(
        host=url.hostname,
        port=url.port or (HTTPS_PORT if is_https else HTTP_PORT),
        secure=is_https,
        database=place.database,
        username=unquote(url.username or "default"),
        password=unquote(url.password or ""),
        send_receive_timeout=answer_s_max,
        **COMMON,
    )


COMMON: Final[dict[str, Any]] = {
    "autogenerate_session_id": False,
    "autogenerate_query_id": False,
    "connect_timeout": CONNECT_S_MAX,
    "show_clickhouse_errors": "scrub",
}


def told(error: Exception) -> StoreError:
    """Return what a driver's error means to a caller."""
    number = getattr(error, "code", None) if isinstance(error, Error) else None
    if number in TOO_MUCH:
        return StoreOverloaded("This asks too much of the column store. Choose a shorter period.")
    if isinstance(error, DataError):  # the driver's own word: nothing was sent
        return StoreRefused("The column store has no room for such a value in its column.", 0)
    if number is None or number == TOO_MANY_AT_ONCE:
        return StoreDown("The column store does not answer. Visits are kept until it is back.")
    name = getattr(error, "name", None) or "unknown"
    return StoreRefused(f"The column store refused a statement ({number}, {name}).", number)
