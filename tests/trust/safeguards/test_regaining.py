"""Ways in that are shut because somebody else may have used them."""

import pytest

from clearline.kit.errors import Refusal
from clearline.policy.vocabulary import SubjectId
from clearline.trust.safeguards import actions, queries, regaining
from clearline.trust.safeguards.actions import SignInRefused, UserIdRefused
from clearline.trust.safeguards.models import Login
from clearline.trust.safeguards.passwords import PasswordRefused
from clearline.trust.safeguards.roles import LoginKind
from tests.trust.ledger.conftest import policy_log as log
from tests.trust.ledger.log import count_kinds
from tests.trust.safeguards.test_sign_in import HOME, NEW_PASSWORD, NOW, PASSWORD

__all__ = ["log"]

pytestmark = pytest.mark.django_db


def make_customer(user_id: str = "alice") -> SubjectId:
    actions.ask_to_keep_customers(NOW)
    login = actions.new_login(LoginKind.CUSTOMER, user_id=user_id, password=PASSWORD, now=NOW)
    return actions.add_customer(login)


def enter(password: str = PASSWORD) -> actions.SignedIn:
    found = actions.sign_in(
        kind=LoginKind.CUSTOMER, user_id="alice", password=password, network=HOME, now=NOW
    )
    assert isinstance(found, actions.SignedIn)
    return found


def test_once_locked_no_password_opens_and_no_session_goes_on() -> None:
    alice = make_customer()
    session = enter()
    assert queries.find_signed_in_customer(alice, session.password_mark) == alice

    regaining.lock_out(alice)

    assert queries.find_signed_in_customer(alice, session.password_mark) is None
    with pytest.raises(SignInRefused):
        enter()


def test_a_new_password_opens_a_locked_account_under_the_same_user_id_or_another() -> None:
    alice = make_customer()
    regaining.lock_out(alice)

    regaining.set_way_in(alice, regaining.new_way_in(NEW_PASSWORD, user_id=""), now=NOW)
    assert enter(password=NEW_PASSWORD).public_id == alice
    regaining.set_way_in(alice, regaining.new_way_in(PASSWORD, user_id="alice.q"), now=NOW)

    assert queries.find_customer(queries.name_index("ALICE.Q", LoginKind.CUSTOMER)) == alice
    assert queries.find_customer(queries.name_index("alice", LoginKind.CUSTOMER)) is None


@pytest.mark.parametrize(
    ("password", "user_id", "refused"),
    [("short", "", PasswordRefused), (PASSWORD, "a b", UserIdRefused)],
)
def test_a_way_in_that_cannot_be_one_is_refused(
    password: str, user_id: str, refused: type[Refusal]
) -> None:
    with pytest.raises(refused):
        regaining.new_way_in(password, user_id=user_id)


def test_a_user_id_that_is_taken_is_refused_and_who_is_gone_gets_no_way_in() -> None:
    make_customer()

    with pytest.raises(actions.UserIdTaken):
        regaining.new_way_in(PASSWORD, user_id="Alice")
    with pytest.raises(actions.NoSuchLogin):
        regaining.set_way_in(
            SubjectId("0" * 32), regaining.new_way_in(PASSWORD, user_id=""), now=NOW
        )


def test_a_user_id_that_somebody_took_meanwhile_is_refused_and_nothing_is_changed() -> None:
    bob = make_customer("bob")
    way_in = regaining.new_way_in(PASSWORD, user_id="Alice")
    make_customer()

    with pytest.raises(actions.UserIdTaken):
        regaining.set_way_in(bob, way_in, now=NOW)

    assert queries.find_customer(queries.name_index("bob", LoginKind.CUSTOMER)) == bob


def test_the_network_that_somebody_signed_in_from_is_known_as_theirs() -> None:
    alice = make_customer()
    enter()

    assert regaining.is_network_of(queries.network_index(HOME), alice)
    assert not regaining.is_network_of(queries.network_index("elsewhere"), alice)
    assert not regaining.is_network_of(queries.network_index(HOME), SubjectId("0" * 32))


@pytest.mark.parametrize(
    ("has_factor", "has_proved", "comes_in"),
    [(False, False, True), (True, True, True), (True, False, False)],
)
def test_who_set_a_new_way_in_is_in_unless_a_second_factor_is_to_be_given(
    has_factor: bool,  # noqa: FBT001  # a case of the test
    has_proved: bool,  # noqa: FBT001  # as above
    comes_in: bool,  # noqa: FBT001  # as above
) -> None:
    """AS-02: "given reset link used, then MFA still asked"."""
    alice = make_customer()
    Login.objects.filter(public_id=alice).update(has_second_factor=has_factor)

    came = regaining.came_back(alice, has_proved=has_proved)
    if isinstance(came, actions.SignedIn):
        regaining.note_signed_in(came, now=NOW)

    assert isinstance(came, actions.SignedIn) == comes_in
    assert queries.find_signed_in_customer(alice, came.password_mark) == alice
    assert count_kinds().get("customer.signed_in", 0) == comes_in
