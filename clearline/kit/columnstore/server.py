"""The store process: one engine behind ClickHouse's HTTP interface, on a socket of its owner.

It speaks the part of that interface which clickhouse-connect uses, uncompressed.
"""

import contextlib
import os
import secrets
import select
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

import structlog

from clearline.kit.columnstore.statement import (
    INSERT_WITH_ROWS,
    EngineBusy,
    EngineRefused,
    Statement,
)
from clearline.kit.columnstore.unix_http import SOCKET_NAME, short_name
from clearline.kit.errors import Unavailable

if TYPE_CHECKING:  # see open_engine
    from clearline.kit.columnstore.engine import Engine

HTTP_CONNECTIONS_MAX: Final = 32
IDLE_S_MAX: Final = 30.0
BODY_BYTES_MAX: Final = 64 * 1024**2
CHUNK_HEAD_BYTES_MAX: Final = 64
PARAMETERS_MAX: Final = 200
WATCH_S: Final = 0.1
STOP_S: Final = 2.0  # what statements get to end by themselves
KILLED_S: Final = 2.0  # what they get after KILL

# ClickHouse's numbers for what is refused before the engine sees it.
NOT_IMPLEMENTED: Final = 48
TOO_LARGE: Final = 131
TOO_MANY: Final = 202
CANNOT_PARSE: Final = 306

# Said to the HTTP interface, not to the engine.
TRANSPORT: Final = frozenset(
    {
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "database",
        "default_format",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "log_comment",
        "query",
        "query_id",
        "send_progress_in_http_headers",
        "session_id",
        "session_timeout",
        "wait_end_of_query",
    }
)

log = structlog.get_logger()


class StoreNotOpened(Unavailable):
    code = "store_not_opened"


class NotTaken(Exception):
    """The request is refused before it reaches the engine."""

    def __init__(self, status: HTTPStatus, code: int, message: str) -> None:
        super().__init__(f"Code: {code}. {message}")
        self.status = status
        self.code = code


class Running:
    """The statements that run now. None starts once it is told to stop."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.askers: dict[str, socket.socket | None] = {}
        self.is_stopping = False

    @contextlib.contextmanager
    def one(self, tag: str, asker: socket.socket | None) -> Iterator[None]:
        """Count a statement as running; with an asker it ends when that one goes away."""
        with self.changed:
            if self.is_stopping:
                raise NotTaken(HTTPStatus.SERVICE_UNAVAILABLE, TOO_MANY, "the store is stopping")
            self.askers[tag] = asker
        try:
            yield
        finally:
            with self.changed:
                del self.askers[tag]
                self.changed.notify_all()

    def deserted(self) -> list[str]:
        """Return the tags of statements whose asker has gone away."""
        with self.changed:
            tags = {asker.fileno(): tag for tag, asker in self.askers.items() if asker is not None}
            poll = select.poll()
            for handle in tags:
                poll.register(handle, select.POLLRDHUP)
            return [tags[handle] for handle, _ in poll.poll(0)]

    def tags(self) -> list[str]:
        with self.changed:
            return list(self.askers)

    def stop(self) -> None:
        with self.changed:
            self.is_stopping = True

    def wait_for_none(self, seconds: float) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: not self.askers, timeout=seconds)


class StoreServer(ThreadingUnixStreamServer):
    """Answers requests, each connection on a thread of its own, with a fixed number of them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 2 * HTTP_CONNECTIONS_MAX

    def __init__(self, path: Path, engine: "Engine") -> None:
        with short_name(path) as name:
            super().__init__(name, Handler, bind_and_activate=False)
            self.server_bind()
        path.chmod(0o600)  # nobody can connect before the next line
        self.server_activate()
        self.path = path
        self.engine = engine
        self.running = Running()
        self.free = threading.Semaphore(HTTP_CONNECTIONS_MAX)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # as there
        if not self.free.acquire(blocking=False):
            with contextlib.suppress(OSError):
                request.sendall(FULL)
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # as there
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()

    def server_close(self) -> None:
        super().server_close()
        with contextlib.suppress(OSError):  # one left behind leads nowhere
            self.path.unlink()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away; the error itself was answered if it could be."""


FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n"
    b"X-ClickHouse-Exception-Code: 202\r\n\r\n"
)


class Handler(BaseHTTPRequestHandler):
    """One connection: its requests, one after the other."""

    server: StoreServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S_MAX
    wbufsize = -1

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self.answer(HTTPStatus.OK, b"Ok.\n")
        else:
            self.take()

    def do_POST(self) -> None:
        self.take()

    def take(self) -> None:
        """Run the statement that the request carries and answer it."""
        try:
            statement = to_statement(urlsplit(self.path), self.read_body())
            is_insert = INSERT_WITH_ROWS.match(statement.text)  # these are short, and do not stop
            with self.server.running.one(statement.tag, None if is_insert else self.connection):
                answer = self.server.engine.execute(statement)
        except NotTaken as error:
            self.close_connection = True  # what it had still to say was not read
            self.refuse(error.status, error.code, str(error))
        except EngineRefused as error:
            self.refuse(HTTPStatus.INTERNAL_SERVER_ERROR, error.code, str(error))
        except EngineBusy:
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE, TOO_MANY, "Code: 202. too many statements")
        else:
            self.answer(HTTPStatus.OK, answer)

    def read_body(self) -> bytes:
        if self.headers.get("Content-Encoding", "identity") != "identity":
            message = "compressed requests are not read; send it plain"
            raise NotTaken(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, NOT_IMPLEMENTED, message)
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self.read_chunks())
        return self.read_exactly(to_length(self.headers.get("Content-Length", "0"), 10))

    def read_chunks(self) -> Iterator[bytes]:
        total = 0
        while size := to_length(self.read_head().partition(";")[0], 16):
            total += size
            to_length(str(total), 10)
            yield self.read_exactly(size)
            self.read_head()
        while self.read_head():
            pass  # trailers

    def read_head(self) -> str:
        return self.rfile.readline(CHUNK_HEAD_BYTES_MAX).decode("latin-1").strip()

    def read_exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise NotTaken(HTTPStatus.BAD_REQUEST, CANNOT_PARSE, "the request was cut off")
        return body

    def refuse(self, status: HTTPStatus, code: int, message: str) -> None:
        self.answer(status, message.encode() + b"\n", code)

    def answer(self, status: HTTPStatus, body: bytes, code: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        if code:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep no log of requests."""


