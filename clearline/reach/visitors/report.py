"""What a popularity report asks and what it may tell: no group of fewer than five, nor by a sum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from clearline.kit.errors import Invalid
from clearline.policy.vocabulary import ClauseId

GROUP_MIN: Final = 5  # below it nothing is told
DAYS_MAX: Final = 800  # above the longest `kept`, 25 months
FIRST_DATE: Final = date(2000, 1, 1)
LAST_DATE: Final = date(2100, 1, 1)
TEXT_LENGTH_MAX: Final = 256
ROWS_MAX: Final = 100
BREAKDOWN_ROWS_MAX: Final = 10

MEASURED: Final = ClauseId("visits.measure")
COUNTED: Final = ClauseId("visits.count")


class Thing(StrEnum):
    """What the rows are."""

    PAGE = "page"
    SERVICE = "service"


class Population(StrEnum):
    """Whose visits: those who agreed to be recognised, those who did not, or all."""

    ALL = "all"
    AGREED = "agreed"
    DECLINED = "declined"


class Order(StrEnum):
    VIEWS = "views"
    PEOPLE = "people"


class Precision(StrEnum):
    """How exact people are: counted, about (3 % for 19 of 20), or from one visitor in ten.

    Of a sample everything is about.
    """

    EXACT = "exact"
    ABOUT = "about"
    SAMPLE = "sample"


class Side(StrEnum):
    """By what a breakdown splits the visits; the names are those of event columns."""

    PART = "part"
    DEVICE = "device"
    REFERRER_CLASS = "referrer_class"
    REFERRER = "referrer"
    CAMPAIGN = "campaign"


class WrongQuery(Invalid):
    code = "wrong_report_query"


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """Both dates are included; an empty filter lets everything through. Raises WrongQuery."""

    start: date
    end: date
    thing: Thing = Thing.PAGE
    population: Population = Population.ALL
    part: str = ""
    device: str = ""
    referrer_class: str = ""
    campaign: str = ""
    order: Order = Order.VIEWS
    search: str = ""

    def __post_init__(self) -> None:
        if self.end < self.start:
            message = "The last day comes before the first. Exchange them."
            raise WrongQuery(message)
        if self.days > DAYS_MAX:
            message = f"A report covers at most {DAYS_MAX} days. Choose a shorter period."
            raise WrongQuery(message)
        if self.start_before < FIRST_DATE or self.end >= LAST_DATE:
            message = f"Choose days between {FIRST_DATE} and {LAST_DATE}."
            raise WrongQuery(message)
        texts = (*self.filters.values(), self.search)
        if any(len(text) > TEXT_LENGTH_MAX or "\0" in text for text in texts):
            message = f"A filter has at most {TEXT_LENGTH_MAX} characters. Shorten it."
            raise WrongQuery(message)

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def start_before(self) -> date:
        """Return the first day of the period before, which is as long and ends where this begins."""
        return self.start - timedelta(days=self.days)

    @property
    def filters(self) -> dict[Side, str]:
        """Return the filters that are set."""
        told = {
            Side.PART: self.part,
            Side.DEVICE: self.device,
            Side.REFERRER_CLASS: self.referrer_class,
            Side.CAMPAIGN: self.campaign,
        }
        return {side: value for side, value in told.items() if value}

    @property
    def has_time(self) -> bool:
        """Tell whether time in view is known: it is not told together with where one came from."""
        return not self.referrer_class

    @property
    def clauses(self) -> tuple[ClauseId, ...]:
        """Return the clauses of the policy that these figures rest on."""
        return {
            Population.ALL: (MEASURED, COUNTED),
            Population.AGREED: (MEASURED,),
            Population.DECLINED: (COUNTED,),
        }[self.population]


@dataclass(frozen=True, slots=True)
class Count:
    """Sums as the store has them; never shown."""

    views: int = 0
    visits: int = 0
    people: int = 0
    seconds: int = 0

    def __add__(self, other: "Count") -> "Count":
        """Add all but people, who cannot be added: the same may be on both sides."""
        return Count(
            self.views + other.views, self.visits + other.visits, 0, self.seconds + other.seconds
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of one group. None: fewer than five, or it would give such a group away."""

    views: int | None
    visits: int | None  # those that began here
    people: int | None  # of those who agreed
    seconds_mean: float | None  # in view, for each view


