"""Small files at fixed addresses, read as the machines that look for them do."""

import base64
import hashlib
import urllib.parse
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from clearline.trust.ledger import actions, queries
from clearline.trust.ledger.checkpoint import open_checkpoint
from clearline.trust.ledger.tiles import names_for
from tests.browser_client import browser
from tests.trust.ledger.conftest import log
from tests.trust.ledger.log import NOW, Log

__all__ = ["log"]
pytestmark = pytest.mark.django_db


def test_security_txt_says_where_weaknesses_are_reported_and_until_when_it_holds() -> None:
    answer = browser().get("/.well-known/security.txt")

    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert fields["Contact"] == f"mailto:{settings.ENV.provider.email}"
    assert fields["Canonical"] == f"{settings.ENV.url}/.well-known/security.txt"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=30) < expires - datetime.now(UTC) < timedelta(days=365)


def test_the_checkpoint_is_the_signed_note_that_auditors_open(log: Log) -> None:
    log.append(300)
    log.integrate_all()

    answer = browser().get("/ledger/checkpoint")

    signed = open_checkpoint(answer.content.decode(), queries.vkey())
    origin, size, root, *_ = answer.content.decode().splitlines()
    assert signed.size == int(size) == 300
    assert signed.origin == origin
    assert str(urllib.parse.urlsplit(settings.ENV.url).hostname) in origin
    assert base64.b64decode(root) == signed.root
    assert "no-cache" in answer["Cache-Control"]


def test_before_the_first_signature_there_is_no_checkpoint_and_no_tile(log: Log) -> None:
    assert browser().get("/ledger/checkpoint").status_code == 404
    assert browser().get("/ledger/tile/0/000").status_code == 404


def test_a_tile_holds_the_hashes_of_the_entries_below_it(log: Log) -> None:
    log.append(300)
    log.integrate_all()

    full = browser().get("/ledger/tile/0/000")
    rest = browser().get("/ledger/tile/0/001.p/44")
    entries = browser().get("/ledger/tile/entries/000")

    assert (len(full.content), len(rest.content)) == (256 * 32, 44 * 32)
    length = int.from_bytes(entries.content[:2])
    first = entries.content[2 : 2 + length]
    assert hashlib.sha256(b"\0" + first).digest() == full.content[:32]
    assert "immutable" in full["Cache-Control"]
    assert full["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path", ["0/001", "0/001.p/45", "1/000", "0/0", "entries/0", "../checkpoint", "0/000.p/0", "x"]
)
def test_a_tile_that_the_checkpoint_does_not_cover_is_not_there(path: str, log: Log) -> None:
    log.append(300)
    log.integrate_all()

    assert browser().get(f"/ledger/tile/{path}").status_code == 404


def test_a_tile_grows_when_more_is_signed(log: Log) -> None:
    log.append(10)
    log.integrate_all()
    before = browser().get("/ledger/tile/0/000.p/10").content
    log.append(5, now=NOW + timedelta(seconds=1))

    actions.integrate(now=NOW + timedelta(seconds=1))

    after = browser().get("/ledger/tile/0/000.p/15").content
    assert after[: len(before)] == before
    assert len(after) == 15 * 32


def test_a_tile_that_is_cut_short_is_named_but_not_where_on_the_machine_it_stands(log: Log) -> None:
    log.append(300)
    log.integrate_all()
    (log.tiles_dir / "tile" / "0" / "000").write_bytes(b"short")

    page = browser().get("/ledger/tile/0/000")
    problem = browser().get("/ledger/tile/0/000", headers={"accept": "application/json"})

    for answer in (page, problem):
        assert answer.status_code == 503
        assert "data/ledger/tile/0/000 is missing" in answer.content.decode()
        assert str(log.folder) not in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["0/000", "0/001.p/44", "1/000.p/1", "entries/000", "entries/001.p/44"]
)
def test_a_tile_in_which_a_byte_was_changed_is_not_given_out_to_be_kept(
    path: str, log: Log
) -> None:
    log.append(300)
    log.integrate_all()
    file = log.tiles_dir / "tile" / path
    good = file.read_bytes()

    for place in (2, len(good) // 2, len(good) - 1):
        file.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        answer = browser().get(f"/ledger/tile/{path}")
        assert answer.status_code == 503
        assert "immutable" not in answer.get("Cache-Control", "")

    file.write_bytes(good)
    assert browser().get(f"/ledger/tile/{path}").content == good


def test_every_tile_of_every_width_is_proved_and_given_out(log: Log) -> None:
    log.append(600)
    log.integrate_all()
    bundle = browser().get("/ledger/tile/entries/002.p/88").content

    for width in (1, 87):
        partial = browser().get(f"/ledger/tile/entries/002.p/{width}").content
        assert partial == bundle[: width * 34]
    for name in names_for(600):
        assert browser().get(f"/ledger/tile/{name.path}").status_code == 200
