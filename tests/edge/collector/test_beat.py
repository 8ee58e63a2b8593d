"""The collector's beat: it goes on whatever the machine refuses, and knows of other collectors."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from clearline.edge.collector.app import Collector, make_collector
from clearline.edge.collector.intake import SENDERS_WINDOW, Refusal
from clearline.edge.collector.journal import SEGMENT_S
from clearline.edge.collector.options import CollectorOptions
from clearline.edge.collector.segment import CLOSED
from clearline.kit.status import read_statuses, write_status
from clearline.reach.visitors.referrers import classify
from tests.edge.collector.editions import edition, publish
from tests.edge.collector.machine import wait_until

ALICE, BOB = 11, 12
HOUR_MS = 3_600_000
WAIT_S_MAX = 20.0


@pytest.fixture
def collector(tmp_path: Path) -> Collector:
    publish(tmp_path / "policy", edition(date(2026, 1, 1)))
    return make_collector(
        CollectorOptions(
            instance=tmp_path,
            policy_dir=tmp_path / "policy",
            journal_dir=tmp_path / "journal",
            status_dir=tmp_path / "status",
            own_url="https://voice.example",
            zone=ZoneInfo("America/New_York"),
            choices_key=b"k" * 64,
        )
    )


def live_until(collector: Collector, *are_so: Callable[[], object]) -> list[bool]:
    """Let the collector live until one thing after the other is so, or has taken too long."""

    async def live() -> list[bool]:
        collector.start()
        came = [await asyncio.to_thread(wait_until, is_so, WAIT_S_MAX) for is_so in are_so]
        await collector.stop()
        return came

    return asyncio.run(live())


def told(collector: Collector) -> dict[str, object]:
    return read_statuses(collector.options.status_dir).get("collector", {})


def test_it_goes_on_and_says_so_when_the_policy_cannot_be_read(collector: Collector) -> None:
    listed = collector.options.policy_dir / "published.json"
    listed.unlink()
    listed.mkdir()
    moments = set()

    def has_told_twice_more() -> bool:
        moments.add(told(collector).get("at"))
        return len(moments) > 2

    came = live_until(
        collector,
        lambda: "published.json cannot be read" in str(told(collector).get("trouble")),
        has_told_twice_more,
    )

    assert came == [True, True]


def test_it_goes_on_when_its_status_cannot_be_written(collector: Collector) -> None:
    status_dir = collector.options.status_dir
    status_dir.write_text("in the way")

    def make_way() -> bool:
        status_dir.unlink()
        return True

    came = live_until(collector, lambda: collector.missed, make_way, lambda: told(collector))

    assert came == [True, True, True]


def test_it_learns_of_a_help_page_that_was_written_since(collector: Collector) -> None:
    article = collector.options.instance / "content" / "help" / "faxes.toml"

    def write_page() -> bool:
        article.parent.mkdir(parents=True)
        article.touch()
        return True

    def known() -> set[str]:
        return set(collector.intake.names.known.get("page", ()))

    came = live_until(collector, known, write_page, lambda: "/help/faxes/" in known())

    assert came == [True, True, True]


def test_it_forgets_headers_and_the_code_of_the_day_though_no_request_arrives(
    collector: Collector,
) -> None:
    intake = collector.intake
    intake.senders[b"some browser"] = Refusal.CROSS_SITE
    intake.forgot_at = datetime.now(UTC) - SENDERS_WINDOW
    classify("somewhere.example")
    intake.visits.key_of("192.0.2.0", b"some browser", 1)
    intake.visits.begins(ALICE, 1, is_from_inside=False)

    came = live_until(collector, lambda: intake.visits.salt == b"")

    assert came == [True]
    assert intake.senders == {}
    assert classify.cache_info().currsize == 0
    assert ALICE not in intake.visits.recent


def test_what_it_wrote_an_hour_ago_is_closed_though_no_request_arrives(
    collector: Collector,
) -> None:
    journals = collector.options.journal_dir

    def write_long_ago() -> bool:
        assert collector.journal is not None
        collector.journal.write([b"told"])
        collector.journal.begun_s -= SEGMENT_S + 1
        return True

    came = live_until(collector, write_long_ago, lambda: list(journals.glob(f"*/*{CLOSED}")))

    assert came == [True, True]


def test_it_does_not_trust_its_memory_of_visits_while_another_collector_runs(
    collector: Collector,
) -> None:
    visits = collector.intake.visits
    visits.begins(ALICE, 0, is_from_inside=False)
    write_status(collector.options.status_dir, "collector-1", {}, datetime.now(UTC))

    came = live_until(collector, lambda: visits.born_ms is None)

    assert came == [True]
    assert not visits.begins(BOB, HOUR_MS, is_from_inside=True)
