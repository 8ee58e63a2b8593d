"""Ways in that are shut because somebody else may have used them."""

import pytest

from clearline.policy.vocabulary import SubjectId
from clearline.trust.safeguards import actions, queries, regaining
from clearline.trust.safeguards.actions import SignInRefused
from clearline.trust.safeguards.roles import LoginKind
from tests.trust.safeguards.test_sign_in import HOME, NOW, PASSWORD

pytestmark = pytest.mark.django_db


def make_customer() -> SubjectId:
    actions.ask_to_keep_customers(NOW)
    login = actions.new_login(LoginKind.CUSTOMER, user_id="alice", password=PASSWORD, now=NOW)
    return actions.add_customer(login)


def enter(kind: LoginKind = LoginKind.CUSTOMER) -> actions.SignedIn:
    return actions.sign_in(kind=kind, user_id="alice", password=PASSWORD, network=HOME, now=NOW)


def test_once_locked_no_password_opens_and_no_session_goes_on() -> None:
    alice = make_customer()
    session = enter()
    assert queries.find_signed_in_customer(alice, session.password_mark) == alice

    regaining.lock_out(alice)

    assert queries.find_signed_in_customer(alice, session.password_mark) is None
    with pytest.raises(SignInRefused):
        enter()
