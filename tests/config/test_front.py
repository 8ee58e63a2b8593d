"""The public port: what it hands on, and what it refuses before a thread is spent on it."""

import asyncio
import gc
import http.client
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import date

import pytest

from clearline.config import front
from clearline.config.front import BODY_BYTES_MAX, Message, Receive, Scope, Send
from clearline.config.init_command import make_instance
from clearline.config.limits import CONNECTIONS_MAX
from clearline.config.logs import set_up_logs
from tests.journeys.provider import free_port, wait_until

# The real front with a shorter time for silence: the real one is ten seconds.
SERVE = """
import sys
from pathlib import Path

if __name__ == "__main__":
    from clearline.config.instance import open_instance
    open_instance(Path(sys.argv[1]))
    from clearline.config import processes
    processes.HEADER_TIMEOUT_MS = 1_000
    processes.serve_http("front_application", host="127.0.0.1", port=int(sys.argv[2]))
"""
SILENT = 300


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


def named(name: str) -> front.Application:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await front.answer_plainly(send, 200, name.encode())

    return answer


def in_parts(*parts: bytes, pause_s: float = 0.0) -> Callable[[], Awaitable[Message]]:
    waiting = list(parts)

    async def receive() -> Message:
        await asyncio.sleep(pause_s)
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    return receive


def halting(body: bytes, arrived: asyncio.Event) -> Callable[[], Awaitable[Message]]:
    """Give a part of a body, then nothing more."""

    async def receive() -> Message:
        if arrived.is_set():
            await asyncio.Event().wait()
        arrived.set()
        return {"type": "http.request", "body": body, "more_body": True}

    return receive


def asked(path: str, method: str = "POST", *headers: tuple[bytes, bytes]) -> Scope:
    return {"type": "http", "method": method, "path": path, "headers": list(headers)}


async def status_of(application: front.Application, receive: Receive, path: str = "/") -> int:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await application(asked(path), receive, send)
    return int(sent[0]["status"])


def answer_of(
    application: front.Application, receive: Receive, path: str = "/"
) -> tuple[int, bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def call() -> None:
        await application(asked(path), receive, send)

    asyncio.run(call())
    return sent[0]["status"], sent[1]["body"]


@pytest.mark.parametrize(
    ("path", "room"),
    [("/c/e", b"collector\n"), ("/c/b.gif", b"collector\n"), ("/cl.js", b"collector\n"),
     ("/", b"site\n"), ("/contact/", b"site\n"), ("/c", b"site\n")],
)  # fmt: skip
def test_events_go_to_the_collector_and_all_else_to_the_site(path: str, room: bytes) -> None:
    application = front.make_front(named("site"), named("collector"))

    assert answer_of(application, in_parts(b""), path)[1] == room


def test_a_body_that_arrives_in_parts_reaches_the_site_whole() -> None:
    application = front.limit_body(echo)

    assert answer_of(application, in_parts(b"a", b"b", b"c")) == (200, b"abc")


def test_a_body_over_the_limit_is_refused_before_the_site_sees_it() -> None:
    application = front.limit_body(echo)

    status, _ = answer_of(application, in_parts(b"x" * BODY_BYTES_MAX, b"x"))

    assert status == 413


def test_bodies_that_fill_their_room_leave_it_to_whoever_sends_none_and_free_it_when_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(front, "BODIES_BYTES_MAX", 5)
    application = front.limit_body(echo)

    async def while_one_arrives() -> list[int]:
        arrived = asyncio.Event()
        slow = asyncio.create_task(status_of(application, halting(b"1234", arrived)))
        await arrived.wait()
        meanwhile = [await status_of(application, in_parts(body)) for body in (b"", b"5", b"56")]
        slow.cancel()
        await asyncio.wait([slow])
        return [*meanwhile, await status_of(application, in_parts(b"12345"))]

    assert asyncio.run(while_one_arrives()) == [200, 200, 503, 200]


def test_lists_that_hold_back_their_end_leave_room_to_every_form_and_free_theirs() -> None:
    application, path = front.limit_body(echo), "/staff/customers/import/"
    whole = b"x" * front.BODY_LIMITS[path]

    async def while_many_arrive() -> list[int]:
        starts = [asyncio.Event() for _ in range(64)]
        slow = [
            asyncio.create_task(status_of(application, halting(whole[:-1], each), path))
            for each in starts
        ]
        await asyncio.gather(*(each.wait() for each in starts))
        another = await status_of(application, in_parts(whole), path)
        forms = [await status_of(application, in_parts(b"x" * BODY_BYTES_MAX)) for _ in range(9)]
        for each in slow:
            each.cancel()
        await asyncio.wait(slow)
        return [another, *forms, await status_of(application, in_parts(whole), path)]

    assert asyncio.run(while_many_arrive()) == [503, *[200] * 9, 200]


def test_choices_that_hold_back_their_end_on_all_other_connections_let_everybody_decline() -> None:
    application, path = front.limit_body(echo), "/privacy/choice/"

    async def while_many_arrive() -> int:
        starts = [asyncio.Event() for _ in range(CONNECTIONS_MAX - 1)]
        whole = b"x" * front.limit_of(asked(path))
        slow = [
            asyncio.create_task(status_of(application, halting(whole[:-1], each), path))
            for each in starts
        ]
        await asyncio.gather(*(each.wait() for each in starts))
        declined = await status_of(application, in_parts(whole), path)
        for each in slow:
            each.cancel()
        await asyncio.wait(slow)
        return declined

    assert asyncio.run(while_many_arrive()) == 200


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "BODY_S_MAX", 0.05)
    application = front.limit_body(echo)

    status, text = answer_of(application, in_parts(b"a", b"b", pause_s=0.2))

    assert status == 408
    assert b"Send it again" in text


