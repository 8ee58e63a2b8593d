"""The demo's past: the same on every run, in order, and as varied as a real one."""

from datetime import date, timedelta

from clearline.config.demo.traffic import DAYS, Place, acts_of_day

PLACES = (Place("/", "", 6, 20), Place("/services/", "", 4, 40), Place("/help/", "", 2, 60))
OFFSET = timedelta(hours=-5)
MONDAY = date(2026, 9, 7)


def test_a_day_is_the_same_on_every_run() -> None:
    assert acts_of_day(5, MONDAY, PLACES, OFFSET) == acts_of_day(5, MONDAY, PLACES, OFFSET)


def test_acts_come_in_the_order_of_time_with_an_id_each() -> None:
    acts = acts_of_day(40, MONDAY, PLACES, OFFSET)

    assert [act.at for act in acts] == sorted(act.at for act in acts)
    assert len({act.event_id for act in acts}) == len(acts)


def test_weekdays_are_busier_than_sundays() -> None:
    sunday = MONDAY + timedelta(days=6)

    assert len(acts_of_day(5, MONDAY, PLACES, OFFSET)) > 1.3 * len(
        acts_of_day(5, sunday, PLACES, OFFSET)
    )


def test_ninety_days_hold_two_hundred_thousand_acts_of_people() -> None:
    sample = range(0, DAYS, 9)
    acts = [
        act
        for index in sample
        for act in acts_of_day(index, MONDAY + timedelta(days=index), PLACES, OFFSET)
        if act.person.number >= 0
    ]

    assert len(acts) * DAYS / len(sample) > 200_000


def test_time_on_the_page_of_a_campaign_is_told_with_its_name_as_a_browser_does() -> None:
    named = [act for day in range(30) for act in acts_of_day(day, MONDAY, PLACES, OFFSET)
             if act.campaign]  # fmt: skip

    assert {act.kind for act in named} == {"view", "time"}


def test_people_say_yes_no_and_nothing_and_some_send_a_signal() -> None:
    acts = acts_of_day(3, MONDAY, PLACES, OFFSET)

    assert {act.person.said for act in acts} == {"yes", "no", "nothing"}
    assert {act.person.sends_gpc for act in acts} == {True, False}
