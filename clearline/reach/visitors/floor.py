"""No group under five is told in a report, neither directly nor by its own differences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, TypeAlias

from clearline.reach.visitors.report import (
    BREAKDOWN_ROWS_MAX,
    GROUP_MIN,
    NOTHING,
    UNTOLD,
    Breakdown,
    Count,
    Day,
    Figures,
    Listing,
    Named,
    Population,
    Row,
    Side,
    Totals,
)

# How much is told of a group, and how many stand behind it.
Measure: TypeAlias = Callable[[Count], tuple[int, int]]


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


class People(NamedTuple):
    """How many people the whole of a report tells of, in its period and in the one before."""

    now: int = 0
    before: int = 0


NO_PEOPLE: Final = People()


def to_folded(
    listing: Listing,
    told: Told,
    rows_max: int,
    parents: Mapping[str, Row] | None = None,
    people: People = NO_PEOPLE,
) -> Folded:
    """Return the rows to tell; a rest of fewer than five takes in the smallest rows.

    `parents` are the groups that are told of what the rows are part of, by name, or None where none
    are told. Of one that is not told no row is: together they would give it away. Of one that is
    told what is left out is not few: it is what the others lack of it.
    """
    small = small_in_pairs(listing, told, parents) if told.is_paired else frozenset()
    big = [
        named
        for named in listing.named
        if named.key not in small
        and (named.now if told.is_paired else named.now.of(told.population)).size >= GROUP_MIN
        and (parents is None or named.parent in parents)
    ]
    if parents is None:
        fold_while_few(big, listing, told)
    else:  # what is left out in each of the told, and in all others, is none or not few
        for parent in sorted({named.parent for named in big}):
            fold_while_few(big, listing, told, parent)
    shown = [each for each in big if each.now.of(told.population).size >= GROUP_MIN][:rows_max]
    # Of all that are big, whatever comes first: the reports of the populations hide the same.
    rows = to_rows(sorted(big, key=lambda named: named.key), listing, told, parents, people)
    rest = left_of(listing, shown).now
    is_few_in = parents is not None and is_rest_few(listing, shown, told, parents)
    is_told = told.has_rest and not told.is_few(rest) and not is_few_in
    return Folded(
        tuple(rows[named.key] for named in shown),
        rest.of(told.population).views * told.scale if is_told else None,
        listing.others_names + len(listing.named) - len(shown),
    )


def is_rest_few(
    listing: Listing, shown: Sequence[Named], told: Told, parents: Mapping[str, Row]
) -> bool:
    """Say whether what has a name and no row is few in a parent, or in all that are not told.

    Where in the others everything has a name, or nothing, the rest would tell of it.
    """
    left = [*listing.others, *(each for each in listing.named if each not in shown)]
    groups: dict[str | None, list[Named]] = {}
    for each in left:
        groups.setdefault(each.parent if each.parent in parents else None, []).append(each)
    return any(told.is_few(together(group).now) for group in groups.values())


def small_in_pairs(
    listing: Listing, told: Told, parents: Mapping[str, Row] | None
) -> frozenset[tuple[str, str]]:
    """Return the keys of what neither population may tell of, within each parent or in all."""
    small: set[tuple[str, str]] = set()
    for parent in [None] if parents is None else list(parents):
        named = sorted(listing.named, key=lambda each: each.key)
        named = [each for each in named if parent in {None, each.parent}]
        others = [each.now for each in listing.others if parent in {None, each.parent}]
        out = told.hide([each.now for each in named], sum(others, NOTHING), views_of)
        small |= {named[place].key for place in out}
    return frozenset(small)


def fold_while_few(
    shown: list[Named], listing: Listing, told: Told, parent: str | None = None
) -> None:
    """Take away the smallest rows, those of one parent or any, while what is left out is few."""
    while True:
        left = left_of(listing, shown) if parent is None else left_in(listing, shown, parent)
        within = [named for named in shown if parent in {None, named.parent}]
        if not within or not told.is_few(left.now):
            return
        shown.remove(min(within, key=lambda named: (size_in(named, told), named.key)))


def size_in(named: Named, told: Told) -> int:
    """Return how many it is of, in a pair of populations in the smaller that it has."""
    if not told.is_paired:
        return named.now.of(told.population).size
    return min((part.size for part in named.now.parts if part.views), default=0)


def left_of(listing: Listing, shown: Sequence[Named]) -> Named:
    """Return what has a name and no row."""
    return together([*listing.others, *(each for each in listing.named if each not in shown)])


def left_in(listing: Listing, shown: Sequence[Named], parent: str) -> Named:
    """Return what of one parent has no row."""
    left = [*listing.others, *listing.nameless]
    left += [each for each in listing.named if each not in shown]
    return together([each for each in left if each.parent == parent])


def together(groups: Sequence[Named]) -> Named:
    whole = Named("")
    for group in groups:
        whole = whole.with_folded(group)
    return whole


def to_rows(
    shown: Sequence[Named],
    listing: Listing,
    told: Told,
    parents: Mapping[str, Row] | None,
    people: People,
) -> dict[tuple[str, str], Row]:
    whole = together([left_of(listing, shown), *listing.nameless])
    around_now = Around(whole.now, people.now)
    around_before = Around(whole.before, people.before)
    if parents is not None:
        names = [named.parent for named in shown]
        left = {name: left_in(listing, shown, name) for name in dict.fromkeys(names)}
        around_now = Around(
            whole.now,
            people.now,
            names,
            {name: each.now for name, each in left.items()},
            {name: row.figures for name, row in parents.items()},
        )
        around_before = Around(
            whole.before,
            people.before,
            names,
            {name: each.before for name, each in left.items()},
            {name: row.before for name, row in parents.items()},
        )
    now = to_figures([named.now for named in shown], told, around_now)
    before = to_figures([named.before for named in shown], told, around_before)
    return {
        named.key: Row(named.name, figures, earlier, named.parent)
        for named, figures, earlier in zip(shown, now, before, strict=True)
    }


def to_breakdown(
    side: Side,
    listing: Listing,
    told: Told,
    parents: Mapping[str, Row] | None = None,
    people: People = NO_PEOPLE,
) -> Breakdown:
    folded = to_folded(listing, told.of_side(side), BREAKDOWN_ROWS_MAX, parents, people)
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


def to_days(counts: Sequence[tuple[date, Count]], told: Told, people: int = 0) -> tuple[Day, ...]:
    figures = to_figures([count for _, count in counts], told, Around(people=people))
    return tuple(Day(on, each) for (on, _), each in zip(counts, figures, strict=True))


@dataclass(frozen=True, slots=True)
class Around:
    """What groups are part of that is told as well.

    With `unseen` they make a whole, of so many `people`. Each lies in one of the `parents`, of
    which `left` is no group; `told` are the figures of those parents that are told, None where none
    are.
    """

    unseen: Count = NOTHING
    people: int = 0
    parents: Sequence[str] = ()
    left: Mapping[str, Count] = field(default_factory=dict)
    told: Mapping[str, Figures] | None = None

    def hide(
        self,
        counts: Sequence[Count],
        told: Told,
        measure: Measure,
        hidden: frozenset[int] = frozenset(),
    ) -> frozenset[int]:
        """Return the places to leave out: within each parent that is told, else in the whole."""
        if self.told is None:
            return told.hide(counts, self.unseen, measure, hidden)
        out = set(hidden)
        for parent in dict.fromkeys(self.parents):
            places = [place for place, each in enumerate(self.parents) if each == parent]
            if is_untold(self.told.get(parent, UNTOLD), measure):
                out |= set(places)
                continue
            found = told.hide(
                [counts[place] for place in places],
                self.left.get(parent, NOTHING),
                measure,
                frozenset(index for index, place in enumerate(places) if place in out),
            )
            out |= {places[index] for index in found}
        return frozenset(out)

    def all_but_few(self, counts: Sequence[Count], told: Told) -> frozenset[int]:
        """Return the places of groups in which almost all people are: one to four are not.

        Nobody is in a group twice, so the people of the whole or of the parent less those of the
        group are the people who are not in it.
        """
        out: set[int] = set()
        for place, count in enumerate(counts):
            wholes = [self.people]
            if self.told is not None and self.parents[place] in self.told:
                wholes.append((self.told[self.parents[place]].people or 0) // told.scale)
            if any(is_few(whole - count.people, whole - count.people) for whole in wholes):
                out.add(place)
        return frozenset(out)


def is_untold(figures: Figures, measure: Measure) -> bool:
    return (figures.visits if measure is visits_of else figures.views) is None


ALONE: Final = Around()


def to_figures(counts: Sequence[Count], told: Told, around: Around = ALONE) -> list[Figures]:
    """Return the figures of groups, of which none is found by what is told around them."""
    groups = around.hide(counts, told, views_of)
    visits = around.hide(counts, told, visits_of, groups)
    people = hide(counts, NOTHING, people_of, groups) | around.all_but_few(counts, told)
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
