"""No group under five is told, nor found by subtracting what is told from one another."""

from collections.abc import Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from clearline.reach.visitors.floor import (
    Told,
    hide,
    to_breakdown,
    to_figures,
    to_folded,
    to_totals,
    views_of,
)
from clearline.reach.visitors.report import (
    GROUP_MIN,
    Count,
    Listing,
    Named,
    Population,
    Side,
)


def is_small(count: Count) -> bool:
    """Return whether there is something to tell of, and of fewer than five."""
    return count.views > 0 and count.size < GROUP_MIN


def test_who_said_yes_stands_behind_a_group_once() -> None:
    four_who_said_yes = Count(4, 4, 4, 0, declined=4, declined_views=4, said_yes=4)
    and_one_more_visit = Count(1, 1, 0, 0, declined=1, declined_views=1)

    assert four_who_said_yes.size == 4
    assert (four_who_said_yes + and_one_more_visit).size == 5


COUNTS = st.builds(
    lambda people, more, declined, visits, said_yes: Count(
        people + more + declined,
        declined + min(visits, people),
        people,
        0,
        declined,
        said_yes=said_yes,
    ),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 3),
)


@given(counts=st.lists(COUNTS, max_size=12), unseen=COUNTS)
def test_what_is_left_out_is_never_a_group_of_one_to_four_by_itself(
    counts: list[Count], unseen: Count
) -> None:
    out = hide(counts, unseen, views_of)

    for place, count in enumerate(counts):
        assert place in out or not is_small(count)
    together = sum((counts[place] for place in out), unseen)
    is_all_out = all(place in out or not count.views for place, count in enumerate(counts))
    assert not is_small(together) or is_all_out


@given(counts=st.lists(COUNTS, max_size=12))
def test_no_small_group_is_found_by_subtracting_what_is_told_from_the_whole(
    counts: list[Count],
) -> None:
    figures = to_figures(counts, Told())

    whole = sum(counts, Count())
    for told, counted in (
        ([each.views for each in figures], [count.views for count in counts]),
        ([each.visits for each in figures], [count.visits for count in counts]),
    ):
        if None in told and whole.size >= GROUP_MIN:
            missing = sum(counted) - sum(value or 0 for value in told)
            assert missing == 0 or missing >= GROUP_MIN or set(told) <= {None, 0}


@given(counts=st.lists(COUNTS, max_size=30), others=COUNTS)
def test_the_rest_is_never_a_group_of_one_to_four(counts: list[Count], others: Count) -> None:
    named = tuple(Named(f"/{place}", count) for place, count in enumerate(counts))

    folded = to_folded(Listing(named, (Named("", others),)), Told(), rows_max=10)

    whole = others.views + sum(count.views for count in counts)
    told = sum(row.figures.views or 0 for row in folded.rows)
    assert folded.rest is None or folded.rest == whole - told
    assert folded.rest is None or folded.rest == 0 or folded.rest >= GROUP_MIN
    assert all(row.figures.views is not None for row in folded.rows)
    assert folded.rest is not None or not folded.rows


PRIME = 2**31 - 1
PAIRS = st.builds(
    lambda people, views, visits, declined, declined_views, said_yes: Count(
        people + views + declined + declined_views,
        (min(visits, people) + declined),
        people,
        0,
        declined,
        declined + declined_views,
        said_yes=said_yes,
    ),
    st.integers(0, 12),
    st.integers(0, 3),
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(0, 3),
    st.integers(0, 2),
).filter(lambda count: count.people or not count.of(Population.AGREED).views)


def values_of_three(
    counts: Sequence[Count], measure: str
) -> tuple[list[list[int]], list[list[int]]]:
    """Return what is counted of each group and population, and all that is told, as equations.

    The unknown are the two parts of each group, first those who agreed.
    """
    size = len(counts)
    parts = [
        [getattr(count.of(population), measure) for count in counts]
        for population in (Population.AGREED, Population.DECLINED)
    ]
    equations = []
    whole = sum(counts, Count())
    for population in Population:
        signs = [int(population in {Population.ALL, each}) for each in ("agreed", "declined")]
        told = Told(population=population, is_paired=population is not Population.ALL)
        figures = to_figures(counts, told)
        for place, each in enumerate(figures):
            if getattr(each, measure) is not None:
                line = [0] * (2 * size)
                line[place], line[size + place] = signs[0], signs[1]
                equations.append(line)
        totals = to_totals(*whole.parts, told)
        if getattr(totals.all, measure) is not None:
            equations.append([signs[0]] * size + [signs[1]] * size)
    return parts, equations


def is_found(equations: list[list[int]], asked: list[int]) -> bool:
    """Return whether what is asked for is a sum and difference of what is told."""
    return rank([*equations, asked]) == rank(equations)


def rank(lines: list[list[int]]) -> int:
    """Return the rank, reckoned in whole numbers up to a prime."""
    lines, found = [list(line) for line in lines], 0
    for column in range(len(lines[0]) if lines else 0):
        pivot = next((n for n in range(found, len(lines)) if lines[n][column]), None)
        if pivot is None:
            continue
        lines[found], lines[pivot] = lines[pivot], lines[found]
        for n in range(found + 1, len(lines)):
            share = lines[n][column] * pow(lines[found][column], -1, PRIME) % PRIME
            if share:
                told = zip(lines[n], lines[found], strict=True)
                lines[n] = [(a - share * b) % PRIME for a, b in told]
        found += 1
    return found


