"""P6, clause visits.count.

"All other visits we count without recognising anyone: which page or service, at which minute and
for how long, named acts on the page, your kind of device, what kind of site led you here (which one
only if it is a well-known search, social or mail site), the campaign that your link named, and
whether it began a visit. No number of yours, no network address and nothing that you typed is
stored with it. Our ledger notes by the hour that visits were taken in, how many, and a hash by
which it can be checked which; it keeps that note for three years."
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from tests.browser_client import browser
from tests.promises.provider import FIREFOX, HOME, Provider, answer, files, rows, work

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 17, 30, 12, 345_000, tzinfo=UTC)
OLD = datetime(2028, 12, 24, 17, 30, 12, 345_000, tzinfo=UTC)  # 25 months later
DAY = timedelta(days=1)
TYPED = "/services/home-line/?q=hiv+test&utm_campaign=spring#charlie"
CLINIC = "https://hiv-clinic.example/?who=charlie"
SEARCH = "https://www.google.com/search?q=hiv+test"


def someone_new() -> Client:
    return browser()


def someone_who_declined() -> Client:
    charlie = browser()
    answer(charlie, "decline")
    return charlie


def someone_who_took_a_yes_back() -> Client:
    charlie = browser()
    answer(charlie, "accept")
    answer(charlie, "withdraw")
    return charlie


each_of_the_others = pytest.mark.parametrize(
    "make", [someone_new, someone_who_declined, someone_who_took_a_yes_back]
)


@pytest.mark.parametrize("form", ["accept", "notice"], indirect=True)
@each_of_the_others
def test_what_is_stored_is_what_the_clause_names_and_no_more(
    provider: Provider, make: Callable[[], Client]
) -> None:
    charlie = make()
    provider.script_tells(charlie, NOW, {"referrer": CLINIC, "service": "home-line"}, path=TYPED)
    provider.script_tells(charlie, NOW, {"kind": "custom", "name": "order-done"})
    provider.script_tells(charlie, NOW, {"kind": "time", "seconds": 30})

    view, act, time = provider.load(NOW)

    assert view == {
        "id": 1,  # of the event, by the browser
        "at": "2026-11-24 17:30:00.000",
        "day": "2026-11-24",
        "kind": "view",
        "page": "/services/home-line/",
        "part": "services",
        "service": "home-line",
        "name": "",
        "device": "computer",
        "referrer_class": "other",
        "referrer": "",
        "campaign": "spring",
        "visitor": 0,
        "starts": 1,
        "seconds": 0,
        "received": "2026-11-24 17:30:00.000",
        "batch": 0,
    }
    assert (act["name"], time["seconds"]) == ("order-done", 30)


@pytest.mark.parametrize(
    ("led", "told"), [(SEARCH, ("search", "google.com")), (CLINIC, ("other", ""))]
)
def test_which_site_led_here_is_told_of_well_known_ones_alone(
    provider: Provider, led: str, told: tuple[str, str]
) -> None:
    provider.script_tells(someone_who_declined(), NOW, {"referrer": led})

    (row,) = provider.load(NOW)

    assert (row["referrer_class"], row["referrer"]) == told


def test_no_number_address_or_typed_word_stands_in_any_row_or_file(provider: Provider) -> None:
    charlie = someone_who_took_a_yes_back()
    proof = charlie.cookies["cl_choices"].value.split("~")[2]
    provider.script_tells(charlie, NOW, {"referrer": CLINIC}, path=TYPED)
    in_journal = files()
    visits, sums = provider.load(NOW), provider.sums()
    work(NOW, with_store=True)

    kept = [in_journal.decode("latin-1"), files().decode("latin-1"), str(visits), str(sums)]

    for word in (HOME, HOME.rpartition(".")[0], FIREFOX, "hiv", "charlie", proof):
        assert not any(word in text for text in kept), word
    for word in (HOME.rpartition(".")[0], FIREFOX, "hiv", "charlie"):
        assert not any(word in row for row in rows()), word


def test_nobody_can_tell_two_visits_of_one_person_from_those_of_two(provider: Provider) -> None:
    charlie = someone_who_declined()
    for day, client in ((0, charlie), (1, charlie), (1, someone_who_declined())):
        provider.script_tells(client, NOW + day * DAY, address=f"198.51.{day}.9")

    first, *others = provider.load(NOW + DAY)

    told = [{**row, "id": 0} for row in others]
    assert told[0] == told[1] | {"starts": 1}
    assert {**first, "id": 0} == {
        **told[0],
        **{name: first[name] for name in ("at", "day", "received")},
    }


def test_nobody_of_these_is_added_to_people(provider: Provider) -> None:
    nobody = "SELECT toString(uniqCombined64Merge(12)(people)) FROM popularity"
    provider.script_tells(someone_who_declined(), NOW)

    provider.load(NOW)

    assert provider.one(nobody) == "0"
    assert {row["views"] for row in provider.sums()} == {1}


def test_it_is_kept_for_25_months_and_then_gone_from_visits_and_sums(provider: Provider) -> None:
    provider.script_tells(someone_who_declined(), NOW)
    provider.load(NOW)

    work(OLD - DAY, with_store=True)
    before = len(provider.visits()), bool(provider.sums())
    work(OLD, with_store=True)

    assert before == (1, True)
    assert (provider.visits(), provider.sums()) == ([], [])
