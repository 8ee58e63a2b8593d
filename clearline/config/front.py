"""The public port: one ASGI application that sends `/c/*` to the collector, all else to Django.

Django answers through its WSGI handler on threads: its ASGI handler gives a tenth of the rate.
"""

import asyncio
import contextlib
import gc
import os
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast
from urllib.parse import quote_from_bytes
from zoneinfo import ZoneInfo

import structlog
from a2wsgi import WSGIMiddleware

from clearline.config.env import Env
from clearline.config.limits import CONNECTIONS_MAX
from clearline.config.logs import set_up_logs, tell_falls
from clearline.edge.collector.app import make_collector
from clearline.edge.collector.options import CollectorOptions
from clearline.kit.lifeline import watch_parent
from clearline.kit.secure_headers import SAFE

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

COLLECTOR_PATHS: Final = ("/c/", "/cl.js")
SITE_THREADS: Final = 8
ANSWER_BYTES_MAX: Final = 4 * 1024  # a choice, with all its fields
BODY_BYTES_MAX: Final = 64 * 1024  # many times the longest form there is
# What each address takes in a body; the longest beginning that fits says it.
BODY_LIMITS: Final = {
    "/": BODY_BYTES_MAX,
    "/staff/": 16 * 1024,
    "/staff/customers/import/": 1024 * 1024 + 16 * 1024,  # a list, with the form around it
    "/account/": 16 * 1024,
    "/privacy/": ANSWER_BYTES_MAX,
}
DIGITS_MAX: Final = 18
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})  # nothing is taken with these
# Of all requests under way in this process. Long bodies have a room of their own, for few of them
# would fill the one of the forms; and so have choices, so that whoever fills that keeps nobody from
# declining. Theirs holds what all connections that may stand can hold back.
ANSWERS_BYTES_MAX: Final = CONNECTIONS_MAX * ANSWER_BYTES_MAX
BODIES_BYTES_MAX: Final = 32 * 1024 * 1024
LONG_BODIES_BYTES_MAX: Final = 16 * 1024 * 1024
BODY_S_MAX: Final = 10.0
ASCII: Final = bytes(range(128))

log = structlog.get_logger()


def front_application() -> Application:
    """Return what the public port of one machine serves; for Granian's worker."""
    env = begin_worker()
    collector = make_collector(options_of(env, has_own_process=False))
    return settle(guard(make_front(make_site(env), collector)))


def site_application() -> Application:
    """Return the pages alone; for Granian's worker."""
    return settle(guard(make_site(begin_worker())))


def collector_application() -> Application:
    """Return the collector alone; for Granian's worker."""
    return settle(guard(make_collector(options_of(begin_worker(), has_own_process=True))))


def begin_worker() -> Env:
    watch_parent()
    set_up_logs()
    tell_falls()
    return Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields


def settle(application: Application) -> Application:
    """Take what was made at the start out of the garbage collector's sight; nothing of it goes.

    It is most of the process: walking through it held every request up for 60 to 100 ms.
    """
    gc.collect()
    gc.freeze()
    return application


def options_of(env: Env, *, has_own_process: bool) -> CollectorOptions:
    return CollectorOptions(
        instance=env.instance,
        policy_dir=env.policy_dir,
        journal_dir=env.journal_dir,
        status_dir=env.status_dir,
        own_url=env.url,
        zone=ZoneInfo(env.provider.time_zone),
        choices_key=env.key("choices"),
        proxies=env.proxies,
        has_own_process=has_own_process,
    )


def make_site(env: Env) -> Application:
    """Return Django behind the limits on a body."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clearline.config.settings")
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415  # after the settings' name
    from django.urls import get_resolver  # noqa: PLC0415  # as above

    django: Any = get_wsgi_application()  # Django's own type for it is looser than PEP 3333's
    _ = get_resolver().url_patterns  # every view's module now, not within the first request
    wsgi = cast("Application", WSGIMiddleware(django, workers=SITE_THREADS))
    return limit_body(as_reached(quote_query(wsgi), scheme="https" if env.is_https else "http"))


def make_front(site: Application, collector: Application) -> Application:
    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await collector(scope, receive, send)
        elif scope["type"] == "http":
            is_event = str(scope["path"]).startswith(COLLECTOR_PATHS)
            await (collector if is_event else site)(scope, receive, send)

    return front


def guard(application: Application) -> Application:
    """Answer and log what nobody caught; the server would print it, with what was typed."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        try:
            await application(scope, receive, send)
        except Exception:  # whatever it was: the server would print it, with what was typed
            log.exception("front.broke")
            # Nothing stands between application and server on the way out: at thousands of events
            # a second it would cost a tenth. The server refuses a second answer by itself.
            with contextlib.suppress(RuntimeError):
                await answer_plainly(send, 500, b"That went wrong on our side. Try it again.")

    return guarded


