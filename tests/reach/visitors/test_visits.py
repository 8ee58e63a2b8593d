"""Whether a visit starts: half an hour without a sign of life ends one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.reach.visitors.visits import GAP_MS, Visits

NOON_MS = 1_795_521_600_000
MINUTE_MS = 60_000
ALICE, BOB = 11, 12


@pytest.fixture
def visits() -> Visits:
    """A memory that is older than any visit."""
    visits = Visits()
    visits.begins(BOB, NOON_MS - 3 * GAP_MS, is_from_inside=False)
    return visits


def test_the_first_sign_of_life_starts_a_visit_and_the_next_does_not(visits: Visits) -> None:
    signs = [
        visits.begins(ALICE, NOON_MS + minute * MINUTE_MS, is_from_inside=False)
        for minute in (0, 1, 29, 58)
    ]

    assert signs == [True, False, False, False]


def test_a_visit_starts_anew_after_more_than_half_an_hour(visits: Visits) -> None:
    visits.begins(ALICE, NOON_MS, is_from_inside=False)

    assert visits.begins(ALICE, NOON_MS + GAP_MS + 1, is_from_inside=True)


def test_a_collector_that_just_started_takes_a_page_before_ours_for_the_same_visit() -> None:
    visits = Visits()

    assert not visits.begins(ALICE, NOON_MS, is_from_inside=True)
    assert visits.begins(BOB, NOON_MS, is_from_inside=False)
    assert visits.begins(13, NOON_MS + GAP_MS, is_from_inside=True)


def test_one_of_several_collectors_never_trusts_its_memory_alone(visits: Visits) -> None:
    visits.note_others()

    assert not visits.begins(ALICE, NOON_MS, is_from_inside=True)
    assert visits.begins(13, NOON_MS + GAP_MS, is_from_inside=True)  # it has been alone since


def test_a_tab_that_is_left_after_half_an_hour_does_not_hide_the_visit_that_begins(
    visits: Visits,
) -> None:
    visits.begins(ALICE, NOON_MS, is_from_inside=False)

    visits.goes_on(ALICE, NOON_MS + GAP_MS + 1)

    assert visits.begins(ALICE, NOON_MS + GAP_MS + 2, is_from_inside=True)


def test_a_page_that_is_still_looked_at_holds_a_visit_together(visits: Visits) -> None:
    visits.begins(ALICE, NOON_MS, is_from_inside=False)

    visits.goes_on(ALICE, NOON_MS + GAP_MS)

    assert not visits.begins(ALICE, NOON_MS + GAP_MS + 1, is_from_inside=False)


def test_a_clock_set_back_ends_no_visit(visits: Visits) -> None:
    visits.begins(ALICE, NOON_MS, is_from_inside=False)

    assert not visits.begins(ALICE, NOON_MS - 5 * MINUTE_MS, is_from_inside=False)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10**9)), max_size=200))
def test_its_memory_is_bounded(signs: list[tuple[int, int]]) -> None:
    visits = Visits(visits_max=10)

    for key, moment_ms in signs:
        visits.begins(key, moment_ms, is_from_inside=False)

    assert len(visits.recent) + len(visits.before) <= 20


def test_the_number_of_an_unrecognised_visitor_lasts_a_day_and_means_nothing_elsewhere() -> None:
    visits = Visits()
    key = visits.key_of("203.0.113.0", b"browser", 20_000)

    assert visits.key_of("203.0.113.0", b"browser", 20_000) == key
    assert visits.key_of("203.0.113.0", b"browser", 20_001) != key
    assert Visits().key_of("203.0.113.0", b"browser", 20_000) != key
