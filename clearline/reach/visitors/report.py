"""What a popularity report asks, what is counted for it, and what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from clearline.kit.errors import Invalid
from clearline.policy.vocabulary import Category, ClauseId, SubjectId
from clearline.reach.visitors.event import Device, Part, ReferrerClass

GROUP_MIN: Final = 5  # below it nothing is told
DAYS_DEFAULT: Final = 28  # of whoever asks for no days: whole weeks
DAYS_MAX: Final = 800  # above the longest `kept`, 25 months
FIRST_DATE: Final = date(2000, 1, 1)
LAST_DATE: Final = date(2100, 1, 1)
TEXT_LENGTH_MAX: Final = 256
ROWS_MAX: Final = 100
BREAKDOWN_ROWS_MAX: Final = 10

MEASURED: Final = ClauseId("visits.measure")
COUNTED: Final = ClauseId("visits.count")

# Whom figures are about, as the gate knows them: all of a population, never one of them.
ALL_WHO_AGREED: Final = SubjectId("all_who_agreed")
ALL_OTHERS: Final = SubjectId("all_who_did_not_agree")
SEEN_OF_ALL: Final = frozenset({Category.BEHAVIOR_BROWSING_HISTORY, Category.DEVICE_KIND})
SEEN_OF_AGREED: Final = SEEN_OF_ALL | {Category.DEVICE_COOKIE_ID}


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
    VISITS = "visits"
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


# Sides that have a closed list of values; the others have any name.
KNOWN: Final[Mapping[Side, type[StrEnum]]] = {
    Side.PART: Part,
    Side.DEVICE: Device,
    Side.REFERRER_CLASS: ReferrerClass,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to how many events of a period reports read each one, else sums; or else a sample."""

    exact_events_max: int = 2_000_000
    raw_events_max: int = 10_000_000


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
    referrer: str = ""
    campaign: str = ""
    order: Order = Order.VIEWS
    search: str = ""

    def __post_init__(self) -> None:
        if self.end < self.start:
            message = "The last day comes before the first. Exchange them."
            raise WrongQuery(message)
        if not FIRST_DATE <= self.start <= self.end < LAST_DATE:
            message = f"Choose days between {FIRST_DATE} and {LAST_DATE}."
            raise WrongQuery(message)
        if self.days > DAYS_MAX:
            message = f"A report covers at most {DAYS_MAX} days. Choose a shorter period."
            raise WrongQuery(message)
        texts = (*self.filters.values(), self.search)
        if any(len(text) > TEXT_LENGTH_MAX or "\0" in text for text in texts):
            message = f"A filter has at most {TEXT_LENGTH_MAX} characters. Shorten it."
            raise WrongQuery(message)
        self.refuse_unknown()

    def refuse_unknown(self) -> None:
        """Return if each filter that has a closed list is on it. Raises WrongQuery."""
        for side, known in KNOWN.items():
            value = self.filters.get(side, "")
            if value and value not in set(known):
                message = f"“{value[:20]}” is no {side}. Choose one of {', '.join(known)}."
                raise WrongQuery(message)

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def start_before(self) -> date:
        """Return the first day of the period before: as long, it ends where this begins."""
        return self.start - timedelta(days=self.days)

    @property
    def filters(self) -> dict[Side, str]:
        """Return the filters that are set."""
        told = {
            Side.PART: self.part,
            Side.DEVICE: self.device,
            Side.REFERRER_CLASS: self.referrer_class,
            Side.REFERRER: self.referrer,
            Side.CAMPAIGN: self.campaign,
        }
        return {side: value for side, value in told.items() if value}

    @property
    def has_time(self) -> bool:
        """Tell whether time in view is known: it is not told together with where one came from."""
        return not self.referrer_class and not self.referrer

    @property
    def reads(self) -> dict[SubjectId, frozenset[Category]]:
        """Return whose data these figures are made of, and of which categories."""
        agreed, others = {ALL_WHO_AGREED: SEEN_OF_AGREED}, {ALL_OTHERS: SEEN_OF_ALL}
        return {
            Population.ALL: agreed | others,
            Population.AGREED: agreed,
            Population.DECLINED: others,
        }[self.population]

    @property
    def reads_beside(self) -> dict[SubjectId, frozenset[Category]]:
        """Return whose data hold the floor: of one population it rests on the other."""
        return {ALL_WHO_AGREED: SEEN_OF_AGREED, ALL_OTHERS: SEEN_OF_ALL}


