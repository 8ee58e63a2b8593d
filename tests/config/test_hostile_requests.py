"""Requests that no browser sends, put to the real front: refused calmly, and none gets in."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from clearline.config.init_command import make_instance
from tests.instance import NAMES, publish
from tests.journeys.provider import free_port, wait_until

HOST = b"voice.example"
PASSWORD = "seven quiet herons fly"
# The site as people reach it by TLS, which a proxy in front ends.
SERVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path

if __name__ == "__main__":
    import os
    os.environ.update(CLEARLINE_URL="https://voice.example", CLEARLINE_PROXIES="1")
    from clearline.config.instance import open_instance, prepare_tables
    open_instance(Path(sys.argv[1]))
    prepare_tables(Path(sys.argv[1]))
    from clearline.policy.use import Actor, ActorKind
    from clearline.trust.safeguards import staff_logins
    from clearline.trust.safeguards.roles import Role
    staff_logins.create_staff(by=Actor(ActorKind.JOB, "operator"), user_id="olu",
        password=sys.argv[3], roles=[Role.ADMINISTRATOR], now=datetime.now(UTC))
    from clearline.config import processes
    processes.serve_http("front_application", host="127.0.0.1", port=int(sys.argv[2]))
"""
FORM = b"Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
STACK = re.compile(rb"Traceback|File \"|clearline/|/tmp/|Exception|DEBUG|jane")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("hostile")
    make_instance(folder / "instance", form="accept", effective=date(2026, 1, 1), names=NAMES)
    publish(folder / "instance" / "policy", date(2026, 1, 1))
    (folder / "serve.py").write_text(SERVE, encoding="utf-8")
    port = free_port()
    told = [str(folder / "serve.py"), str(folder / "instance"), str(port), PASSWORD]
    process = subprocess.Popen(
        [sys.executable, *told], process_group=0, cwd=Path(__file__).parents[2]
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


def say(port: int, *lines: bytes, body: bytes = b"") -> bytes:
    """Return the whole answer to a request written by hand."""
    with ExitStack() as stack:
        asking = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        asking.sendall(b"\r\n".join([*lines, b"Connection: close", b"", body]))
        told = asking.makefile("rb").read()
    assert not STACK.search(told), told
    return told


def status_of(answer: bytes) -> int:
    return int(answer[9:12])


def ask(port: int, target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    return say(port, b"%b %b HTTP/1.1" % (method, target), b"Host: " + HOST, *headers)


def test_https_is_asked_for_for_a_year_of_this_name_alone(port: int) -> None:
    for path in (b"/robots.txt", b"/static/clearline.css", b"/nowhere/", b"/staff/"):
        assert b"strict-transport-security: max-age=31536000\r\n" in ask(port, path).lower()


def test_the_session_cookie_is_this_host_s_alone_and_unread_by_scripts(port: int) -> None:
    body = f"user_id=olu&password={PASSWORD.replace(' ', '+')}".encode()
    length = b"Content-Length: %d" % len(body)

    answer = say(
        port,
        *(b"POST /staff/sign-in/ HTTP/1.1", b"Host: " + HOST, FORM.strip(), length),
        body=body,
    )

    (cookie,) = re.findall(rb"(?im)^set-cookie: (.*?)\r", answer)
    assert status_of(answer) == 302
    assert cookie.startswith(b"__Host-sessionid=")
    attributes = {each.strip() for each in cookie.split(b";")[1:]}
    assert {b"HttpOnly", b"Secure", b"Path=/", b"SameSite=Lax"} <= attributes
    assert not any(each.lower().startswith(b"domain") for each in attributes)


@pytest.mark.parametrize(
    "host",
    [b"evil.example", b"voice.example.evil.example", b"", b"a\tb", b"[::1",
     b"voice.example\r\nHost: evil.example", b"evil.example\r\nX-Forwarded-Host: voice.example"],
)  # fmt: skip
def test_a_name_that_is_not_the_site_s_meets_no_page(port: int, host: bytes) -> None:
    answer = say(port, b"GET /contact/ HTTP/1.1", b"Host: " + host)

    assert status_of(answer) == 400
    assert b"evil.example" not in answer


@pytest.mark.parametrize(
    "target",
    [b"//staff/people/", b"/staff//people/", b"/%2e%2e/staff/people/", b"/./staff/people/",
     b"/help/../staff/people/", b"/help/%2e%2e/staff/people/", b"/staff/people/;a=b",
     b"/staff/people/%00", b"/staff\\people/", b"/%2fstaff/people/", b"/STAFF/people/",
     b"/static/../../clearline.toml", b"/static/%2e%2e/%2e%2e/settings.py", b"/c/../staff/people/",
     b"/static/..%2f..%2fkeys/ledger", b"/ledger/tile/../../../keys/ledger"],
)  # fmt: skip
def test_a_tricky_path_leads_nowhere(port: int, target: bytes) -> None:
    answer = ask(port, target)

    assert status_of(answer) in {302, 400, 404}
    if status_of(answer) == 302:  # to the sign-in page, as the path itself would be
        assert b"location: /staff/sign-in/" in answer.lower()


@pytest.mark.parametrize("target", [b"//evil.example/help", b"/%5cevil.example/help", b"///help"])
def test_no_path_leads_to_another_site(port: int, target: bytes) -> None:
    answer = ask(port, target)

    assert status_of(answer) in {301, 400, 404}
    assert not re.search(rb"(?i)location: *(//|\\\\|https?:)", answer)


def test_no_header_makes_one_method_another(port: int) -> None:
    override = b"X-HTTP-Method-Override: POST\r\nX-HTTP-Method: POST\r\nX-Method-Override: POST"

    answer = ask(port, b"/staff/sign-out/?_method=POST", override, FORM.strip())
    other = ask(port, b"/contact/", override)

    assert status_of(answer) == 302
    assert b"clear-site-data" not in answer.lower()
    assert status_of(other) == 200


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"PROPFIND", b"PUT", b"X" * 200])
def test_a_method_that_no_page_takes_is_refused(port: int, method: bytes) -> None:
    answer = ask(port, b"/contact/", b"Sec-Fetch-Site: same-origin", method=method)

    assert status_of(answer) in {400, 404, 405, 501}