@given(counts=st.lists(PAIRS, min_size=1, max_size=6))
def test_no_small_group_is_found_by_subtracting_populations_from_one_another(
    counts: list[Count],
) -> None:
    for measure in ("views", "visits"):
        parts, equations = values_of_three(counts, measure)
        for part, values in enumerate(parts):
            for place, value in enumerate(values):
                count = counts[place].parts[part]
                few = is_small(count) if measure == "views" else 0 < value < GROUP_MIN
                asked = [0] * (2 * len(counts))
                asked[part * len(counts) + place] = 1
                assert not (few and is_found(equations, asked))


@given(counts=st.lists(PAIRS, max_size=20), others=PAIRS)
def test_no_row_is_told_whose_other_part_is_small(counts: list[Count], others: Count) -> None:
    named = tuple(Named(f"/{place}", count) for place, count in enumerate(counts))
    for population in (Population.AGREED, Population.DECLINED):
        told = Told(population=population, is_paired=True)

        folded = to_folded(Listing(named, (Named("", others),)), told, rows_max=10)

        for row in folded.rows:
            now = counts[int(row.name[1:])]
            assert not any(map(is_small, (now, *now.parts)))
        shown = {row.name for row in folded.rows}
        rest = sum((each.now for each in named if each.name not in shown), others)
        assert folded.rest in {None, rest.of(population).views}
        assert folded.rest is None or not any(map(is_small, (rest, *rest.parts)))


# Pages of three parts. Nobody is on two pages, so a part is the sum of its pages in people too.
PAGES = st.lists(
    st.tuples(st.sampled_from(["help", "rates", "services"]), COUNTS, COUNTS), max_size=9
)


def of_nobody_twice(counts: Sequence[Count]) -> Count:
    whole = sum(counts, Count())
    people, said_yes = sum(each.people for each in counts), sum(each.said_yes for each in counts)
    return Count(
        whole.views, whole.visits, people, 0, whole.declined, whole.declined_views, 0, said_yes
    )


@given(pages=PAGES, rows_max=st.integers(1, 9))
def test_no_page_is_found_by_what_is_told_of_its_part_and_of_the_other_pages_in_it(
    pages: list[tuple[str, Count, Count]], rows_max: int
) -> None:
    named = [Named(f"/{n}", now, ago, part) for n, (part, now, ago) in enumerate(pages)]
    parts = {part: [each for each in named if each.parent == part] for part, *_ in pages}
    of_parts = [
        Named(
            part,
            of_nobody_twice([each.now for each in within]),
            of_nobody_twice([each.before for each in within]),
        )
        for part, within in parts.items()
    ]
    by_part = to_breakdown(Side.PART, Listing(tuple(of_parts)), Told())
    told_parts = {row.name: row for row in by_part.rows}

    folded = to_folded(Listing(tuple(named)), Told(), rows_max, told_parts)

    told = {row.name: row for row in folded.rows}
    for when, measure in product(("now", "before"), ("views", "visits")):
        field = "figures" if when == "now" else when
        values = [getattr(getattr(each, when), measure) for each in named]
        whole = of_nobody_twice([getattr(each, when) for each in named])
        lines = [
            [int(each.name == one) for each in named]
            for one, row in told.items()
            if getattr(getattr(row, field), measure) is not None
        ]
        lines += [
            [int(each.parent == one) for each in named]
            for one, row in told_parts.items()
            if getattr(getattr(row, field), measure) is not None
        ]
        behind = whole.size if measure == "views" else whole.visits
        lines += [[1] * len(named)] if behind >= GROUP_MIN else []
        if measure == "views" and when == "now":
            lines += [[int(each.name not in told) for each in named]] * (folded.rest is not None)
        groups = [[each] for each in named]
        groups += [[each for each in within if each.name not in told] for within in parts.values()]
        for group in groups:
            count = of_nobody_twice([getattr(each, when) for each in group])
            few = is_small(count) if measure == "views" else 0 < count.visits < GROUP_MIN
            asked = [int(each in group) for each in named]
            assert not (few and any(values) and is_found(lines, asked)), (when, measure, group)


@given(counts=st.lists(st.tuples(PAIRS, PAIRS), min_size=1, max_size=6), rows_max=st.integers(2, 6))
def test_no_small_group_is_found_by_populations_whose_rows_stand_in_another_order(
    counts: list[tuple[Count, Count]], rows_max: int
) -> None:
    size = len(counts)
    named = [Named(f"/{place}", now, ago) for place, (now, ago) in enumerate(counts)]
    for when, measure in product(("now", "before"), ("views", "visits")):
        field = "figures" if when == "now" else when
        equations = []
        for population in Population:
            signs = [int(population in {Population.ALL, each}) for each in ("agreed", "declined")]
            told = Told(population=population, is_paired=population is not Population.ALL)
            in_order = sorted(named, key=lambda each: -each.now.of(population).views)
            folded = to_folded(Listing(tuple(in_order)), told, rows_max)
            for row in folded.rows:
                if getattr(getattr(row, field), measure) is not None:
                    line = [0] * (2 * size)
                    place = int(row.name[1:])
                    line[place], line[size + place] = signs
                    equations.append(line)
            whole = sum((getattr(each, when) for each in named), Count())
            agreed, declined = whole.parts
            if getattr(to_totals(agreed, declined, told).all, measure) is not None:
                equations.append([signs[0]] * size + [signs[1]] * size)
        for part, place in product((0, 1), range(size)):
            count = getattr(named[place], when).parts[part]
            value = getattr(count, measure)
            few = is_small(count) if measure == "views" else 0 < value < GROUP_MIN
            asked = [0] * (2 * size)
            asked[part * size + place] = 1
            assert not (few and is_found(equations, asked)), (when, measure, place, part)
