"""The public port: what it hands on, and what it refuses before a thread is spent on it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from clearline.config import front
from clearline.config.front import BODY_BYTES_MAX, Message, Receive, Scope, Send
from clearline.config.logs import set_up_logs


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


def answer_of(
    application: front.Application, receive: Receive, path: str = "/"
) -> tuple[int, bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def call() -> None:
        await application({"type": "http", "path": path}, receive, send)

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


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "BODY_S_MAX", 0.05)
    application = front.limit_body(echo)

    status, text = answer_of(application, in_parts(b"a", b"b", pause_s=0.2))

    assert status == 408
    assert b"Send it again" in text


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
