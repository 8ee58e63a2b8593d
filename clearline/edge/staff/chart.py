"""Geometry of the chart of days: this period as a line over an area, the one before dashed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

LEFT, RIGHT, TOP, BOTTOM = 58.0, 750.0, 14.0, 190.0
LABELS_MAX: Final = 7
LABEL_HALF: Final = 20.0  # half the width of a date in words
STEPS: Final = 4
NICE: Final = (1, 2, 2.5, 4, 5, 10)  # a step of the scale is one of these times a power of ten


@dataclass(frozen=True, slots=True)
class Label:
    """A word beside an axis, at its place along it."""

    place: float
    text: str
    day: date | None = None

    @property
    def anchor(self) -> str:
        """Return which end of the word stands at its place: one at the right edge stays inside."""
        return "end" if self.place > RIGHT - LABEL_HALF else "middle"


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws. Lines are the `points` of polylines; a gap begins a new one."""

    lines: tuple[str, ...]
    areas: tuple[str, ...]
    lines_before: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]  # days alone between gaps, and today
    has_today: bool
    scale: tuple[Label, ...]
    days: tuple[Label, ...]


def draw(
    days: Sequence[date],
    values: Sequence[int | None],
    before: Sequence[int | None],
    *,
    today: date,
) -> Chart:
    """Return the chart of at least one day; None is a day of which nothing may be told.

    The line ends with the last whole day; today so far is a dot of its own, later days are empty.
    """
    highest = max((value for value in (*values, *before) if value), default=0)
    top = nice_top(highest)
    days_values = list(zip(days, values, strict=True))
    runs = list(runs_of([value if day < today else None for day, value in days_values], top))
    runs += list(runs_of([value if day == today else None for day, value in days_values], top))
    return Chart(
        lines=tuple(map(points_text, (run for run in runs if len(run) > 1))),
        areas=tuple(area_text(run) for run in runs if len(run) > 1),
        lines_before=tuple(points_text(run) for run in runs_of(before, top) if len(run) > 1),
        dots=tuple(run[0] for run in runs if len(run) == 1),
        has_today=any(value is not None for day, value in days_values if day == today),
        scale=tuple(
            Label(y_at(top * step / STEPS, top), f"{round(top * step / STEPS):,}")
            for step in range(STEPS + 1)
        ),
        days=tuple(Label(x_at(place, len(days)), "", days[place]) for place in labelled(len(days))),
    )


def nice_top(highest: int) -> int:
    """Return the end of the scale: above `highest`, divisible into four round steps."""
    step = 1.0
    while True:
        for factor in NICE:
            if factor * step * STEPS >= highest and float(factor * step).is_integer():
                return int(factor * step * STEPS)
        step *= 10


def labelled(number: int) -> list[int]:
    """Return which days carry their date: the first, and evenly on."""
    every = max(1, -(-number // LABELS_MAX))
    return list(range(0, number, every))


def runs_of(values: Sequence[int | None], top: int) -> Iterator[list[tuple[float, float]]]:
    """Yield stretches of days that may be told, as points."""
    run: list[tuple[float, float]] = []
    for place, value in enumerate(values):
        if value is None:
            if run:
                yield run
            run = []
        else:
            run.append((x_at(place, len(values)), y_at(value, top)))
    if run:
        yield run


def x_at(place: int, number: int) -> float:
    width = RIGHT - LEFT
    return round(LEFT + (width * place / (number - 1) if number > 1 else width / 2), 1)


def y_at(value: float, top: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / top, 1)


def points_text(run: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in run)


def area_text(run: Sequence[tuple[float, float]]) -> str:
    return f"{run[0][0]},{BOTTOM} {points_text(run)} {run[-1][0]},{BOTTOM}"
