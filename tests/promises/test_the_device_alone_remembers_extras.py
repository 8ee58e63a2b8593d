"""P9, clause extras.remember.

"Your own device remembers your country, your currency and the page where you left off, so that you
need not choose again. None of it is stored with us."

Who says no is told: "You choose country and currency each time, and start from the home page."
"""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.browser_client import browser
from tests.promises.provider import BEGAN, Clock, Provider, answer, device, files, rows

pytestmark = pytest.mark.django_db
LEFT = "/services/home-line/"
SELECTED = re.compile(r"<option(?: value=\"(\w+)\")? selected>([^<]*)<")


def who_wants_extras_alone() -> Client:
    alice = browser()
    alice.post("/privacy/choices/", {"act": "save", "measurement": "no", "content": "yes"})
    return alice


def choose_place(client: Client) -> None:
    client.post("/rates/", {"country": "DE", "currency": "EUR"})
    client.get(LEFT)


def currency_shown(client: Client) -> str:
    page = client.get("/rates/").content.decode()
    select = page.partition('name="currency">')[2].partition("</select>")[0]
    return "".join(re.findall(r"<option selected>(\w+)", select))


@pytest.mark.usefixtures("instance")
def test_country_currency_and_the_page_left_need_not_be_chosen_again() -> None:
    alice = who_wants_extras_alone()
    choose_place(alice)

    home = alice.get("/").content.decode()
    rates = alice.get("/rates/")

    known = device(alice)
    assert known is not None
    assert (known.country, known.currency) == ("DE", "EUR")
    assert f'href="{LEFT}"' in home.partition("<main")[2].partition("</main>")[0]
    assert rates.context["country"] == "DE"
    assert currency_shown(alice) == "EUR"


def test_none_of_it_is_stored_with_us(provider: Provider) -> None:
    alice, other = who_wants_extras_alone(), who_wants_extras_alone()
    before, files_before = rows(), files()

    choose_place(alice)

    assert rows() == before
    assert files() == files_before
    for client in (alice, other):
        provider.script_tells(client, datetime(2026, 11, 24, 12, tzinfo=UTC))
    with_extras, without = provider.load(timezone.now())
    assert with_extras["visitor"] == 0
    assert {**with_extras, "id": 0, "starts": 0} == {**without, "id": 0, "starts": 0}


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize("said", ["decline", "withdraw", ""])
def test_without_a_yes_country_and_currency_are_chosen_each_time_and_home_is_the_start(
    said: str,
) -> None:
    charlie = browser()
    if said == "withdraw":
        answer(charlie, "accept")
        choose_place(charlie)
    if said:
        answer(charlie, said)
    chosen = charlie.get("/rates/", {"country": "DE", "currency": "EUR"}).content.decode()

    choose_place(charlie)

    assert "option selected>EUR" in chosen  # the site works all the same
    assert device(charlie) is None
    assert currency_shown(charlie) == "USD"
    assert "parts/left" not in str([t.name for t in charlie.get("/").templates])


@pytest.mark.usefixtures("instance")
def test_the_device_forgets_400_days_after_the_answer_and_no_later_visit_prolongs_it(
    clock: Clock,
) -> None:
    alice = who_wants_extras_alone()
    ends = [forgets_at(alice, clock)]

    clock.now += timedelta(days=300)
    choose_place(alice)
    ends.append(forgets_at(alice, clock))

    assert BEGAN + timedelta(days=399) <= ends[1] <= ends[0] <= BEGAN + timedelta(days=400)


def forgets_at(client: Client, clock: Clock) -> datetime:
    return clock.now + timedelta(seconds=client.cookies["cl_visitor"]["max-age"])
