"""What a popularity report asks and may tell: no group under five, nor by its own differences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

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
# How much is told of a group, and how many stand behind it.
Measure: TypeAlias = Callable[[Count], tuple[int, int]]


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


@dataclass(frozen=True, slots=True)
class Named:
    """What was counted for one name, in the period and in the one before."""

    name: str
    now: Count = Count()
    before: Count = Count()
    group: str = ""

    def with_folded(self, other: "Named") -> "Named":
        return Named(self.name, self.now + other.now, self.before + other.before, self.group)


@dataclass(frozen=True, slots=True)
class Listing:
    """What was counted by name, the greatest first.

    `others` are those not told apart, `others_names` how many; `nameless` came without a name
    and is in the whole but in no row.
    """

    named: tuple[Named, ...]
    others: Named = Named("")
    others_names: int = 0
    nameless: Named = Named("")


@dataclass(frozen=True, slots=True)
class Told:
    """How counts of this report become figures."""

    has_time: bool = True
    has_rest: bool = True  # what a search leaves over would tell small groups by differences
    scale: int = 1  # 10 for a sample of one in ten; the floor is on what was counted
    population: Population = Population.ALL
    is_paired: bool = False  # one of two populations, beside which the other can be asked for

    def without_rest(self) -> "Told":
        return Told(
            has_time=self.has_time,
            has_rest=False,
            scale=self.scale,
            population=self.population,
            is_paired=self.is_paired,
        )

    def of_side(self, side: Side) -> "Told":
        """Time in view is told apart from views: it knows where it was, not what led there."""
        has_time = self.has_time and side in {Side.PART, Side.DEVICE}
        return Told(has_time, self.has_rest, self.scale, self.population, self.is_paired)

    def of_both(self) -> "Told":
        return Told(self.has_time, self.has_rest, self.scale)

    def is_few(self, count: Count) -> bool:
        """Say whether a group, or one of the two parts that give each other away, is few."""
        own = count.of(self.population)
        others = (count, *count.parts) if self.is_paired else ()
        return any(is_few(*views_of(each)) for each in (own, *others))

    def hide(
        self,
        counts: Sequence[Count],
        unseen: Count,
        measure: Measure,
        hidden: frozenset[int] = frozenset(),
    ) -> frozenset[int]:
        if self.is_paired:
            return hide_pairs(counts, unseen, measure, hidden)
        return hide(counts, unseen, measure, hidden)


@dataclass(frozen=True, slots=True)
class Folded:
    """The rows that are told, and the views and number of the names that are not."""

    rows: tuple[Row, ...]
    rest: int | None
    names: int


def to_folded(listing: Listing, told: Told, rows_max: int) -> Folded:
    """Return the rows to tell; a rest of fewer than five takes in the smallest rows."""
    now = [named.now for named in listing.named]
    small = told.hide(now, listing.others.now, views_of) if told.is_paired else frozenset()
    big = [
        named
        for place, named in enumerate(listing.named)
        if place not in small and named.now.of(told.population).size >= GROUP_MIN
    ]
    shown, rest = big[:rows_max], listing.others
    for named in listing.named:
        rest = rest if named in shown else rest.with_folded(named)
    while told.is_few(rest.now) and shown:
        smallest = min(shown, key=lambda named: named.now.of(told.population).size)
        shown.remove(smallest)
        rest = rest.with_folded(smallest)
    is_told = told.has_rest and not told.is_few(rest.now)
    return Folded(
        to_rows(shown, rest.with_folded(listing.nameless), told),
        rest.now.of(told.population).views * told.scale if is_told else None,
        listing.others_names + len(listing.named) - len(shown),
    )


def to_rows(shown: Sequence[Named], unseen: Named, told: Told) -> tuple[Row, ...]:
    now = to_figures([named.now for named in shown], told, unseen.now)
    before = to_figures([named.before for named in shown], told, unseen.before)
    return tuple(
        Row(named.name, figures, earlier, named.group)
        for named, figures, earlier in zip(shown, now, before, strict=True)
    )


def to_breakdown(side: Side, listing: Listing, told: Told) -> Breakdown:
    folded = to_folded(listing, told.of_side(side), BREAKDOWN_ROWS_MAX)
    return Breakdown(side, folded.rows, folded.rest, folded.names)


def to_totals(agreed: Count, declined: Count, told: Told) -> Totals:
    """Return the totals: of two populations neither is told when one is too small to tell.

    Where one population was asked for, it is all that they tell of.
    """
    both = told.of_both()
    apart = to_figures([agreed, declined], both)
    match told.population:
        case Population.ALL:
            return Totals(to_figures([agreed + declined], both)[0], *apart)
        case Population.AGREED:
            return Totals(apart[0], apart[0], UNTOLD)
        case Population.DECLINED:
            return Totals(apart[1], UNTOLD, apart[1])


def to_days(counts: Sequence[tuple[date, Count]], told: Told) -> tuple[Day, ...]:
    figures = to_figures([count for _, count in counts], told)
    return tuple(Day(on, each) for (on, _), each in zip(counts, figures, strict=True))


def to_figures(counts: Sequence[Count], told: Told, unseen: Count = NOTHING) -> list[Figures]:
    """Return the figures of groups that with `unseen` make a whole which is told as well."""
    groups = told.hide(counts, unseen, views_of)
    visits = told.hide(counts, unseen, visits_of, groups)
    people = hide(counts, NOTHING, people_of, groups)
    return [
        Figures(
            views=None if place in groups else count.views * told.scale,
            visits=None if place in visits else count.visits * told.scale,
            people=None if place in people else count.people * told.scale or None,
            seconds_mean=None if place in groups else mean_of(count, told),
        )
        for place, count in enumerate(each.of(told.population) for each in counts)
    ]


def hide_pairs(
    counts: Sequence[Count],
    unseen: Count,
    measure: Measure,
    hidden: frozenset[int] = frozenset(),
) -> frozenset[int]:
    """Return the places to leave out of the report of either population.

    With the figures of all, each of the two would give the other away. So both leave out the same:
    what all leave out, every group of which one part is few, and as many more as keep what either
    leaves out together from being few or of one group alone.
    """
    out = set(hide(counts, unseen, measure, hidden))
    parts = [[measure(part) for part in count.parts] for count in counts]
    out |= {place for place, both in enumerate(parts) if any(is_few(*each) for each in both)}
    together = sum((counts[place] for place in out), unseen)
    least = [min((behind for amount, behind in both if amount), default=0) for both in parts]
    for place in sorted(range(len(counts)), key=least.__getitem__):
        left_out = [each for each in out if measure(counts[each])[0]]
        is_alone = len(left_out) == 1 and not measure(unseen)[0]
        if not is_alone and not any(is_few(*measure(part)) for part in together.parts):
            break
        if place not in out and measure(counts[place])[0]:
            out.add(place)
            together += counts[place]
    return frozenset(out)


def hide(
    counts: Sequence[Count],
    unseen: Count,
    measure: Measure,
    hidden: frozenset[int] = frozenset(),
) -> frozenset[int]:
    """Return the places of groups that are few, and of as many more as would give them away.

    What is left out together, `unseen` and `hidden` included, is never few either, so that it
    cannot be found by a difference.
    """
    measured = [measure(count) for count in counts]
    out = set(hidden) | {place for place, each in enumerate(measured) if is_few(*each)}
    together = sum((counts[place] for place in out), unseen)
    for place in sorted(range(len(counts)), key=lambda place: measured[place][1]):
        if not is_few(*measure(together)):
            break
        if place not in out and measured[place][0]:
            out.add(place)
            together += counts[place]
    return frozenset(out)


def is_few(amount: int, behind: int) -> bool:
    """Say whether there is something, and fewer than five stand behind it."""
    return amount > 0 and behind < GROUP_MIN


def views_of(count: Count) -> tuple[int, int]:
    return count.views, count.size


def visits_of(count: Count) -> tuple[int, int]:
    return count.visits, count.visits


def people_of(count: Count) -> tuple[int, int]:
    return count.people, count.people


def mean_of(count: Count, told: Told) -> float | None:
    return round(count.seconds / count.views, 1) if told.has_time and count.views else None


def last_days(number: int, *, before: date) -> tuple[date, date]:
    """Return the first and the last of the days that end before one: a period has whole days."""
    return before - timedelta(days=number), before - timedelta(days=1)


def days_between(start: date, end: date) -> tuple[date, ...]:
    return tuple(start + timedelta(days=number) for number in range((end - start).days + 1))
