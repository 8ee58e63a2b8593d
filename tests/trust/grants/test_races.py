"""Roles asked for, confirmed, declined and taken away at once, many times: no rule is passed."""

from functools import partial

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.trust.grants import actions, queries
from clearline.trust.grants.models import RoleWaiting
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards.models import Login, StaffRole
from clearline.trust.safeguards.roles import Role
from tests.trust.factors.test_races import MANY, race
from tests.trust.grants.test_grants import (
    ADMIN,
    BILLING,
    SUPPORT,
    confirm,
    give,
    make,
    mark_of,
    noted,
    roles_of,
)
from tests.trust.ledger.log import count_kinds
from tests.trust.safeguards.test_sign_in import NOW, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_asked_for_many_times_at_once_waits_once() -> None:
    olu, dana = make("olu", ADMIN), make("dana", SUPPORT)
    make("ina", ADMIN)

    ends = race(*[partial(give, olu, dana, SUPPORT, BILLING)] * MANY)

    assert ends == {"done": MANY}
    (waiting,) = queries.list_waiting(now=NOW)
    assert (waiting.public_id, waiting.roles) == (dana.name, (BILLING,))
    assert roles_of(dana) == {SUPPORT}


def test_of_many_confirmations_at_once_one_gives_and_is_noted() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)
    give(olu, dana, SUPPORT, BILLING)
    seen = mark_of(dana)

    ends = race(*[partial(actions.confirm, by=ina, public_id=dana.name, seen=seen, now=NOW)] * MANY)

    assert ends == {"done": 1, "NothingWaits": MANY - 1}
    assert roles_of(dana) == {SUPPORT, BILLING}
    assert [kind for kind, _ in noted()] == ["role.asked", "role.granted"]


def test_what_is_confirmed_and_declined_at_once_is_one_of_both() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)
    give(olu, dana, SUPPORT, BILLING)
    seen = mark_of(dana)
    yes = partial(actions.confirm, by=ina, public_id=dana.name, seen=seen, now=NOW)
    no = partial(actions.decline, by=ina, public_id=dana.name, seen=seen, now=NOW)

    ends = race(*(yes, no) * (MANY // 2))

    assert ends == {"done": 1, "NothingWaits": MANY - 1}
    (outcome,) = [kind for kind, _ in noted() if kind != "role.asked"]
    assert (BILLING in roles_of(dana)) == (outcome == "role.granted")


def test_what_was_replaced_at_the_same_moment_is_not_confirmed_unseen() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)
    give(olu, dana, SUPPORT, BILLING)
    seen = mark_of(dana)
    more = partial(give, olu, dana, SUPPORT, ADMIN)
    yes = partial(actions.confirm, by=ina, public_id=dana.name, seen=seen, now=NOW)

    race(*(more, yes) * (MANY // 2))

    assert ADMIN not in roles_of(dana)


def test_a_user_id_is_given_to_one_of_many_who_are_made_at_once() -> None:
    olu = make("olu", ADMIN)
    make("ina", ADMIN)
    new = partial(
        actions.create_staff,
        by=olu,
        user_id="dana",
        password=PASSWORD,
        roles=[SUPPORT],
        now=NOW,
    )

    ends = race(*[new] * MANY)

    assert ends["done"] == 1
    assert ends.keys() <= {"done", "UserIdTaken", "NoTurn"}
    assert Login.objects.count() == 3
    assert RoleWaiting.objects.count() == 1
    assert count_kinds()["role.asked"] == 1


def test_of_administrators_who_take_one_another_s_role_at_once_one_stays() -> None:
    admins = [make(f"admin{number}", ADMIN, SUPPORT) for number in range(10)]
    acts = [partial(give, by, whom, SUPPORT) for by in admins for whom in admins if by != whom]

    ends = race(*acts[:MANY])

    left = StaffRole.objects.filter(role=Role.ADMINISTRATOR, login__is_active=True).count()
    assert left >= 1
    assert ends.keys() <= {"done", "LastAdministrator"}


def test_a_role_that_is_taken_away_while_its_asker_is_confirmed_comes_from_an_administrator() -> (
    None
):
    olu, ina, dana = make("olu", ADMIN, BILLING), make("ina", ADMIN), make("dana", SUPPORT)
    make("eve", ADMIN)
    give(olu, dana, SUPPORT, BILLING)
    eve = Actor(ActorKind.STAFF, str(logins.find_public_id("eve")))

    ends = race(*(partial(confirm, ina, dana), partial(give, eve, olu, BILLING)) * (MANY // 2))

    kinds = [kind for kind, _ in noted()]
    assert roles_of(olu) == {BILLING}
    assert (BILLING in roles_of(dana)) == ("role.granted" in kinds)
    assert kinds.count("role.granted") <= 1
    assert ends.keys() <= {"done", "NothingWaits", "AskerGone", "AskedAnew"}
