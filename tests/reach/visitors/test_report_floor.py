"""No report tells of a group under five, read from events or from sums."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from clearline.kit.columnstore.client import ColumnStore
from clearline.reach.visitors import load
from clearline.reach.visitors.event import Kind, ReferrerClass, StoredEvent, part_of
from clearline.reach.visitors.report import Figures, Limits, Population, Side, Thing
from tests.reach.visitors.permitted import popularity_report
from tests.reach.visitors.test_report import EVENTS, SUMS, WHOLE, make_events, store

__all__ = ["store"]

both_ways = pytest.mark.parametrize("limits", [EVENTS, SUMS], ids=["events", "sums"])


@both_ways
def test_three_who_agreed_are_not_found_by_the_figures_of_all_and_of_the_others(
    store: ColumnStore, limits: Limits
) -> None:
    template = make_events(1, 1)[0]
    visits = [("/rates/", 100 + n) for n in range(3)] + [("/rates/", 0)] * 7
    visits += [("/", 0)] * 6 + [("/", 200 + n) for n in range(9)]
    visits += [("/help/", 0)] * 8 + [("/help/", 300 + n) for n in range(9)]
    events = [
        msgspec.structs.replace(
            template,
            id=n,
            kind=Kind.VIEW,
            page=page,
            part=part_of(page),
            visitor=visitor,
            day=20_730,
            starts=1,
        )
        for n, (page, visitor) in enumerate(visits)
    ]
    load.insert_events(store, events, token="a")

    told = {
        population: {
            row.name: row.figures.visits
            for row in popularity_report(
                store, replace(WHOLE, population=population), limits=limits
            ).rows
        }
        for population in Population
    }

    # /help/ or / stands beside /rates/ in what either of the two leaves out.
    assert told[Population.ALL] == {"/rates/": 10, "/": 15, "/help/": 17}
    assert told[Population.DECLINED] == {"/help/": 8}
    assert told[Population.AGREED] == {"/help/": 9}


def test_three_people_who_look_at_a_page_often_are_not_told(store: ColumnStore) -> None:
    template = make_events(1, 1)[0]
    events = [
        msgspec.structs.replace(
            template,
            id=number,
            kind=Kind.VIEW,
            page=page,
            part=part_of(page),
            visitor=visitor,
            day=20_730,
            starts=0,
        )
        for number, (page, visitor) in enumerate(
            [("/rare/", 1 + n % 3) for n in range(30)] + [("/known/", 10 + n) for n in range(9)]
        )
    ]
    load.insert_events(store, events, token="a")

    for limits in (EVENTS, SUMS):
        report = popularity_report(store, WHOLE, limits=limits)

        # /known/ goes with it: with the total it would tell of /rare/.
        assert report.rows == ()
        assert report.rest == 39
        assert report.folded_rows == 2


@both_ways
def test_one_person_who_declined_and_looks_at_many_pages_is_not_told(
    store: ColumnStore, limits: Limits
) -> None:
    template = make_events(1, 1)[0]
    events = [
        msgspec.structs.replace(
            template,
            id=number,
            kind=Kind.VIEW,
            page=page,
            part=part_of(page),
            campaign=campaign,
            visitor=0,
            day=20_730,
            starts=starts,
        )
        for number, (page, campaign, starts) in enumerate(
            [("/", "", 1)] * 9 + [("/contact/", "mail-to-bob", int(n == 0)) for n in range(30)]
        )
    ]
    load.insert_events(store, events, token="a")

    whole = popularity_report(store, WHOLE, limits=limits)
    narrowed = popularity_report(store, replace(WHOLE, campaign="mail-to-bob"), limits=limits)

    assert whole.totals.all.views == 39
    (campaigns,) = (each for each in whole.breakdowns if each.side is Side.CAMPAIGN)
    assert campaigns.rows == ()
    assert "/contact/" not in {row.name for row in whole.rows}
    assert narrowed.totals.all == narrowed.totals.declined == Figures(None, None, None, None)
    assert narrowed.rows == ()
    assert narrowed.rest is None
    assert all(not each.rows and each.rest is None for each in narrowed.breakdowns)
    assert {day.figures.views for day in narrowed.days} == {None, 0}


def begun_and_agreed(acts: Sequence[tuple[str, Kind, int, int]]) -> list[StoredEvent]:
    template = make_events(1, 1)[0]
    return [
        msgspec.structs.replace(
            template,
            id=n,
            page=page,
            part=part_of(page),
            kind=kind,
            visitor=visitor,
            day=20_730,
            starts=starts,
        )
        for n, (page, kind, visitor, starts) in enumerate(acts)
    ]


@both_ways
def test_four_who_began_on_a_page_and_said_yes_there_are_not_eight(
    store: ColumnStore, limits: Limits
) -> None:
    acts = [("/rates/", Kind.VIEW, 0, 1)] * 4
    acts += [("/rates/", Kind.YES, person, 0) for person in range(1, 5)]
    acts += [("/", Kind.VIEW, person, 1) for person in range(1, 10)]
    load.insert_events(store, begun_and_agreed(acts), token="a")

    report = popularity_report(store, WHOLE, limits=limits)

    assert report.totals.all.views == 13
    assert report.rows == ()  # "/" goes with it: with the total it would tell of /rates/
    assert report.rest == 13


@both_ways
def test_nobody_hides_a_page_by_saying_yes_again_and_again(
    store: ColumnStore, limits: Limits
) -> None:
    acts = [("/rates/", Kind.VIEW, 0, 1)] * 30 + [("/", Kind.VIEW, 0, 1)] * 7
    acts += [("/rates/", Kind.YES, 1, 0)] * 60
    load.insert_events(store, begun_and_agreed(acts), token="a")

    report = popularity_report(store, WHOLE, limits=limits)

    assert {row.name: row.figures.views for row in report.rows} == {"/rates/": 30, "/": 7}


FOUR_YESES_OF_ONE = [
    *[("/rates/", Kind.VIEW, person, 1) for person in range(1, 4)],
    *[("/rates/", Kind.VIEW, 0, 1)] * 4,
    *[("/rates/", Kind.YES, 1, 0)] * 4,
]


@both_ways
def test_four_yeses_of_one_person_leave_one_visit_out_of_a_page(
    store: ColumnStore, limits: Limits
) -> None:
    others = [("/", Kind.VIEW, person, 1) for person in range(11, 20)]
    load.insert_events(store, begun_and_agreed([*FOUR_YESES_OF_ONE, *others]), token="a")

    report = popularity_report(store, WHOLE, limits=limits)

    assert {row.name: row.figures.views for row in report.rows} == {"/rates/": 7, "/": 9}
    (parts,) = (each for each in report.breakdowns if each.side is Side.PART)
    assert {row.name: row.figures.views for row in parts.rows} == {"home": 9, "rates": 7}
    assert {day.figures.views for day in report.days} == {0, 16}


@both_ways
def test_yeses_of_one_person_on_four_days_leave_one_visit_out_of_the_whole(
    store: ColumnStore, limits: Limits
) -> None:
    on_days = [
        msgspec.structs.replace(event, day=event.day - number % 4)
        for number, event in enumerate(begun_and_agreed(FOUR_YESES_OF_ONE))
    ]
    load.insert_events(store, on_days, token="a")

    report = popularity_report(store, WHOLE, limits=limits)

    assert report.totals.all.views == 7
    assert [row.figures.views for row in report.rows] == [7]


@both_ways
def test_four_people_who_said_yes_twice_are_not_eight(store: ColumnStore, limits: Limits) -> None:
    acts = [("/rates/", Kind.VIEW, 0, 1)] * 4
    acts += [("/rates/", Kind.YES, 1 + number % 4, 0) for number in range(8)]
    load.insert_events(store, begun_and_agreed(acts), token="a")

    report = popularity_report(store, WHOLE, limits=limits)

    assert report.totals.all == Figures(None, None, None, None)
    assert report.rows == ()


@both_ways
def test_a_page_of_few_is_not_what_its_part_has_beside_the_other_pages_in_it(
    store: ColumnStore, limits: Limits
) -> None:
    acts = [("/rates/", Kind.VIEW, 0, 1)] * 40 + [("/rates/seaside/", Kind.VIEW, 0, 1)] * 3
    acts += [(f"/contact/{n % 3}/", Kind.VIEW, 0, 1) for n in range(9)]
    acts += [("/", Kind.VIEW, 0, 1)] * 20
    load.insert_events(store, begun_and_agreed(acts), token="a")

    report = popularity_report(store, WHOLE, limits=limits)

    (parts,) = (each for each in report.breakdowns if each.side is Side.PART)
    assert {row.name: row.figures.views for row in parts.rows} == {
        "home": 20,
        "rates": 43,
        "contact": 9,
    }
    assert {row.name: row.figures.views for row in report.rows} == {"/": 20}
    assert (report.rest, report.folded_rows) == (52, 5)


@both_ways
def test_where_a_part_is_not_told_none_of_its_pages_is(store: ColumnStore, limits: Limits) -> None:
    acts = [("/contact/", Kind.VIEW, 0, 1)] * 3 + [("/", Kind.VIEW, 0, 1)] * 7
    acts += [("/rates/", Kind.VIEW, 0, 1)] * 20
    acts += [(f"/help/{name}/", Kind.VIEW, 0, 1) for name in "ab" for _ in range(30)]
    load.insert_events(store, begun_and_agreed(acts), token="a")

    for search in ("", "/"):
        report = popularity_report(store, replace(WHOLE, search=search), limits=limits)

        (parts,) = (each for each in report.breakdowns if each.side is Side.PART)
        assert {row.name for row in parts.rows} == {"rates", "help"}
        # "/" alone is all of its part, which stands in for /contact/.
        assert {row.name for row in report.rows} == {"/rates/", "/help/a/", "/help/b/"}


def referred(came: Sequence[tuple[str, str]]) -> list[StoredEvent]:
    """Return a visit of nobody recognised for each kind of referrer and site."""
    template = make_events(1, 1)[0]
    return [
        msgspec.structs.replace(
            template,
            id=n,
            kind=Kind.VIEW,
            page="/",
            part=part_of("/"),
            referrer_class=ReferrerClass(kind),
            referrer=site,
            visitor=0,
            day=20_730,
            starts=1,
        )
        for n, (kind, site) in enumerate(came)
    ]


@both_ways
def test_a_referring_site_of_few_is_not_what_its_kind_has_beside_the_others_of_it(
    store: ColumnStore, limits: Limits
) -> None:
    came = [("social", "facebook.com")] * 20 + [("social", "vk.com")] * 2
    came += [("search", "bing.com")] * 8 + [("search", "")] * 3 + [("search", "google.com")] * 9
    came += [("direct", "")] * 30
    load.insert_events(store, referred(came), token="a")

    report = popularity_report(store, WHOLE, limits=limits)

    told = {
        each.side: {row.name: row.figures.views for row in each.rows} for each in report.breakdowns
    }
    assert told[Side.REFERRER_CLASS] == {"direct": 30, "social": 22, "search": 20}
    # Of social two came from elsewhere than facebook.com, of search three from nowhere named.
    assert told[Side.REFERRER] == {"google.com": 9}


@both_ways
def test_the_rest_of_a_flood_of_referring_sites_is_a_row_in_each_kind(
    store: ColumnStore, limits: Limits
) -> None:
    came = [("social", "other")] * 20 + [("search", "other")] * 8 + [("search", "bing.com")] * 9
    load.insert_events(store, referred(came), token="a")

    for population in (Population.ALL, Population.DECLINED):
        report = popularity_report(store, replace(WHOLE, population=population), limits=limits)

        (sites,) = (each for each in report.breakdowns if each.side is Side.REFERRER)
        assert [(row.name, row.parent, row.figures.views) for row in sites.rows] == [
            ("other", "social", 20),
            ("bing.com", "search", 9),
            ("other", "search", 8),
        ]


@both_ways
def test_who_was_not_in_a_group_of_almost_all_is_not_found_by_subtraction(
    store: ColumnStore, limits: Limits
) -> None:
    acts = [("/", Kind.VIEW, person, 1) for person in range(1, 13)]
    acts += [("/rates/", Kind.VIEW, person, 0) for person in range(1, 10)]
    acts += [("/help/", Kind.VIEW, person, 0) for person in range(1, 8)]
    load.insert_events(store, begun_and_agreed(acts), token="a")

    report = popularity_report(store, WHOLE, limits=limits)

    assert report.totals.all.people == 12
    # Three of the twelve were not on /rates/.
    assert {row.name: row.figures.people for row in report.rows} == {
        "/": 12,
        "/rates/": None,
        "/help/": 7,
    }
    (parts,) = (each for each in report.breakdowns if each.side is Side.PART)
    assert {row.name: row.figures.people for row in parts.rows} == {
        "home": 12,
        "rates": None,
        "help": 7,
    }
    assert {day.figures.people for day in report.days} == {None, 12}


@both_ways
def test_who_looked_at_no_service_is_not_found_by_the_services_and_the_whole(
    store: ColumnStore, limits: Limits
) -> None:
    template = make_events(1, 1)[0]
    views = [("fibre", 1)] * 20 + [("voice", 1)] * 18 + [("fax", 1)] * 7 + [("", 1)] * 2
    events = [
        msgspec.structs.replace(
            template,
            id=n,
            kind=Kind.VIEW,
            page=f"/services/{service}",
            part=part_of("/services/"),
            service=service,
            visitor=0,
            day=20_730,
            starts=starts,
        )
        for n, (service, starts) in enumerate(views)
    ]
    load.insert_events(store, events, token="a")

    query = replace(WHOLE, thing=Thing.SERVICE, part="services")
    report = popularity_report(store, query, limits=limits)

    assert report.totals.all.views == 47
    assert {row.name: row.figures.views for row in report.rows} == {"fibre": 20, "voice": 18}
    assert report.rest == 9
