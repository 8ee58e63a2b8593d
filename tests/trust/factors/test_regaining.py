"""Second factors where somebody gets back in."""

from datetime import timedelta

import pytest

from clearline.policy.vocabulary import SubjectId
from clearline.trust.factors import actions, regaining
from clearline.trust.factors.actions import FactorRefused
from clearline.trust.factors.queries import Factors, factors_of
from clearline.trust.safeguards.models import Login
from clearline.trust.safeguards.regaining import lock_out
from tests.trust.factors.people import (
    CUSTOMER,
    HALF_MINUTE,
    NOW,
    add_app,
    add_passkey,
    code_of,
    make_person,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> SubjectId:
    return SubjectId(make_person(CUSTOMER))


def test_who_has_what_shows_a_code_is_asked_for_one(alice: SubjectId) -> None:
    nothing = regaining.asks_for_code(alice)
    add_passkey(alice)
    passkey = regaining.asks_for_code(alice)
    actions.make_recovery_codes(kind=CUSTOMER, public_id=alice, now=NOW)

    assert (nothing, passkey, regaining.asks_for_code(alice)) == (False, False, True)


def test_a_code_proves_once(alice: SubjectId) -> None:
    code = code_of(add_app(alice))

    regaining.prove_by_code(alice, code, now=NOW)

    with pytest.raises(FactorRefused):
        regaining.prove_by_code(alice, code, now=NOW)


def test_what_came_since_is_taken_away_and_the_rest_stays(alice: SubjectId) -> None:
    add_passkey(alice)
    add_app(alice, now=NOW + timedelta(hours=1))
    actions.make_recovery_codes(kind=CUSTOMER, public_id=alice, now=NOW + timedelta(hours=2))

    had = regaining.forget_since(alice, NOW + HALF_MINUTE)

    assert had
    assert factors_of(alice) == Factors(has_app=False, passkeys=1, codes_left=0)
    assert Login.objects.get(public_id=alice).has_second_factor
    assert not regaining.forget_since(alice, NOW + HALF_MINUTE)


def test_once_the_last_one_is_gone_recovery_codes_go_too(alice: SubjectId) -> None:
    add_app(alice, now=NOW + timedelta(hours=1))
    actions.make_recovery_codes(kind=CUSTOMER, public_id=alice, now=NOW + timedelta(hours=1))
    lock_out(alice)

    regaining.forget_since(alice, NOW)

    assert factors_of(alice) == Factors(has_app=False, passkeys=0, codes_left=0)
    assert not Login.objects.get(public_id=alice).has_second_factor
