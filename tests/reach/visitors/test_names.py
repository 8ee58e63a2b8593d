"""Nobody can flood the reports with names."""

import msgspec

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


def test_another_day_has_room_again() -> None:
    names = Names(names_max=1)
    names.keep(msgspec.structs.replace(EVENT, page="/a/"))

    event = names.keep(msgspec.structs.replace(EVENT, page="/b/", day=EVENT.day + 1))

    assert event.page == "/b/"