@dataclass(frozen=True, slots=True)
class Count:
    """Sums as the store has them; never shown."""

    views: int = 0
    visits: int = 0
    people: int = 0  # of those who agreed
    seconds: int = 0
    declined: int = 0  # visits begun by those who are not recognised
    declined_views: int = 0  # of `views` those of the same, as are the seconds
    declined_seconds: int = 0
    said_yes: int = 0  # of `people` those who said yes here: a visit may have begun here before

    def __add__(self, other: "Count") -> "Count":
        """Add two groups. The same people may be in both: together they are at least the most."""
        return Count(
            self.views + other.views,
            self.visits + other.visits,
            max(self.people, other.people),
            self.seconds + other.seconds,
            self.declined + other.declined,
            self.declined_views + other.declined_views,
            self.declined_seconds + other.declined_seconds,
            self.said_yes + other.said_yes,
        )

    def of(self, population: Population) -> "Count":
        """Return the part of a population."""
        views, visits, seconds = self.declined_views, self.declined, self.declined_seconds
        return {
            Population.ALL: self,
            Population.AGREED: Count(
                self.views - views, self.visits - visits, self.people, self.seconds - seconds
            ),
            Population.DECLINED: Count(views, visits, 0, seconds, visits, views, seconds),
        }[population]

    @property
    def parts(self) -> tuple["Count", "Count"]:
        return self.of(Population.AGREED), self.of(Population.DECLINED)

    @property
    def size(self) -> int:
        """Return how many the group are: the people known, and one for each visit of the others.

        Not one for each view: nobody knows whose they are, and all may be of one visit. Who said
        yes is among the people, so a visit begun here before that is no other: for each of them,
        however often they said it, one is left out. Of several groups they may be the same people.
        """
        return self.people + max(0, self.declined - min(self.said_yes, self.people))


NOTHING: Final = Count()


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of one group. None: fewer than five, or it would give such a group away."""

    views: int | None
    visits: int | None  # those that began here
    people: int | None  # of those who agreed; None as well when nobody did
    seconds_mean: float | None  # in view, for each view


UNTOLD: Final = Figures(None, None, None, None)


@dataclass(frozen=True, slots=True)
class Row:
    """One page, service, device …; `parent` is the part of a page, the class of a referrer."""

    name: str
    figures: Figures
    before: Figures
    parent: str = ""

    def alone(self) -> "Row":
        return Row(self.name, self.figures, UNTOLD, self.parent)


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

    def alone(self) -> "Breakdown":
        rows = tuple(row.alone() for row in self.rows)
        return Breakdown(self.side, rows, self.rest, self.folded_rows)


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report. `rest` has the views of the `folded_rows` that are not shown.

    `clauses` are those of the policy that it rests on.
    """

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

    def alone(self) -> "Report":
        """Return it compared with nothing: days not over beside whole ones would mislead."""
        return Report(
            query=self.query,
            rows=tuple(row.alone() for row in self.rows),
            rest=self.rest,
            folded_rows=self.folded_rows,
            totals=self.totals,
            before=Totals(UNTOLD, UNTOLD, UNTOLD),
            days=self.days,
            days_before=tuple(Day(day.date, UNTOLD) for day in self.days_before),
            breakdowns=tuple(each.alone() for each in self.breakdowns),
            precision=self.precision,
            breakdowns_precision=self.breakdowns_precision,
            clauses=self.clauses,
        )


@dataclass(frozen=True, slots=True)
class Named:
    """What was counted for one name, in the period and in the one before.

    `parent` is the group that it is part of, where that is told as well: of a page the part of the
    site, of a referrer its class.
    """

    name: str
    now: Count = Count()
    before: Count = Count()
    parent: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells it from all others: the rest of a flood has one name in each parent."""
        return self.name, self.parent

    def with_folded(self, other: "Named") -> "Named":
        return Named(self.name, self.now + other.now, self.before + other.before, self.parent)


@dataclass(frozen=True, slots=True)
class Listing:
    """What was counted by name, the greatest first.

    `others` are those not told apart, `others_names` how many; `nameless` came without a name
    and is in the whole but in no row. Of both there is one for each parent.
    """

    named: tuple[Named, ...]
    others: tuple[Named, ...] = ()
    others_names: int = 0
    nameless: tuple[Named, ...] = ()


def last_days(number: int, *, before: date) -> tuple[date, date]:
    """Return the first and the last of the days that end before one: a period has whole days."""
    return before - timedelta(days=number), before - timedelta(days=1)


def days_between(start: date, end: date) -> tuple[date, ...]:
    return tuple(start + timedelta(days=number) for number in range((end - start).days + 1))