def as_reached(application: Application, *, scheme: str) -> Application:
    """Say by which scheme people reach the site: a proxy that ends TLS asks by plain http.

    WSGI takes `X_Forwarded_For` for `X-Forwarded-For`, which a proxy lets through: it is left out.
    """

    async def reached(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [each for each in scope.get("headers", ()) if b"_" not in each[0]]
        await application({**scope, "scheme": scheme, "headers": headers}, receive, send)

    return reached


def quote_query(application: Application) -> Application:
    """Write raw bytes of a query as browsers do, `%D9%A7`: a2wsgi takes nothing but ASCII."""

    async def quoted(scope: Scope, receive: Receive, send: Send) -> None:
        if not scope.get("query_string", b"").isascii():
            query = quote_from_bytes(scope["query_string"], safe=ASCII)
            scope = {**scope, "query_string": query.encode()}
        await application(scope, receive, send)

    return quoted


class BodyRefused(Exception):
    """A body came too slowly, is too long, or finds no room."""

    def __init__(self, status: int, text: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.text = text


def limit_body(application: Application) -> Application:
    """Read each body whole, within its limits of size and time, before a thread is given to it.

    A client that sends slowly then holds a few bytes here, not one of Django's threads; and all
    clients together hold no more than their limit, which whoever sends no body never meets.
    """
    rooms = (
        (ANSWER_BYTES_MAX, Held(ANSWERS_BYTES_MAX)),
        (BODY_BYTES_MAX, Held(BODIES_BYTES_MAX)),
        (max(BODY_LIMITS.values()), Held(LONG_BODIES_BYTES_MAX)),
    )

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        body = bytearray()
        limit = limit_of(scope)
        held = next(room for longest, room in rooms if limit <= longest)
        try:
            refuse_declared(scope, limit)
            await read_body(receive, body, held, limit)
            await application(scope, replay(bytes(body), receive), send)
        except BodyRefused as refused:
            await answer_plainly(send, refused.status, refused.text)
        finally:
            held.size_bytes -= len(body)

    return limited


@dataclass(slots=True)
class Held:
    """How much of bodies is in memory, from their arrival to their answer, and how much may be."""

    bytes_max: int
    size_bytes: int = 0


def limit_of(scope: Scope) -> int:
    """Return how many bytes this request may bring."""
    if scope["method"] in READING:
        return 0
    fitting = [each for each in BODY_LIMITS if str(scope["path"]).startswith(each)]
    return BODY_LIMITS[max(fitting, key=len)] if fitting else 0


def refuse_declared(scope: Scope, limit: int) -> None:
    """Refuse a body that says beforehand that it is too long. Raises BodyRefused."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value[:DIGITS_MAX]) > limit:
            raise too_long(limit)


def too_long(limit: int) -> BodyRefused:
    if not limit:
        return BodyRefused(413, b"This page is only read: it takes nothing with the request.")
    return BodyRefused(413, b"That is more than this page takes: %d kB at most." % (limit // 1024))


async def read_body(receive: Receive, body: bytearray, held: Held, limit: int) -> None:
    """Fill `body` to its end, and count in `held` what is in it. Raises BodyRefused."""
    try:
        async with asyncio.timeout(BODY_S_MAX):
            is_whole = False
            while not is_whole:
                message = await receive()
                add_part(message.get("body", b""), body, held, limit)
                is_whole = message["type"] == "http.disconnect" or not message.get("more_body")
    except TimeoutError:
        text = b"Your request took too long to arrive. Send it again."
        raise BodyRefused(408, text) from None


def add_part(part: bytes, body: bytearray, held: Held, limit: int) -> None:
    if len(body) + len(part) > limit:
        raise too_long(limit)
    if part and held.size_bytes + len(part) > held.bytes_max:
        raise BodyRefused(503, b"Too many forms arrive at once. Send yours again in a minute.")
    held.size_bytes += len(part)
    body += part


def replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def from_memory() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return from_memory


async def answer_plainly(send: Send, status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    headers += [(b"cache-control", b"no-store"), *SAFE]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text + b"\n"})
