"""Logs: every line is structured, and none carries what people type."""

import json
import logging
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearline.config.init_command import make_instance
from clearline.config.logs import FORMATTER
from clearline.edge.entry.demo_links import FOLDER, name_of
from tests.instance import FIRST_DAY, NAMES, publish
from tests.journeys.provider import RunningProvider

TYPED = ("jane@doe.example", "15551234567", "hunter-two-rabbits")
ADDRESSES = (
    "/jane@doe.example",
    "/help/call-15551234567/",
    "/help/?q=jane@doe.example",
    "/privacy/receipt/jane@doe.example/",
    "/ledger/tile/jane@doe.example",
    "/%ffjane@doe.example",
    "/c/jane@doe.example?url=15551234567",
    "/staff/sign-in/?next=//jane@doe.example",
    "/leave/?to=jane@doe.example",
)


def line_of(logger: str, message: str, *values: object, error: Exception | None = None) -> str:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.getLogger(logger).makeRecord(
        logger, logging.ERROR, "library.py", 7, message, values, exc_info
    )
    return FORMATTER.format(record)


def test_a_library_s_line_shows_its_template_and_none_of_its_values() -> None:
    line = line_of("django.request", "%s: %s", "Internal Server Error", "/jane@doe.example")

    told = json.loads(line)
    assert told["event"] == "library.said"
    assert told["logger"] == "django.request"
    assert told["template"] == "%s: %s"
    assert told["file"] == "library.py:7"
    assert "jane" not in line


def test_a_line_that_a_library_put_together_itself_is_masked() -> None:
    line = line_of("django.security.DisallowedHost", "Invalid HTTP_HOST: jane@doe.example")

    assert json.loads(line)["template"] == "…"
    assert "jane" not in line


def test_an_exception_is_told_by_its_types_and_places_alone() -> None:
    try:
        try:
            int("jane@doe.example")
        except ValueError as cause:
            message = "jane@doe.example is taken"
            raise KeyError(message) from cause
    except KeyError as error:
        line = line_of("django.request", "%s", "x", error=error)

    told = json.loads(line)["exception"]
    assert told[:2] == ["KeyError", "ValueError"]
    assert told[2].startswith("tests/config/test_logs.py:")
    assert "jane" not in line


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[RunningProvider]:
    instance = tmp_path / "instance"
    make_instance(instance, form="accept", effective=FIRST_DAY, names=NAMES)
    publish(instance / "policy", FIRST_DAY)
    running = RunningProvider(instance)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def status_of(url: str, typed: dict[str, str] | None = None) -> int:
    """Return the status that the real front answers, to a form when there is something typed."""
    body = urllib.parse.urlencode(typed).encode() if typed else None
    headers = {"Origin": url.partition("/staff")[0], "User-Agent": "jane@doe.example"}
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def break_a_link(provider: RunningProvider, token: str) -> str:
    """Damage a file of the instance so that its page falls over, and return the page's address."""
    folder = provider.instance / "data" / FOLDER
    folder.mkdir()
    (folder / name_of(token)).write_text('["jane@doe.example"]')
    return f"{provider.url}/staff/demo/{token}/"


def test_what_people_type_is_in_no_log_of_the_real_processes(provider: RunningProvider) -> None:
    statuses = [status_of(f"{provider.url}{address}") for address in ADDRESSES]
    typed = {"user_id": "jane@doe.example", "password": "hunter-two-rabbits"}
    refused = status_of(f"{provider.url}/staff/sign-in/", typed)
    broken = status_of(break_a_link(provider, "jane@doe.example"))
    provider.stop()

    assert set(statuses) <= {200, 400, 403, 404, 405, 422}
    assert refused == 403
    assert broken == 500
    log = provider.log()
    assert not [word for word in TYPED if word in log]
    # What is no JSON is the greeting, or the column store's engine where it misses a cgroup.
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    (told,) = [line for line in lines if line.get("logger") == "django.request"]
    assert told["status"] == 500
    assert told["route"] == "staff/demo/<str:token>/"
    assert told["exception"][0] == "TypeError"


def test_the_pool_of_connections_stays_silent_whatever_is_loaded_later() -> None:
    program = (
        "from clearline.config.logs import set_up_logs; set_up_logs(); import clickhouse_connect, "
        "logging; logging.getLogger('urllib3.connectionpool').warning('Retrying (%r)', 1)"
    )

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert run.stderr == ""
