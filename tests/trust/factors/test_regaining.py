"""Second factors where somebody gets back in."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from clearline.policy.vocabulary import SubjectId
from clearline.trust.factors import actions, regaining
from clearline.trust.factors.actions import FactorRefused
from clearline.trust.factors.proof import FactorKind
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
HOUR = timedelta(hours=1)


@pytest.fixture
def alice() -> SubjectId:
    return SubjectId(make_person(CUSTOMER))


def test_who_has_what_shows_a_code_is_asked_for_one(alice: SubjectId) -> None:
    nothing = regaining.asks_for_code(alice)
    add_passkey(alice)
    passkey = regaining.asks_for_code(alice)
    actions.make_recovery_codes(kind=CUSTOMER, public_id=alice, now=NOW)

    assert (nothing, passkey, regaining.asks_for_code(alice)) == (False, False, True)


def test_only_who_has_an_app_cannot_do_without_a_code(alice: SubjectId) -> None:
    add_passkey(alice)
    actions.make_recovery_codes(kind=CUSTOMER, public_id=alice, now=NOW)
    passkey = regaining.needs_code(alice)
    add_app(alice)

    assert (passkey, regaining.needs_code(alice)) == (False, True)


def test_a_code_proves_once(alice: SubjectId) -> None:
    code = code_of(add_app(alice))

    regaining.prove_by_code(alice, code, now=NOW)

    with pytest.raises(FactorRefused):
        regaining.prove_by_code(alice, code, now=NOW)


def test_what_came_between_two_moments_is_taken_away_and_the_rest_stays(alice: SubjectId) -> None:
    add_passkey(alice)
    add_app(alice, now=NOW + HOUR)
    actions.make_recovery_codes(kind=CUSTOMER, public_id=alice, now=NOW + 2 * HOUR)
    add_passkey(alice, now=NOW + 4 * HOUR)
    span = (NOW + HALF_MINUTE, NOW + 3 * HOUR)
    had = regaining.came_between(alice, *span)

    gone = regaining.forget_between(alice, *span)

    assert (had, gone) == (True, (FactorKind.APP, "recovery_codes"))
    assert factors_of(alice) == Factors(has_app=False, passkeys=2, codes_left=0)
    assert Login.objects.get(public_id=alice).has_second_factor
    assert not regaining.came_between(alice, *span)
    assert regaining.forget_between(alice, *span) == ()


@pytest.mark.parametrize("add", [add_app, add_passkey])
def test_each_kind_that_came_is_seen(alice: SubjectId, add: Callable[..., object]) -> None:
    add(alice, now=NOW + HOUR)

    assert regaining.came_between(alice, NOW, NOW + HOUR)
    assert not regaining.came_between(alice, NOW, NOW + HOUR - 2 * HALF_MINUTE)


def test_recovery_codes_alone_are_seen_too(alice: SubjectId) -> None:
    add_app(alice)
    actions.make_recovery_codes(kind=CUSTOMER, public_id=alice, now=NOW + HOUR)

    assert regaining.came_between(alice, NOW + HALF_MINUTE, NOW + HOUR)
    assert regaining.forget_between(alice, NOW + HALF_MINUTE, NOW + HOUR) == ("recovery_codes",)
    assert factors_of(alice) == Factors(has_app=True, passkeys=0, codes_left=0)


def test_once_the_last_one_is_gone_recovery_codes_go_too(alice: SubjectId) -> None:
    add_app(alice, now=NOW + timedelta(hours=1))
    actions.make_recovery_codes(kind=CUSTOMER, public_id=alice, now=NOW + timedelta(hours=1))
    lock_out(alice)

    gone = regaining.forget_between(alice, NOW, NOW + timedelta(hours=1))

    assert gone == (FactorKind.APP, "recovery_codes")
    assert factors_of(alice) == Factors(has_app=False, passkeys=0, codes_left=0)
    assert not Login.objects.get(public_id=alice).has_second_factor
