"""Loaded batches enter the ledger once each; a file that is no manifest stops nothing."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from clearline.edge.collector.batch import Batch
from clearline.edge.collector.manifest import to_manifest
from clearline.edge.jobs.manifests import record_manifests
from clearline.trust.ledger import queries
from tests.trust.ledger.log import NOW, Log, sign_log


def write_manifest(log: Log, token: str) -> Path:
    """Write one as the loader does."""
    batch = Batch(
        number=1,
        token=token,
        stretches=(),
        events=(),
        footings=("2026-12-01 visits.count",) * 3,
        dropped={"bot": 2, "too_long": 1},
        replayed=0,
        sha256="ab" * 32,
    )
    return write_file(log, f"{token}.json", to_manifest(batch, NOW))


def write_file(log: Log, name: str, content: bytes) -> Path:
    folder = log.tiles_dir.parent / "manifests"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.django_db
def test_what_was_visited_is_entered_when_its_hour_is_over(log: Log) -> None:
    told = GOOD | {"last_at_ms": int(NOW.timestamp() * 1000)}
    write_file(log, f"{GOOD['batch']}.json", json.dumps(told).encode())

    within = record_manifests(NOW.replace(minute=59, second=59))
    after = record_manifests(NOW.replace(minute=0, second=0) + timedelta(hours=1))

    assert (within, after) == (0, 1)


@pytest.mark.django_db
def test_a_manifest_becomes_one_entry_and_its_file_goes(log: Log) -> None:
    path = write_manifest(log, "0a" * 16)

    assert record_manifests(NOW) == 1

    assert not path.exists()
    (listed,) = queries.list_entries()
    sign_log(now=NOW)
    receipt = queries.receipt(listed.id)
    assert receipt["head"]["kind"] == "events.loaded"
    assert receipt["body"]["fields"] == {
        "batch": "0a" * 16,
        "rows": 0,
        "sha256": "ab" * 32,
        "counts": [
            "clause.2026-12-01 visits.count=3",
            "dropped.bot=2",
            "dropped.too_long=1",
            "recognised=0",
            "replayed=0",
        ],
    }


@pytest.mark.django_db
def test_a_manifest_that_comes_again_adds_nothing(log: Log) -> None:
    write_manifest(log, "0a" * 16)
    record_manifests(NOW)
    path = write_manifest(log, "0a" * 16)
    write_manifest(log, "0b" * 16)

    record_manifests(NOW)

    assert not path.exists()
    assert len(queries.list_entries()) == 2


@pytest.mark.django_db
def test_without_manifests_nothing_happens(log: Log) -> None:
    assert record_manifests(NOW) == 0


GOOD = {
    "batch": "0a" * 16,
    "events": 1,
    "recognised": 0,
    "replayed": 0,
    "by_clause": {},
    "dropped": {},
    "sha256": "ab" * 32,
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b" " * 300_000,
        json.dumps(GOOD | {"batch": "../x"}).encode(),
        json.dumps(GOOD | {"batch": "0b" * 16}).encode(),
        json.dumps(GOOD | {"events": -1}).encode(),
        json.dumps(GOOD | {"events": True}).encode(),
        json.dumps(GOOD | {"events": 2**53}).encode(),
        json.dumps(GOOD | {"dropped": {"x\n": 1}}).encode(),
        json.dumps(GOOD | {"dropped": []}).encode(),
        json.dumps(GOOD | {"by_clause": {"visits.count": "1"}}).encode(),
        json.dumps(GOOD | {"sha256": None}).encode(),
        json.dumps(GOOD | {"last_at_ms": "now"}).encode(),
    ],
)
def test_a_broken_manifest_is_set_aside_and_the_others_are_entered(
    log: Log,
    content: bytes,
) -> None:
    broken = write_file(log, f"{'0a' * 16}.json", content)
    write_manifest(log, "0c" * 16)

    assert record_manifests(NOW) == 1

    assert not broken.exists()
    assert broken.with_name(broken.name + ".broken").read_bytes() == content
    assert record_manifests(NOW) == 0