@pytest.mark.parametrize(
    "twice",
    [b"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site",
     b"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Site: same-origin",
     b"Origin: https://voice.example\r\nOrigin: https://evil.example",
     b"Origin: https://evil.example\r\nOrigin: https://voice.example",
     b"Origin: null", b"Sec_Fetch_Site: same-origin"],
)  # fmt: skip
def test_a_header_said_in_two_ways_counts_as_the_worse(port: int, twice: bytes) -> None:
    answer = ask(port, b"/privacy/choice/", twice, b"Content-Length: 0", method=b"POST")

    assert status_of(answer) == 403


def test_a_network_address_said_under_a_name_like_the_proxy_s_is_not_believed(port: int) -> None:
    def try_from(said: bytes) -> int:
        body = b"user_id=olu&password=wrong"
        told = [b"Host: " + HOST, FORM.strip(), b"Content-Length: %d" % len(body), said]
        return status_of(say(port, b"POST /staff/sign-in/ HTTP/1.1", *told, body=body))

    proxied = b"X-Forwarded-For: 203.0.113.9"
    tries = [try_from(b"%b\r\nX_Forwarded_For: 198.51.100.%d" % (proxied, n)) for n in range(6)]

    assert tries == [403] * 5 + [429]


@pytest.mark.parametrize(
    "lines",
    [[b"Content-Length: 3", b"Content-Length: 30"],
     [b"Content-Length: 3", b"Transfer-Encoding: chunked"],
     [b"Content-Length: -1"], [b"Content-Length: 99999999999999999999"]],
)  # fmt: skip
def test_a_body_of_two_lengths_is_no_second_request(port: int, lines: list[bytes]) -> None:
    smuggled = b"0\r\n\r\nGET /contact/ HTTP/1.1\r\nHost: voice.example\r\n\r\n"
    answer = say(port, b"POST /privacy/choice/ HTTP/1.1", b"Host: " + HOST, *lines, body=smuggled)

    assert status_of(answer) in {400, 403, 413}
    assert answer.count(b"HTTP/1.1 ") <= 1


@pytest.mark.parametrize("size", [8_000, 64_000, 1_000_000])
def test_a_long_header_is_no_mistake_of_ours(port: int, size: int) -> None:
    answer = ask(port, b"/contact/", b"Cookie: a=" + b"x" * size)

    assert status_of(answer) in {200, 400, 431}
    assert status_of(ask(port, b"/contact/?" + b"y" * 8_000)) in {200, 400, 414, 431}


@pytest.mark.parametrize(
    ("line", "size"),
    [(b"GET /contact/", 1), (b"POST /staff/sign-in/", 17_000), (b"POST /privacy/choice/", 66_000)],
)
def test_a_body_over_the_limit_of_its_address_is_refused_before_it_arrives(
    port: int, line: bytes, size: int
) -> None:
    length = b"Content-Length: %d" % size

    answer = say(port, line + b" HTTP/1.1", b"Host: " + HOST, FORM.strip(), length)

    assert status_of(answer) == 413
    assert b"x-content-type-options: nosniff" in answer.lower()


@pytest.mark.parametrize("path", [b"/cl.js", b"/c/b.gif", b"/c/e", b"/c/nowhere"])
def test_the_collector_keeps_its_answers_to_itself_too(port: int, path: bytes) -> None:
    answer = ask(port, path).lower()

    assert b"x-content-type-options: nosniff" in answer
    assert b"cross-origin-resource-policy: same-origin" in answer
    assert b"access-control-allow" not in answer
