"""CP-06: an address is of record once it is proved and was tied to the account for 30 days."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clearline.service.accounts.addresses import (
    OF_RECORD_AFTER,
    Tie,
    current,
    of_record,
    told_of_change,
    trusted,
)

DAY_0 = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
JOINED = DAY_0 - 100 * DAY


def tie(row: int, since: datetime, until: datetime | None = None, *, proved: bool = True) -> Tie:
    return Tie(row, since, since if proved else None, until)


OLD, NEW = tie(1, JOINED, DAY_0), tie(2, DAY_0)

histories = st.lists(
    st.tuples(st.integers(1, 90), st.booleans()), min_size=1, max_size=6
)  # how long each address was theirs, and whether it was proved


def made(history: list[tuple[int, bool]]) -> tuple[list[Tie], datetime]:
    ties, at = [], JOINED
    for row, (days, is_proved) in enumerate(history):
        until = at + days * DAY
        is_last = row == len(history) - 1
        ties.append(tie(row, at, None if is_last else until, proved=is_proved))
        at = until
    return ties, at


def test_a_changed_address_is_of_record_on_its_thirtieth_day_and_the_old_one_until_then() -> None:
    """CP-06: changed on 1 December, a notice of the 15th goes to the old address."""
    days = (DAY_0 + 14 * DAY, DAY_0 + OF_RECORD_AFTER - DAY / 24, DAY_0 + OF_RECORD_AFTER)

    told = [of_record((NEW, OLD), day) for day in days]

    assert told == [OLD, OLD, NEW]


def test_an_address_that_nobody_proved_is_never_of_record() -> None:
    unproved = tie(1, JOINED, proved=False)

    assert of_record([unproved], DAY_0) is None
    assert trusted([unproved], DAY_0) is None


def test_a_young_account_has_no_address_of_record_but_one_to_send_a_code_to() -> None:
    """The section has no exception for the first address; codes go to the one proved first."""
    first, second = tie(1, DAY_0 - 9 * DAY, DAY_0 - DAY), tie(2, DAY_0 - DAY)

    assert of_record((second, first), DAY_0) is None
    assert trusted((second, first), DAY_0) == first


def test_an_address_that_took_the_place_of_one_nobody_proved_is_trusted_after_thirty_days() -> None:
    """Whoever finds an account with an unproved address does not make theirs its first."""
    first, thief = tie(1, DAY_0 - 9 * DAY, DAY_0, proved=False), tie(2, DAY_0)

    told = [trusted((thief, first), DAY_0 + n * DAY) for n in (0, 29, 30)]

    assert told == [None, None, thief]


def test_an_address_that_was_held_for_a_few_days_never_becomes_that_of_record() -> None:
    short, last = tie(2, DAY_0, DAY_0 + 5 * DAY), tie(3, DAY_0 + 5 * DAY)

    told = [of_record((last, short, OLD), DAY_0 + n * DAY) for n in (6, 31, 34, 35)]

    assert told == [OLD, OLD, OLD, last]


def test_a_notice_goes_to_an_old_address_that_nobody_proved_rather_than_to_the_new_one() -> None:
    before = tie(1, JOINED, DAY_0, proved=False)
    young = tie(1, DAY_0 - DAY, DAY_0, proved=False)

    found = told_of_change((NEW, before), changed_at=DAY_0)
    assert found is not None
    assert found.row == before.row
    assert told_of_change((NEW, young), changed_at=DAY_0) is None


@given(histories)
def test_a_notice_never_goes_to_what_the_change_brought_in(history: list[tuple[int, bool]]) -> None:
    ties, _ = made(history)
    present = current(ties)
    assert present is not None

    told = told_of_change(ties, changed_at=present.added_at)

    assert told != present
    assert told is not None or not any(each.confirmed_at for each in ties[:-1])


@given(histories, st.integers(0, 60))
def test_whatever_was_changed_the_address_of_record_is_thirty_days_old_and_proved(
    history: list[tuple[int, bool]], later: int
) -> None:
    ties, at = made(history)
    now = at + later * DAY

    found = of_record(ties, now)

    if found is not None:
        assert found.confirmed_at is not None
        assert found.of_record_at <= now
    assert (found is None) == (not any(t.confirmed_at and t.is_of_age(now) for t in ties))
