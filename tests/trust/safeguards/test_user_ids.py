"""Another user ID: it signs in at once, and the one before is nobody else's for ninety days."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from clearline.policy.vocabulary import SubjectId
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions, queries, regaining, user_ids
from clearline.trust.safeguards.actions import (
    NoSuchLogin,
    SignedIn,
    SignInRefused,
    UserIdRefused,
    UserIdTaken,
    user_id_taken,
)
from clearline.trust.safeguards.attempts import aside
from clearline.trust.safeguards.models import LeftUserId, SignInAttempt
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.user_ids import (
    LEFT_MAX,
    TAKEN_OF_NETWORK_MAX,
    ChangedTooOften,
    NetworkAskedTooOften,
)
from tests.trust.factors.test_races import race
from tests.trust.safeguards.test_sign_in import HOME, NEW_PASSWORD, NOW, PASSWORD

pytestmark = pytest.mark.django_db
MANY = 50
LEFT_WINDOW = timedelta(days=90)  # of clause account.left_id in the default edition


def make(user_id: str) -> SubjectId:
    login = actions.new_login(LoginKind.CUSTOMER, user_id=user_id, password=PASSWORD, now=NOW)
    return actions.add_customer(login)


def change(subject: SubjectId, user_id: str, after: timedelta = timedelta()) -> None:
    user_ids.change_user_id(subject=subject, user_id=user_id, now=NOW + after)


def enter(user_id: str) -> str:
    found = actions.sign_in(
        kind=LoginKind.CUSTOMER, user_id=user_id, password=PASSWORD, network=HOME, now=NOW
    )
    assert isinstance(found, SignedIn)
    return found.public_id


def test_the_new_one_signs_in_and_the_old_one_does_not() -> None:
    alice = make("alice")

    change(alice, " Alice.Quill ")

    assert enter("alice.quill") == alice
    with pytest.raises(SignInRefused):
        enter("alice")
    assert Entry.objects.get(kind="customer.user_id_changed").subject == alice


def test_its_networks_are_known_under_the_new_one() -> None:
    alice = make("alice")
    enter("alice")

    change(alice, "alice.q")

    index = queries.name_index("alice.q", LoginKind.CUSTOMER)
    assert SignInAttempt.objects.get().name_index == index
    assert regaining.is_network_of(queries.network_index(HOME), alice)


def test_the_old_one_is_nobody_elses_for_ninety_days() -> None:
    alice, bob = make("alice"), make("bob")
    change(alice, "alice.q")

    with pytest.raises(UserIdTaken):
        make("ALICE")
    with pytest.raises(UserIdTaken):
        change(bob, "alice", LEFT_WINDOW - timedelta(seconds=1))
    way_in = regaining.new_way_in(NEW_PASSWORD, user_id="alice")
    with pytest.raises(UserIdTaken):
        regaining.set_way_in(bob, way_in, now=NOW)
    change(bob, "alice", LEFT_WINDOW)

    assert enter("alice") == bob


def test_who_gave_it_up_may_take_it_again() -> None:
    alice = make("alice")
    change(alice, "alice.q")

    change(alice, "alice")

    assert enter("alice") == alice
    assert LeftUserId.objects.get().name_index == queries.name_index("alice.q", LoginKind.CUSTOMER)


def test_one_that_is_taken_or_is_none_or_the_same_is_refused() -> None:
    alice = make("alice")
    make("bob")

    for user_id, refused in (
        ("bob", UserIdTaken),
        ("a b", UserIdRefused),
        ("ALICE", UserIdRefused),
    ):
        with pytest.raises(refused):
            change(alice, user_id)
    with pytest.raises(NoSuchLogin):
        change(SubjectId("0" * 32), "carol")

    assert not LeftUserId.objects.exists()
    assert enter("alice") == alice


def test_nobody_keeps_many_from_others() -> None:
    alice = make("alice")
    for number in range(LEFT_MAX):
        change(alice, f"alice.{number}")

    with pytest.raises(ChangedTooOften):
        change(alice, "alice.more")
    change(alice, "alice")  # back to one of her own keeps no more from others

    assert LeftUserId.objects.count() == LEFT_MAX


def test_who_gets_back_in_with_another_one_gives_up_theirs_too() -> None:
    alice = make("alice")

    for user_id in ("alice.q", ""):
        way_in = regaining.new_way_in(PASSWORD, user_id=user_id)
        regaining.set_way_in(alice, way_in, now=NOW)

    assert LeftUserId.objects.get().name_index == queries.name_index("alice", LoginKind.CUSTOMER)


def test_what_was_given_up_is_erased_in_time_and_with_its_owner() -> None:
    alice, bob = make("alice"), make("bob")
    change(alice, "alice.q")
    change(bob, "bob.q")

    actions.remove_customer(bob)
    early = user_ids.erase_left(now=NOW + LEFT_WINDOW - timedelta(seconds=1))

    assert (early, user_ids.erase_left(now=NOW + LEFT_WINDOW)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_want_the_same_one_at_once_one_gets_it() -> None:
    people = [make(f"person{number}") for number in range(MANY)]

    ends = race(*(partial(change, each, "the.one") for each in people))

    assert ends == {"done": 1, "UserIdTaken": MANY - 1}
    assert enter("the.one") in people
    assert LeftUserId.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_is_given_up_in_this_moment_goes_to_nobody() -> None:
    alice = make("alice")
    others = [make(f"person{number}") for number in range(MANY - 1)]

    ends = race(
        partial(change, alice, "alice.q"), *(partial(change, each, "alice") for each in others)
    )

    assert ends == {"done": 1, "UserIdTaken": MANY - 1}
    assert enter("alice.q") == alice


def test_who_gets_back_in_with_the_same_one_gives_up_none() -> None:
    alice = make("alice")
    index = queries.name_index("alice", LoginKind.CUSTOMER)

    regaining.set_way_in(alice, regaining.WayIn("!", index), now=NOW)

    assert not LeftUserId.objects.exists()


def test_who_asks_for_user_ids_of_others_waits_until_the_next_day() -> None:
    """Nobody learns by trying one after the other who our customers are."""
    alice = make("alice")
    make("bob")
    for _ in range(user_ids.TAKEN_MAX):
        with pytest.raises(UserIdTaken):
            change(alice, "bob")

    for asked in ("bob", "free.one"):
        with pytest.raises(user_ids.AskedTooOften):
            change(alice, asked)

    change(alice, "free.one", after=timedelta(days=1))


def test_who_gets_back_in_asks_for_no_more_user_ids_of_others() -> None:
    alice, bob = make("alice"), make("bob")
    change(bob, "bob.q")

    def claim(user_id: str) -> regaining.WayIn:
        return regaining.claim_way_in(alice, NEW_PASSWORD, user_id=user_id, now=NOW)

    for asked in ("bob", "bob.q", "bob", "bob.q", "bob"):
        with pytest.raises(UserIdTaken):
            claim(asked)
    with pytest.raises(user_ids.AskedTooOften):
        claim("free.one")

    assert claim("").name_index is None


def test_guesses_from_a_network_of_the_owner_count_under_the_new_one_too() -> None:
    alice = make("alice")
    old, new = (queries.name_index(each, LoginKind.CUSTOMER) for each in ("alice", "alice.q"))
    here = queries.network_index(HOME)
    SignInAttempt.objects.create(name_index=aside(old), network_index=here, at=NOW)

    change(alice, "alice.q")

    assert SignInAttempt.objects.get().name_index == aside(new)


def ask_from(network: str, at: datetime = NOW) -> None:
    """Ask as who opens an account for a user ID that another has."""
    user_ids.refuse_asking_from(network, at)
    with user_ids.counted_from(network, at):
        raise user_id_taken()


def test_who_opens_an_account_learns_of_twenty_user_ids_in_an_hour_that_they_are_taken() -> None:
    for _ in range(TAKEN_OF_NETWORK_MAX):
        with pytest.raises(UserIdTaken):
            ask_from(HOME)

    with pytest.raises(NetworkAskedTooOften):
        ask_from(HOME, NOW + timedelta(minutes=59))
    with pytest.raises(UserIdTaken):
        ask_from("198.51.100.0/24")
    with pytest.raises(UserIdTaken):
        ask_from(HOME, NOW + timedelta(minutes=61))


def test_of_many_who_ask_at_once_no_more_are_told_that_it_is_taken() -> None:
    for _ in range(TAKEN_OF_NETWORK_MAX):
        with pytest.raises(UserIdTaken):
            ask_from(HOME)

    with pytest.raises(NetworkAskedTooOften), user_ids.counted_from(HOME, NOW):
        raise user_id_taken()


def test_without_a_network_nobody_is_held_back_and_nothing_is_counted() -> None:
    for _ in range(TAKEN_OF_NETWORK_MAX + 1):
        with pytest.raises(UserIdTaken):
            ask_from("")

    with user_ids.counted_from(HOME, NOW):
        pass
    assert not SignInAttempt.objects.exists()
