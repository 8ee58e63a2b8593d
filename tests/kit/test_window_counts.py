"""Counts of what happened lately: bounded in time and in memory."""

from datetime import UTC, datetime, timedelta

from clearline.kit.window_counts import WindowCounts

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_each_key_counts_by_itself_until_the_window_is_over() -> None:
    counts = WindowCounts(window=HOUR, keys_max=10)

    made = [counts.add(key, NOON) for key in ("a", "a", "b")]

    assert made == [1, 2, 1]
    assert counts.add("a", NOON + HOUR - timedelta(seconds=1)) == 3
    assert counts.add("a", NOON + HOUR) == 1


def test_a_clock_that_is_set_back_far_begins_anew() -> None:
    counts = WindowCounts(window=HOUR, keys_max=10)
    counts.add("a", NOON)

    assert counts.add("a", NOON - timedelta(days=1)) == 1


def test_keys_above_the_most_count_together() -> None:
    counts = WindowCounts(window=HOUR, keys_max=2)

    made = [counts.add(f"key-{number}", NOON) for number in range(5)]

    assert made == [1, 1, 1, 2, 3]
    assert counts.add("key-1", NOON) == 2
    assert len(counts.counts) == 3