@dataclass(frozen=True, slots=True)
class Row:
    """One page, service, device …; `group` is the class of a referrer, else empty."""

    name: str
    figures: Figures
    before: Figures
    group: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole site under the report's filters, and its two populations apart."""

    all: Figures
    agreed: Figures
    declined: Figures


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The visits split by one side; `rest` has the views of the `folded_rows` not shown."""

    side: Side
    rows: tuple[Row, ...]
    rest: int | None
    folded_rows: int


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report. `rest` has the views of the `folded_rows` that are not shown."""

    query: ReportQuery
    rows: tuple[Row, ...]
    rest: int | None
    folded_rows: int
    totals: Totals
    before: Totals
    days: tuple[Day, ...]
    days_before: tuple[Day, ...]
    breakdowns: tuple[Breakdown, ...]
    precision: Precision
    breakdowns_precision: Precision
    clauses: tuple[ClauseId, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What was counted for one name, in the period and in the one before."""

    name: str
    now: Count
    before: Count = Count()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What was counted by name, the greatest first; `others` are names not told apart."""

    named: tuple[Named, ...]
    others: Count = Count()
    others_names: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """How counts of this report become figures."""

    has_time: bool = True
    scale: int = 1  # 10 for a sample of one in ten; the floor is on what was counted


def fold(listing: Listing, rows_max: int) -> tuple[list[Named], int | None, int]:
    """Return the rows to show, and the views and number of those folded into the rest.

    A rest of fewer than five takes in the smallest rows until it is none.
    """
    shown = [named for named in listing.named if named.now.views >= GROUP_MIN][:rows_max]
    rest = listing.others.views + sum(named.now.views for named in listing.named)
    rest -= sum(named.now.views for named in shown)
    while 0 < rest < GROUP_MIN and shown:
        smallest = min(shown, key=lambda named: named.now.views)
        shown.remove(smallest)
        rest += smallest.now.views
    folded = listing.others_names + len(listing.named) - len(shown)
    return shown, rest if rest >= GROUP_MIN else None, folded


def to_rows(shown: Sequence[Named], told: Told) -> tuple[Row, ...]:
    now = to_figures([named.now for named in shown], told)
    before = to_figures([named.before for named in shown], told)
    return tuple(
        Row(named.name, figures, earlier, named.group)
        for named, figures, earlier in zip(shown, now, before, strict=True)
    )


def to_breakdown(side: Side, listing: Listing, told: Told) -> Breakdown:
    timed = replace(told, has_time=told.has_time and side is Side.PART)
    shown, rest, folded = fold(listing, BREAKDOWN_ROWS_MAX)
    return Breakdown(side, to_rows(shown, timed), scaled(rest, told), folded)


def to_totals(whole: Count, agreed: Count, declined: Count, told: Told) -> Totals:
    """Return the totals: where one population is too small to tell, the other is not told either."""
    apart = to_figures([agreed, declined], told)
    return Totals(to_figures([whole], told)[0], *apart)


def to_days(counts: Sequence[tuple[date, Count]], told: Told) -> tuple[Day, ...]:
    figures = to_figures([count for _, count in counts], told)
    return tuple(Day(on, each) for (on, _), each in zip(counts, figures, strict=True))


def to_figures(counts: Sequence[Count], told: Told) -> list[Figures]:
    """Return the figures of groups that together make a whole which is told as well."""
    views = hide([count.views for count in counts])
    visits = hide([count.visits for count in counts])
    people = [value or None for value in hide([count.people for count in counts])]
    return [
        Figures(
            views=scaled(views[place], told),
            visits=scaled(visits[place], told),
            people=scaled(people[place], told),
            seconds_mean=mean_of(count, told) if views[place] else None,
        )
        for place, count in enumerate(counts)
    ]


def hide(values: Sequence[int]) -> list[int | None]:
    """Return the values without those of 1 to 4, and without as many more as would give them away.

    What is hidden together is never a group of 1 to 4, so that it cannot be found by a difference.
    """
    hidden = {place for place, value in enumerate(values) if 0 < value < GROUP_MIN}
    total = sum(values[place] for place in hidden)
    for place in sorted(range(len(values)), key=lambda place: values[place]):
        if not 0 < total < GROUP_MIN:
            break
        if place not in hidden and values[place]:
            hidden.add(place)
            total += values[place]
    return [None if place in hidden else value for place, value in enumerate(values)]


def scaled(value: int | None, told: Told) -> int | None:
    return None if value is None else value * told.scale


def mean_of(count: Count, told: Told) -> float | None:
    return round(count.seconds / count.views, 1) if told.has_time and count.views else None


def days_between(start: date, end: date) -> tuple[date, ...]:
    return tuple(start + timedelta(days=number) for number in range((end - start).days + 1))
