"""P6, clause visits.measure, in both forms of the default edition.

accept: "If you say yes, we give your browser a random number and recognise it by it. Under it we
record which pages and services you visit, when and for how long, on which page you said yes, named
acts on a page (such as pressing a button), your kind of device, which site and which kind of site
led you here, the campaign that your link named, and whether it began a visit."

notice: "If you accept, we give your browser a random number, and until you decline we recognise it
by it. Under it we record which pages and services you visit, when and for how long, on which page
you accepted, named acts on a page (such as pressing a button), your kind of device, which site and
which kind of site led you here, the campaign that your link named, and whether it began a visit."
"""

from datetime import UTC, datetime, timedelta

import pytest

from clearline.edge.collector.intake import Taken
from tests.browser_client import browser
from tests.promises.provider import Provider, answer, device, everything, work

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 17, 30, 12, 345_000, tzinfo=UTC)
OLD = datetime(2028, 12, 24, 17, 30, 12, 345_000, tzinfo=UTC)  # 25 months later
DAY = timedelta(days=1)
PLACE = "/services/home-line/?utm_campaign=spring"
BLOG = "https://blog.example/posts/7?who=alice"


def under(*forms: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("form", forms, indirect=True)


@under("accept", "notice")
def test_what_is_recorded_under_the_number_is_what_the_clause_names_and_no_more(
    provider: Provider,
) -> None:
    alice = browser()
    answer(alice, "accept")
    provider.script_tells(alice, NOW, {"referrer": BLOG, "service": "home-line"}, path=PLACE)
    provider.script_tells(alice, NOW, {"kind": "custom", "name": "order-done"})
    provider.script_tells(alice, NOW, {"kind": "time", "seconds": 30})
    provider.script_tells(alice, NOW, {"kind": "yes"}, path="/help/")

    view, act, time, yes = provider.load(NOW)

    known = device(alice)
    assert known is not None
    assert view == {
        "id": 1,  # of the event, by the browser
        "at": "2026-11-24 17:30:12.345",
        "day": "2026-11-24",
        "kind": "view",
        "page": "/services/home-line/",
        "part": "services",
        "service": "home-line",
        "name": "",
        "device": "computer",
        "referrer_class": "other",
        "referrer": "blog.example",
        "campaign": "spring",
        "visitor": known.id,
        "starts": 1,
        "seconds": 0,
        "received": "2026-11-24 17:30:12.345",
        "batch": 0,
    }
    assert (act["name"], time["seconds"]) == ("order-done", 30)
    assert (yes["kind"], yes["page"], yes["starts"]) == ("yes", "/help/", 0)
    assert {row["visitor"] for row in (act, time, yes)} == {known.id}


def test_the_number_is_random_and_stands_nowhere_but_on_the_device_and_beside_visits(
    provider: Provider,
) -> None:
    alice, charlie = browser(), browser()
    answer(alice, "accept")
    answer(charlie, "accept")

    both = [found.id for client in (alice, charlie) if (found := device(client)) is not None]

    assert len(set(both)) == 2
    assert all(number > 2**32 for number in both)  # of 63 random bits
    kept = everything()
    assert not any(str(number) in kept or f"{number:016x}" in kept for number in both)
    assert provider.load(NOW) == []


@pytest.mark.usefixtures("instance")
def test_without_a_yes_to_being_recognised_no_browser_is_given_a_number() -> None:
    silent, declined, extras_only = browser(), browser(), browser()
    answer(declined, "decline")
    form = {"act": "save", "measurement": "no", "content": "yes"}
    extras_only.post("/privacy/choices/", form)
    for client in (silent, declined, extras_only):
        client.get("/rates/")

    found = device(extras_only)

    assert device(silent) is None
    assert device(declined) is None
    assert found is not None
    assert found.id == 0


@under("accept", "notice")
def test_from_a_no_on_nothing_more_is_recorded_under_the_number(provider: Provider) -> None:
    alice = browser()
    answer(alice, "accept")
    known = alice.cookies["cl_visitor"].value
    answer(alice, "withdraw")
    assert device(alice) is None
    alice.cookies["cl_visitor"] = known  # a browser that would not let go of it

    taken = provider.script_tells(alice, NOW)

    assert isinstance(taken, Taken)
    assert [record.clause for record in taken.records] == ["visits.count"]
    assert [row["visitor"] for row in provider.load(NOW)] == [0]


def test_an_answer_that_was_never_given_is_no_yes(provider: Provider) -> None:
    alice = browser()
    answer(alice, "accept")
    del alice.cookies["cl_choices"]

    provider.script_tells(alice, NOW)

    assert [row["visitor"] for row in provider.load(NOW)] == [0]


@under("notice")
def test_under_a_notice_a_browser_with_a_number_is_recognised_until_it_declines(
    provider: Provider,
) -> None:
    alice = browser()
    answer(alice, "accept")
    known = device(alice)
    assert known is not None
    del alice.cookies["cl_choices"]
    provider.script_tells(alice, NOW)
    kept = alice.cookies["cl_visitor"].value
    answer(alice, "decline")
    alice.cookies["cl_visitor"] = kept
    provider.script_tells(alice, NOW)

    assert [row["visitor"] for row in provider.load(NOW)] == [known.id, 0]


def test_it_is_kept_for_25_months_and_then_gone_from_visits_and_sums(provider: Provider) -> None:
    alice = browser()
    answer(alice, "accept")
    provider.script_tells(alice, NOW)
    provider.load(NOW)

    work(OLD - DAY, with_store=True)
    before = len(provider.visits()), bool(provider.sums())
    work(OLD, with_store=True)

    assert before == (1, True)
    assert (provider.visits(), provider.sums()) == ([], [])
