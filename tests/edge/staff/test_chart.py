"""The chart of days: every day at its place, nothing outside the frame, gaps stay gaps."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clearline.edge.staff.chart import BOTTOM, LEFT, RIGHT, TOP, draw, nice_top

LATER = date(2030, 1, 1)
told = st.none() | st.integers(min_value=0, max_value=10**9)


def days(number: int) -> list[date]:
    return [date(2026, 1, 1) + timedelta(days=place) for place in range(number)]


@given(st.lists(told, min_size=1, max_size=800), st.data())
def test_every_point_lies_inside_the_frame(values: list[int | None], data: st.DataObject) -> None:
    before = data.draw(st.lists(told, min_size=len(values), max_size=len(values)))

    chart = draw(days(len(values)), values, before, today=LATER)

    drawn = [pair.split(",") for line in chart.lines for pair in line.split()]
    points = [(float(x), float(y)) for x, y in drawn] + list(chart.dots)
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in points)
    assert len(points) == sum(value is not None for value in values)
    assert len(chart.days) <= 7


@given(st.integers(min_value=0, max_value=10**12))
def test_the_scale_ends_above_the_highest_and_splits_into_four_whole_steps(highest: int) -> None:
    top = nice_top(highest)

    assert top >= highest
    assert top % 4 == 0
    assert top <= max(4, highest * 3)


def test_a_day_that_may_not_be_told_breaks_the_line() -> None:
    chart = draw(days(5), [5, 6, None, 7, None], [None] * 5, today=LATER)

    assert len(chart.lines) == 1
    assert len(chart.dots) == 1
    assert chart.lines_before == ()


def test_today_so_far_is_a_dot_and_days_to_come_are_empty() -> None:
    chart = draw(days(5), [5, 6, 7, 1, 0], [4] * 5, today=days(4)[-1])

    assert [len(line.split()) for line in chart.lines] == [3]
    (dot,) = chart.dots
    assert dot[0] == draw(days(5), [None, None, None, 1, None], [4] * 5, today=LATER).dots[0][0]
    assert len(chart.lines_before[0].split()) == 5
    assert chart.has_today


def test_today_is_not_said_to_be_drawn_where_it_may_not_be_told() -> None:
    assert not draw(days(5), [5, 6, 7, None, None], [4] * 5, today=days(4)[-1]).has_today


def test_a_date_at_the_right_edge_ends_there_and_is_not_cut() -> None:
    labels = draw(days(5), [5] * 5, [4] * 5, today=LATER).days

    assert [label.anchor for label in labels] == ["middle"] * 4 + ["end"]
