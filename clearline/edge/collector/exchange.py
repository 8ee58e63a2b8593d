"""Reading a request and writing its answer, in ASGI's words; each read has its limit."""

import asyncio
import hashlib
import re
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from clearline.edge.collector.intake import (
    BODY_BYTES_MAX,
    EVENTS_PATH,
    Arrival,
    Refused,
)
from clearline.edge.collector.intake import Refusal as Reason
from clearline.kit.network import address_seen
from clearline.kit.secure_headers import SAFE, SAFE_BARE

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

BODY_S_MAX: Final = 10.0
HEADERS_MAX: Final = 100

SCRIPT: Final = (Path(__file__).parent / "cl.js").read_bytes()
SCRIPT_GZIP: Final = zlib.compress(SCRIPT, 9, wbits=31)
SCRIPT_TAG: Final = b'"' + hashlib.sha256(SCRIPT).hexdigest()[:16].encode() + b'"'
GIF: Final = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)

NO_STORE: Final = (b"cache-control", b"no-store")
PLAIN: Final = (b"content-type", b"text/plain; charset=utf-8")
SIZE: Final = re.compile(rb"-1|[0-9]{1,12}")
EMPTY_START: Final = {"type": "http.response.start", "status": 204, "headers": [*SAFE_BARE]}
EMPTY_BODY: Final = {"type": "http.response.body", "body": b""}
GIF_START: Final = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        NO_STORE,
        (b"content-type", b"image/gif"),
        (b"content-length", str(len(GIF)).encode()),
        *SAFE_BARE,
    ],
}
GIF_BODY: Final = {"type": "http.response.body", "body": GIF}
# After these the rest of the request is not read, so nothing else can come on the connection.
ENDING: Final = frozenset({Reason.TOO_BIG, Reason.TOO_SLOW})


class Reader:
    """Reads requests, each body within its limits of size and time.

    One look a second at the bodies still being read stands for a timer on each: at thousands of
    requests a second the timers would cost more than all the rest.
    """

    def __init__(self, proxies: int) -> None:
        self.proxies = proxies
        self.began: dict[asyncio.Task[object], float] = {}
        self.given_up: set[asyncio.Task[object]] = set()

    async def read(self, scope: Scope, receive: Receive) -> Arrival | Reason:
        raw: Headers = scope["headers"]
        if len(raw) > HEADERS_MAX:
            return Reason.TOO_MANY_HEADERS
        headers = dict(raw)
        if len(headers) < len(raw):
            headers[b"cookie"] = b"; ".join(value for name, value in raw if name == b"cookie")
            headers[b"sec-gpc"] = b",".join(value for name, value in raw if name == b"sec-gpc")
        method: str = scope["method"]
        body = await self.read_body(headers, receive) if method == "POST" else b""
        if isinstance(body, Reason):
            return body
        return Arrival(
            method=method,
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            client_ip=client_address(scope, self.proxies),
        )

    async def read_body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes | Reason:
        """Return the body up to the size declared, or to its end when none was."""
        size = declared_size(headers.get(b"content-length", b"-1"))
        if size > BODY_BYTES_MAX:
            return Reason.TOO_BIG
        task = asyncio.current_task()
        assert task is not None, "an ASGI application runs in a task"  # noqa: S101
        self.began[task] = task.get_loop().time()
        body, more = b"", size != 0
        try:
            while more and len(body) <= BODY_BYTES_MAX:
                message = await receive()
                body += message.get("body", b"")
                more = len(body) != size and message.get("more_body", False)
        except asyncio.CancelledError:
            if task not in self.given_up:
                raise
            self.given_up.discard(task)
            task.uncancel()
            return Reason.TOO_SLOW
        finally:
            del self.began[task]
        return body if len(body) <= BODY_BYTES_MAX else Reason.TOO_BIG

    def give_up_on_slow(self, now_s: float) -> None:
        """Stop reading what has taken too long; `now_s` is the loop's time."""
        for task, began_s in self.began.items():
            if now_s - began_s > BODY_S_MAX and task not in self.given_up:
                self.given_up.add(task)
                task.cancel()


@lru_cache(maxsize=1024)
def declared_size(length: bytes) -> int:
    """Return the declared length of the body, -1 for none, over the limit for a bad one."""
    return int(length) if SIZE.fullmatch(length) else BODY_BYTES_MAX + 1


def client_address(scope: Scope, proxies: int) -> str:
    lists = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    client = scope.get("client")
    return address_seen(
        str(client[0]) if client else "", b",".join(lists).decode("latin-1"), proxies
    )


async def send_taken(send: Send, *, as_image: bool) -> None:
    await send(GIF_START if as_image else EMPTY_START)
    await send(GIF_BODY if as_image else EMPTY_BODY)


async def send_refused(send: Send, refused: Refused, path: str) -> None:
    headers = [PLAIN, NO_STORE, *SAFE]
    if refused.reason in ENDING:
        headers.append((b"connection", b"close"))
    if refused.reason is Reason.WRONG_METHOD:
        headers.append((b"allow", b"POST" if path == EVENTS_PATH else b"GET"))
    if refused.status == 503:  # noqa: PLR2004  # Service Unavailable
        headers.append((b"retry-after", b"5"))
    text = refused.reason.replace("_", " ") + "\n"
    await send_whole(send, refused.status, headers, text.encode())


async def send_script(scope: Scope, send: Send) -> None:
    asked = dict(scope["headers"])
    headers = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cache-control", b"public, max-age=3600"),
        (b"etag", SCRIPT_TAG),
        (b"vary", b"accept-encoding"),
        *SAFE,
    ]
    if asked.get(b"if-none-match") == SCRIPT_TAG:
        await send_whole(send, 304, headers, b"")
        return
    is_gzip = b"gzip" in asked.get(b"accept-encoding", b"")
    if is_gzip:
        headers.append((b"content-encoding", b"gzip"))
    await send_whole(send, 200, headers, SCRIPT_GZIP if is_gzip else SCRIPT)


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    if body:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