def test_what_was_made_at_the_start_is_never_walked_by_the_garbage_collector() -> None:
    before = gc.get_freeze_count()

    application = front.settle(echo)
    frozen = gc.get_freeze_count()
    gc.unfreeze()

    assert application is echo
    assert before == 0
    assert frozen > 10_000  # the modules alone are many more


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    message = "jane@doe.example"
    raise ValueError(message)


def test_a_mistake_that_nobody_caught_is_answered_and_logged_without_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs()

    status, text = answer_of(front.guard(broken), in_parts(b""))

    assert status == 500
    assert b"Try it again" in text
    line = capsys.readouterr().err
    assert "front.broke" in line
    assert "ValueError" in line
    assert "jane" not in line


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve an instance of its own and yield where."""
    folder = tmp_path_factory.mktemp("front")
    make_instance(folder / "instance", form="accept", effective=date(2026, 11, 1))
    (folder / "serve.py").write_text(SERVE, encoding="utf-8")
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(folder / "serve.py"), str(folder / "instance"), str(port)],
        process_group=0,
    )
    try:
        wait_until(lambda: is_open(port), seconds=60, what="the front listens")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask_for_script(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/cl.js")
    status = connection.getresponse().status
    connection.close()
    return status


def ask_for(port: int, target: bytes) -> bytes:
    """Return the first line and the headers of the answer to bytes that no client library sends."""
    with ExitStack() as stack:
        asking = connect(port, stack)
        asking.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % target)
        return asking.makefile("rb").read()


@pytest.mark.parametrize(
    "target",
    [b"/help/?q=\xd9\xa7", b"/help/?\xff=\x80", b"/\xd9\xa7/", b"/\xff", b"/%ff", b"/help/?q=%ff"],
)
def test_raw_bytes_of_an_address_are_no_mistake_of_ours(port: int, target: bytes) -> None:
    assert ask_for(port, target)[:12] in {b"HTTP/1.1 200", b"HTTP/1.1 400", b"HTTP/1.1 404"}


def test_a_search_in_raw_bytes_finds_what_they_mean(port: int) -> None:
    assert "zürich".encode() in ask_for(port, "/help/?q=zürich".encode())


def connect(port: int, stack: ExitStack) -> socket.socket:
    return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=15))


def test_connections_that_say_nothing_are_ended_and_others_are_answered_meanwhile(
    port: int,
) -> None:
    with ExitStack() as stack:
        silent = [connect(port, stack) for _ in range(SILENT)]

        assert ask_for_script(port) == 200
        assert {each.recv(1) for each in silent} == {b""}


def test_a_connection_that_is_silent_after_its_answer_is_ended(port: int) -> None:
    with ExitStack() as stack:
        idle = connect(port, stack)
        idle.sendall(b"GET /cl.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"

        while idle.recv(65_536):
            pass  # until it ends


def test_a_client_that_speaks_http_2_is_refused(port: int) -> None:
    with ExitStack() as stack:
        client = connect(port, stack)
        client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))

        assert client.recv(12) in {b"HTTP/1.1 400", b"HTTP/1.1 505", b""}
