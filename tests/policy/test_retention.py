"""Retention is one amount of time, cut by the calendar."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.policy.retention import AMOUNT_MAX, Retention, Unit

MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
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


@given(RETENTIONS)
def test_what_is_written_is_read(retention: Retention) -> None:
    assert Retention.from_text(str(retention)) == retention


@given(RETENTIONS, MOMENTS)
def test_nothing_is_kept_longer_than_its_days_at_most(retention: Retention, now: datetime) -> None:
    age = now - retention.cutoff(now)

    assert timedelta() < age <= timedelta(days=retention.days_at_most)


@pytest.mark.parametrize(
    "text", ["", "5", "days", "05 days", "-1 days", "1.5 years", f"{AMOUNT_MAX + 1} days", "1 day "]
)
def test_other_forms_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write one like 30 days"):
        Retention.from_text(text)
