"""Retention is one amount of time, cut by the calendar."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.policy.retention import AMOUNT_MAX, Retention, Unit

MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
RETENTIONS = st.builds(Retention, st.integers(1, 400), st.sampled_from(Unit))


@pytest.mark.parametrize(
    ("text", "now", "cutoff"),
    [
        ("30 days", "2026-11-24", "2026-10-25"),
        ("1 month", "2026-03-31", "2026-02-28"),
        ("1 month", "2024-03-31", "2024-02-29"),
        ("25 months", "2026-11-24", "2024-10-24"),
        ("3 years", "2024-02-29", "2021-02-28"),
        ("1 year", "2026-01-01", "2025-01-01"),
    ],
)
def test_the_cutoff_follows_the_calendar(text: str, now: str, cutoff: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert Retention.from_text(text).cutoff(moment).date().isoformat() == cutoff


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("30 days", "2026-11-24", "2026-12-24"),
        ("1 month", "2026-01-31", "2026-02-28"),
        ("3 years", "2024-02-29", "2027-02-28"),
        ("3 years", "2026-11-24", "2029-11-24"),
    ],
)
def test_the_end_follows_the_calendar(text: str, start: str, end: str) -> None:
    moment = datetime.fromisoformat(start).replace(tzinfo=UTC)

    assert Retention.from_text(text).end(moment).date().isoformat() == end


@given(RETENTIONS)
def test_what_is_written_is_read(retention: Retention) -> None:
    assert Retention.from_text(str(retention)) == retention


@given(RETENTIONS, MOMENTS)
def test_nothing_is_kept_longer_than_its_days_at_most(retention: Retention, now: datetime) -> None:
    age = now - retention.cutoff(now)

    assert timedelta() < age <= timedelta(days=retention.days_at_most)


@given(RETENTIONS, RETENTIONS, MOMENTS)
def test_what_is_not_longer_keeps_nothing_that_the_other_has_erased(
    retention: Retention, other: Retention, now: datetime
) -> None:
    assert retention.is_longer_than(other) or retention.cutoff(now) >= other.cutoff(now)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("12 months", "1 year"),
        ("1 year", "12 months"),
        ("28 days", "1 month"),
        ("1 month", "31 days"),
        ("25 months", "25 months"),
    ],
)
def test_the_same_time_said_otherwise_is_not_longer(text: str, other: str) -> None:
    assert not Retention.from_text(text).is_longer_than(Retention.from_text(other))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("13 months", "1 year"),
        ("2 years", "23 months"),
        ("31 days", "1 month"),
        ("1 month", "30 days"),
        ("366 days", "1 year"),
        ("1 year", "365 days"),
    ],
)
def test_more_time_is_longer_even_if_only_in_some_years(text: str, other: str) -> None:
    assert Retention.from_text(text).is_longer_than(Retention.from_text(other))


@pytest.mark.parametrize(
    "text", ["", "5", "days", "05 days", "-1 days", "1.5 years", f"{AMOUNT_MAX + 1} days", "1 day "]
)
def test_other_forms_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write one like 30 days"):
        Retention.from_text(text)
