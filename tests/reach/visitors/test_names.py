"""Nobody can flood the reports with names."""

import msgspec

from clearline.reach.visitors.event import Part
from clearline.reach.visitors.names import Names
from tests.edge.collector.events import make_event

EVENT = make_event()


def page(number: int, day: int = 1) -> str:
    return f"/{day}-{number}/"


def test_a_day_has_room_for_so_many_names_and_then_counts_the_rest_together() -> None:
    names = Names(names_max=3)

    kept = [
        names.keep(msgspec.structs.replace(EVENT, page=page(number))).page for number in range(5)
    ]

    assert kept == [page(0), page(1), page(2), "/other", "/other"]
    assert names.keep(msgspec.structs.replace(EVENT, page=page(1))).page == page(1)


def test_what_is_counted_with_the_rest_is_in_the_part_of_the_rest() -> None:
    names = Names(names_max=1)
    names.keep(msgspec.structs.replace(EVENT, page="/rates/a/", part=Part.RATES))

    kept = names.keep(msgspec.structs.replace(EVENT, page="/rates/b/", part=Part.RATES))

    assert (kept.page, kept.part) == ("/other", Part.OTHER)
    assert names.keep(msgspec.structs.replace(EVENT, page="/rates/a/", part=Part.RATES)).part == (
        Part.RATES
    )


def test_going_from_one_day_to_another_and_back_makes_no_room() -> None:
    names = Names(names_max=1)
    events = [
        msgspec.structs.replace(EVENT, page=f"/{number}/", day=EVENT.day - number % 2)
        for number in range(6)
    ]

    kept = [names.keep(event).page for event in events]

    assert kept == ["/0/", "/1/", *["/other"] * 4]


def test_the_ceilings_of_days_gone_by_are_forgotten() -> None:
    names = Names()

    for number in range(10):
        names.keep(msgspec.structs.replace(EVENT, day=EVENT.day + number))

    assert sorted(names.days) == [EVENT.day + 7, EVENT.day + 8, EVENT.day + 9]


def test_another_day_has_room_again() -> None:
    names = Names(names_max=1)
    names.keep(msgspec.structs.replace(EVENT, page="/a/"))

    event = names.keep(msgspec.structs.replace(EVENT, page="/b/", day=EVENT.day + 1))

    assert event.page == "/b/"


def test_one_network_cannot_take_the_room_of_all_others() -> None:
    names = Names(names_max=100, of_network_max=2)

    flood = [
        names.keep(msgspec.structs.replace(EVENT, page=page(number)), "203.0.113.0").page
        for number in range(5)
    ]
    other = names.keep(msgspec.structs.replace(EVENT, page="/campaign/"), "198.51.100.0")
    again = names.keep(msgspec.structs.replace(EVENT, page="/campaign/"), "203.0.113.0")

    assert flood == [page(0), page(1), "/other", "/other", "/other"]
    assert other.page == again.page == "/campaign/"


def test_names_of_the_site_itself_pass_when_a_flood_has_taken_all_room() -> None:
    names = Names(names_max=1, of_network_max=1)
    names.known = {"page": {"/rates/"}, "service": {"fibre"}}
    for number in range(3):
        names.keep(msgspec.structs.replace(EVENT, page=page(number), service=f"s{number}"))

    event = names.keep(
        msgspec.structs.replace(EVENT, page="/rates/", service="fibre"), "203.0.113.0"
    )

    assert (event.page, event.service) == ("/rates/", "fibre")
    assert names.keep(msgspec.structs.replace(EVENT, page="/new/")).page == "/other"
