"""What the address of a report asks: read strictly, and written back with one part changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings

from clearline.reach.visitors.report import (
    DAYS_DEFAULT,
    Order,
    Population,
    ReportQuery,
    Thing,
    WrongQuery,
    last_days,
)

PERIODS: Final = (7, 28, 91)  # whole weeks, so that each day is compared with one of its name
# What a bare address shows, and what says nothing.
UNTOLD: Final[dict[str, tuple[str, ...]]] = {
    "period": ("0", str(DAYS_DEFAULT)),
    "thing": (Thing.PAGE,),
    "population": (Population.ALL,),
    "order": (Order.VIEWS,),
    "chart": ("visits",),
    "search": ("",),
}
Word = TypeVar("Word", bound=StrEnum)


class Charted(StrEnum):
    """What the line of days shows."""

    PEOPLE = "people"
    VISITS = "visits"
    VIEWS = "views"


@dataclass(frozen=True, slots=True)
class Asked:
    """One report as its address asks for it; `period` is 0 when the days were chosen."""

    query: ReportQuery
    period: int
    charted: Charted
    today: date

    @property
    def is_over(self) -> bool:
        """Tell whether all its days are over, so that they compare with the days before."""
        return self.query.end < self.today

    @property
    def is_ahead(self) -> bool:
        """Tell whether none of its days has begun."""
        return self.query.start > self.today

    @property
    def ends_at(self) -> datetime:
        """Return the midnight with which its last day ends."""
        return midnight_before(self.query.end + timedelta(days=1))

    def link(self, drop: Collection[str], changed: Mapping[str, str]) -> str:
        """Return the query string of the same report with parts dropped or changed."""
        return "?" + urlencode({**self.without(*drop), **changed})

    @property
    def fields(self) -> dict[str, str]:
        """Return the parts that differ from what a bare address shows."""
        query = self.query
        days = {"from": query.start.isoformat(), "to": query.end.isoformat()}
        words = {
            "period": str(self.period),
            "thing": query.thing,
            "population": query.population,
            "order": query.order,
            "chart": self.charted,
            "search": query.search,
        }
        told = {name: str(word) for name, word in words.items() if word not in UNTOLD[name]}
        filters = {str(side): value for side, value in query.filters.items()}
        return (told if self.period else days | told) | filters

    def without(self, *names: str) -> dict[str, str]:
        return {name: value for name, value in self.fields.items() if name not in names}


def midnight_before(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.ENV.provider.time_zone))


def read_query(told: Mapping[str, str], now: datetime) -> Asked:
    """Return what an address asks. Raises WrongQuery, saying what to write instead."""
    today = now.astimezone(ZoneInfo(settings.ENV.provider.time_zone)).date()
    start, end, period = read_days(told, today)
    query = ReportQuery(
        start=start,
        end=end,
        thing=read_word(told, "thing", Thing.PAGE),
        population=read_word(told, "population", Population.ALL),
        order=read_word(told, "order", Order.VIEWS),
        search=told.get("search", "").strip(),
        part=told.get("part", "").strip(),
        device=told.get("device", "").strip(),
        referrer_class=told.get("referrer_class", "").strip(),
        referrer=told.get("referrer", "").strip(),
        campaign=told.get("campaign", "").strip(),
    )
    return Asked(
        query=query,
        period=period,
        charted=read_word(told, "chart", Charted.VISITS),
        today=today,
    )


def read_days(told: Mapping[str, str], today: date) -> tuple[date, date, int]:
    """Return the days asked for; a period has whole days, so its last one is yesterday."""
    if told.get("from") or told.get("to"):
        start, end = read_day(told, "from", today), read_day(told, "to", today)
        return start, end, 0
    text = told.get("period", "") or str(DAYS_DEFAULT)
    if text not in {str(days) for days in PERIODS}:
        message = f"A period has {', '.join(map(str, PERIODS))} days; or choose from and to."
        raise WrongQuery(message)
    start, end = last_days(int(text), before=today)
    return start, end, int(text)


def read_day(told: Mapping[str, str], name: str, today: date) -> date:
    text = told.get(name, "")
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"“{text[:20]}” is no day. Write one like {today.isoformat()}."
        raise WrongQuery(message) from None


def read_word(told: Mapping[str, str], name: str, default: Word) -> Word:
    text = told.get(name, "")
    if not text:
        return default
    try:
        return type(default)(text)
    except ValueError:
        known = ", ".join(type(default))
        message = f"{name} is one of {known}."
        raise WrongQuery(message) from None