def to_length(text: str, base: int) -> int:
    """Return a length a request may have. Raises NotTaken."""
    try:
        length = int(text, base)
    except ValueError:
        raise NotTaken(HTTPStatus.BAD_REQUEST, CANNOT_PARSE, "this is no length") from None
    if not 0 <= length <= BODY_BYTES_MAX:
        message = f"a request may have {BODY_BYTES_MAX} bytes"
        raise NotTaken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE, message)
    return length


def to_statement(url: SplitResult, body: bytes) -> Statement:
    try:
        told = dict(parse_qsl(url.query, keep_blank_values=True, max_num_fields=PARAMETERS_MAX))
    except ValueError:
        raise NotTaken(HTTPStatus.BAD_REQUEST, CANNOT_PARSE, "too many parameters") from None
    text = b"\n".join(part for part in (told.get("query", "").encode(), body) if part)
    parameters = {name for name in told if name.startswith("param_")}
    return Statement(
        tag=secrets.token_hex(8),
        text=text,
        database=told.get("database", "default"),
        settings={name: told[name] for name in told.keys() - TRANSPORT - parameters},
        parameters={name.removeprefix("param_"): told[name] for name in parameters},
    )


def run_store(data_dir: Path, *, when_ready: Callable[[], object] = lambda: None) -> None:
    """Serve the store until SIGTERM, then stop in order. For the main thread of a spawned process.

    `data_dir` gets `events/` and `events.socket`. `when_ready` is called once requests are taken.
    Raises StoreNotOpened.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    engine = open_engine(data_dir / "events")
    server = listen(data_dir / SOCKET_NAME, engine)
    threading.Thread(target=server.serve_forever, args=(WATCH_S,), daemon=True).start()
    threading.Thread(target=end_deserted, args=(server, stop), daemon=True).start()
    try:
        when_ready()
        stop.wait()
    finally:
        stop.set()
        stop_in_order(server)


def open_engine(directory: Path) -> "Engine":
    # A process that loaded chDB may never fork; this module is loaded by those that do.
    from clearline.kit.columnstore.engine import Engine  # noqa: PLC0415

    directory.mkdir(parents=True, exist_ok=True)
    try:
        return Engine(directory)
    except EngineRefused as error:
        message = (
            f"The column store in {directory} cannot be opened ({error}). "
            "Is another store process of this instance running?"
        )
        raise StoreNotOpened(message) from None


def listen(path: Path, engine: "Engine") -> StoreServer:
    try:
        path.unlink(missing_ok=True)  # of a store that was killed: two cannot have the engine open
        return StoreServer(path, engine)
    except OSError as error:
        message = (
            f"The column store cannot listen at {path} ({error.strerror}). "
            "Put the instance on a disk of this machine."
        )
        raise StoreNotOpened(message) from None


def end_deserted(server: StoreServer, stop: threading.Event) -> None:
    """Kill the statements of clients that went away, until the store stops."""
    while not stop.wait(WATCH_S):
        for tag in server.running.deserted():
            kill(server.engine, tag)


def stop_in_order(server: StoreServer) -> None:
    """Take no more, let statements end, kill those that do not, then close the engine."""
    server.shutdown()
    server.server_close()
    server.running.stop()
    if not server.running.wait_for_none(STOP_S):
        for tag in server.running.tags():
            kill(server.engine, tag)
    if server.running.wait_for_none(KILLED_S):
        server.engine.close()
        log.info("store.stopped")
        return
    log.warning("store.stopped_hard", statements=len(server.running.tags()))
    os._exit(1)  # what was answered is on the disk; closing under a running statement crashes


def kill(engine: "Engine", tag: str) -> None:
    try:
        engine.kill(tag)
    except EngineRefused as error:
        log.warning("store.kill_refused", code=error.code)
