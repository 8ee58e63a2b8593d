"""Who guesses keeps out nobody but themselves, and learns nothing from the answers."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from clearline.kit.errors import Refusal
from clearline.policy.vocabulary import SubjectId
from clearline.trust.safeguards import actions, regaining
from clearline.trust.safeguards.actions import PasswordGiven, SignedIn, SignInRefused, TooManyTries
from clearline.trust.safeguards.attempts import (
    FAILURES_MAX,
    LOOKED_AT_MAX,
    TRIES_BY_NAME_MAX,
    TRIES_BY_NETWORK_MAX,
    TRIES_MAX,
    WINDOW,
)
from clearline.trust.safeguards.models import Login, SignInAttempt
from clearline.trust.safeguards.roles import LoginKind
from tests.trust.safeguards.test_regaining import make_customer
from tests.trust.safeguards.test_sign_in import HOME, NEW_PASSWORD, NOW, PASSWORD

pytestmark = pytest.mark.django_db
AWAY = "203.0.113.0"
QUARTER = WINDOW + timedelta(seconds=1)


def enter(
    user_id: str = "alice", password: str = PASSWORD, network: str = HOME, now: datetime = NOW
) -> SignedIn | PasswordGiven:
    return actions.sign_in(
        kind=LoginKind.CUSTOMER, user_id=user_id, password=password, network=network, now=now
    )


def answer(user_id: str, network: str = HOME, now: datetime = NOW) -> tuple[str, str]:
    """Return what a wrong password is answered with."""
    with pytest.raises(Refusal) as refused:
        enter(user_id, "wrong", network, now)
    return type(refused.value).__name__, str(refused.value)


def guess(times: int, user_id: str = "alice", network: str = HOME, now: datetime = NOW) -> None:
    for _ in range(times):
        answer(user_id, network, now)


def guess_all_day(times: int, user_id: str = "alice") -> None:
    """Guess from many networks, so slowly that no window is full."""
    for number in range(times):
        guess(1, user_id, f"away {number}", NOW - timedelta(minutes=10 * (number + 2)))


def nothing() -> None:
    pass


def flood_of_names() -> None:
    for number in range(TRIES_BY_NETWORK_MAX + 1):
        guess(1, f"guess {number}")


def flood_at_each_name() -> None:
    for user_id in ("alice", "bob", "nobody"):
        for number in range(TRIES_BY_NAME_MAX + 1):
            guess(1, user_id, f"away {number}")


def flood_all_day() -> None:
    for user_id in ("alice", "bob", "nobody"):
        guess_all_day(FAILURES_MAX + 1, user_id)


@pytest.mark.parametrize("before", [nothing, flood_of_names, flood_at_each_name, flood_all_day])
def test_who_signs_in_here_who_elsewhere_and_who_does_not_exist_are_answered_alike_as_often(
    before: Callable[[], None],
) -> None:
    """AS-05: "unknown vs known", from the network that one of them signs in from."""
    make_customer("alice")
    make_customer("bob")
    enter("alice", network=HOME)
    enter("bob", network="elsewhere")
    before()

    answers = [[answer(who) for _ in range(TRIES_MAX + 5)] for who in ("alice", "bob", "nobody")]

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][-1][0] == "TooManyTries"


def test_a_neighbour_who_guesses_at_her_name_does_not_keep_the_owner_out_at_home() -> None:
    alice = make_customer()
    enter()
    guess(TRIES_MAX + 20)

    came = enter()

    assert came.public_id == alice
    assert answer("alice")[0] == "SignInRefused"  # and what was wrong before is forgiven


def test_after_a_hundred_wrong_ones_from_home_not_even_the_right_one_opens_there() -> None:
    """ID-07: "<= 100 consecutive failures per account"."""
    make_customer()
    enter()
    guess(FAILURES_MAX)

    with pytest.raises(TooManyTries):
        enter(now=NOW + timedelta(minutes=14))


def test_a_hundred_wrong_ones_in_a_day_ask_for_more_than_the_password_but_at_home() -> None:
    """ID-07: "given 100 bad tries, then 101st correct one needs extra step"."""
    alice = make_customer()
    enter(now=NOW - timedelta(days=2))
    guess_all_day(FAILURES_MAX)

    with pytest.raises(TooManyTries, match="we send a letter"):
        enter(network=AWAY)

    assert enter().public_id == alice
    assert enter(network=AWAY, now=NOW + timedelta(days=1)).public_id == alice


def test_who_has_a_second_factor_is_asked_for_it_and_that_is_the_extra_step() -> None:
    alice = make_customer()
    Login.objects.filter(public_id=alice).update(has_second_factor=True)
    guess_all_day(FAILURES_MAX + 1)

    assert isinstance(enter(network=AWAY), PasswordGiven)
    assert answer("alice", AWAY)[0] == "TooManyTries"


def test_staff_are_told_where_they_get_in() -> None:
    for number in range(FAILURES_MAX):
        at = NOW - timedelta(minutes=10 * (number + 2))
        with pytest.raises(SignInRefused):
            actions.sign_in(
                kind=LoginKind.STAFF, user_id="dana", password="x", network=f"{number}", now=at
            )

    with pytest.raises(TooManyTries, match="from where you often do"):
        actions.sign_in(kind=LoginKind.STAFF, user_id="dana", password="x", network=HOME, now=NOW)


def test_one_guess_less_in_a_day_asks_for_nothing_more() -> None:
    make_customer()
    guess_all_day(FAILURES_MAX - 1)

    assert enter(network=AWAY)


def test_of_a_network_that_has_to_wait_a_hundred_passwords_are_looked_at() -> None:
    make_customer()
    enter()
    flood_of_names()  # one of which had to wait, and was looked at
    for number in range(LOOKED_AT_MAX - 2):
        guess(1, f"late {number}")
    assert enter()

    guess(1, "one more")

    with pytest.raises(TooManyTries):
        enter()
    assert enter(now=NOW + QUARTER)


def test_a_new_way_in_forgives_all_wrong_ones_under_both_names() -> None:
    alice = make_customer()
    enter()
    guess(TRIES_MAX + 10)
    guess_all_day(FAILURES_MAX + 1)
    guess(TRIES_MAX, "alice.q")

    regaining.set_way_in(alice, regaining.new_way_in(NEW_PASSWORD, user_id="alice.q"), now=NOW)

    assert not SignInAttempt.objects.filter(was_right=False).exists()
    assert enter("alice.q", NEW_PASSWORD, AWAY).public_id == alice


def test_of_who_is_gone_no_attempt_stays() -> None:
    alice = make_customer()
    enter()
    guess(TRIES_MAX + 3)

    actions.remove_customer(SubjectId(alice))

    assert not SignInAttempt.objects.exists()
