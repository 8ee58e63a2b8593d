"""Roles are given by two administrators and taken away by one."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.grants import actions, queries
from clearline.trust.grants.actions import (
    AskedAnew,
    AskerGone,
    GiveFirst,
    NobodyToConfirm,
    NotBySelf,
    NothingWaits,
)
from clearline.trust.grants.models import RoleWaiting
from clearline.trust.grants.queries import WAITING_WINDOW
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards import staff_logins
from clearline.trust.safeguards.actions import NoSuchStaff
from clearline.trust.safeguards.roles import Role
from clearline.trust.safeguards.staff_logins import LastAdministrator, NoRole
from tests.service.teams.test_teams import at_once
from tests.trust.safeguards.test_sign_in import NOW, OPERATOR, PASSWORD

pytestmark = pytest.mark.django_db
ADMIN, SUPPORT, BILLING = Role.ADMINISTRATOR, Role.SUPPORT, Role.BILLING


def make(user_id: str, *roles: Role) -> Actor:
    public_id = staff_logins.create_staff(
        by=OPERATOR, user_id=user_id, password=PASSWORD, roles=roles, now=NOW
    )
    return Actor(ActorKind.STAFF, public_id)


def give(by: Actor, whom: Actor, *roles: Role, is_active: bool = True) -> bool:
    return actions.set_staff(by=by, public_id=whom.name, roles=roles, is_active=is_active, now=NOW)


def confirm(by: Actor, whom: Actor, now: datetime = NOW) -> None:
    actions.confirm(by=by, public_id=whom.name, seen=mark_of(whom), now=now)


def decline(by: Actor, whom: Actor) -> None:
    actions.decline(by=by, public_id=whom.name, seen=mark_of(whom), now=NOW)


def mark_of(whom: Actor, now: datetime = NOW) -> str:
    waiting = queries.find_waiting(whom.name, now=now)
    return waiting.mark if waiting else ""


def roles_of(whom: Actor) -> set[Role]:
    member = logins.find_staff(whom.name)
    return set(member.roles) if member and member.is_active else set()


def noted() -> list[tuple[str, dict[str, object]]]:
    entries = Entry.objects.filter(kind__startswith="role.").order_by("number")
    return [(each.kind, dict(ledger.fields_of(each, sealer()))) for each in entries]


def test_a_role_waits_until_another_administrator_confirms_it_and_both_are_named() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)

    assert give(olu, dana, SUPPORT, BILLING)
    before = roles_of(dana)
    (waiting,) = queries.list_waiting(now=NOW)
    with pytest.raises(NotBySelf):
        confirm(olu, dana)
    confirm(ina, dana)

    assert (before, roles_of(dana)) == ({SUPPORT}, {SUPPORT, BILLING})
    assert (waiting.public_id, waiting.roles, waiting.asked_by) == (dana.name, (BILLING,), olu.name)
    told = {"login": dana.name, "roles": ["billing"]}
    by_olu, by_ina = f"staff:{olu.name}", f"staff:{ina.name}"
    assert noted() == [
        ("role.asked", told | {"by": by_olu}),
        ("role.granted", told | {"asked_by": by_olu, "by": by_ina}),
    ]
    with pytest.raises(NothingWaits):
        confirm(ina, dana)


def test_what_is_taken_away_is_gone_at_once_while_what_is_given_waits() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT, BILLING)

    assert give(olu, dana, SUPPORT, Role.AUDITOR)
    between = roles_of(dana)
    confirm(ina, dana)

    assert (between, roles_of(dana)) == ({SUPPORT}, {SUPPORT, Role.AUDITOR})
    assert not give(olu, dana, SUPPORT)
    assert roles_of(dana) == {SUPPORT}


def test_whoever_would_be_left_with_nothing_is_given_first() -> None:
    olu, dana = make("olu", ADMIN), make("dana", SUPPORT)
    make("ina", ADMIN)

    with pytest.raises(GiveFirst):
        give(olu, dana, BILLING)
    with pytest.raises(NoRole):
        give(olu, dana)

    assert roles_of(dana) == {SUPPORT}
    assert not RoleWaiting.objects.exists()


def test_a_way_in_that_is_closed_is_given_back_by_two() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)

    assert not give(olu, dana, SUPPORT, is_active=False)
    assert not give(olu, dana, BILLING, is_active=False)
    assert give(olu, dana, BILLING)
    between = roles_of(dana)
    confirm(ina, dana)

    assert (between, roles_of(dana)) == (set(), {BILLING})


def test_someone_new_signs_in_only_when_a_second_administrator_has_confirmed() -> None:
    olu, ina = make("olu", ADMIN), make("ina", ADMIN)

    public_id = actions.create_staff(
        by=olu, user_id="dana", password=PASSWORD, roles=[SUPPORT], now=NOW
    )
    dana = Actor(ActorKind.STAFF, public_id)
    before = roles_of(dana)
    confirm(ina, dana)

    assert (before, roles_of(dana)) == (set(), {SUPPORT})


@pytest.mark.parametrize("is_declined", [True, False])
def test_a_way_in_that_nobody_confirmed_is_erased_as_a_closed_one_is(is_declined: bool) -> None:  # noqa: FBT001  # a case of the test
    olu, ina = make("olu", ADMIN), make("ina", ADMIN)
    dana = Actor(
        ActorKind.STAFF,
        actions.create_staff(by=olu, user_id="dana", password=PASSWORD, roles=[SUPPORT], now=NOW),
    )
    if is_declined:
        decline(ina, dana)
    end = NOW.replace(year=NOW.year + 6)

    safeguards.erase_expired(policy_in_force(NOW), now=end - timedelta(seconds=1))
    before = logins.find_staff(dana.name)
    safeguards.erase_expired(policy_in_force(NOW), now=end)

    assert before is not None
    assert logins.find_staff(dana.name) is None
    assert logins.find_staff(ina.name) is not None


def test_where_there_is_one_administrator_nothing_waits_in_vain() -> None:
    olu, dana = make("olu", ADMIN), make("dana", SUPPORT)
    gone = make("ina", ADMIN)
    give(olu, gone, ADMIN, is_active=False)

    with pytest.raises(NobodyToConfirm, match="clearline user grant"):
        give(olu, dana, SUPPORT, BILLING)
    with pytest.raises(NobodyToConfirm, match="Nobody else is an administrator"):
        actions.create_staff(by=olu, user_id="sam", password=PASSWORD, roles=[SUPPORT], now=NOW)
    with pytest.raises(LastAdministrator):
        give(olu, olu, ADMIN, is_active=False)

    assert logins.find_public_id("sam") is None
    assert noted() == []
    assert not give(olu, dana, SUPPORT, is_active=False)


def test_what_waits_is_declined_or_taken_back_and_then_given_to_nobody() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)

    for by in (ina, olu):
        give(olu, dana, SUPPORT, BILLING)
        decline(by, dana)
        with pytest.raises(NothingWaits):
            confirm(ina, dana)
        with pytest.raises(NothingWaits):
            decline(ina, dana)

    assert roles_of(dana) == {SUPPORT}
    assert [kind for kind, _ in noted()] == ["role.asked", "role.declined"] * 2


def test_what_was_asked_by_someone_who_is_no_administrator_any_more_is_not_given() -> None:
    olu, ina, dana = make("olu", ADMIN, BILLING), make("ina", ADMIN), make("dana", SUPPORT)
    give(olu, dana, SUPPORT, BILLING)
    give(ina, olu, BILLING)

    with pytest.raises(AskerGone, match="ask for it anew"):
        confirm(ina, dana)

    assert roles_of(dana) == {SUPPORT}


def test_what_is_asked_for_anew_takes_the_place_of_what_waited() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)
    give(olu, dana, SUPPORT, BILLING)

    give(ina, dana, SUPPORT, Role.AUDITOR)

    (waiting,) = queries.list_waiting(now=NOW)
    assert (waiting.roles, waiting.asked_by) == ((Role.AUDITOR,), ina.name)
    give(olu, dana, SUPPORT)
    assert queries.list_waiting(now=NOW) == ()
    kind, told = noted()[-1]
    assert kind == "role.declined"
    assert told == {
        "login": dana.name,
        "roles": ["auditor"],
        "asked_by": f"staff:{ina.name}",
        "by": f"staff:{olu.name}",
    }
    give(olu, dana, SUPPORT)
    assert len(noted()) == 3, "nothing waited any more"


def test_what_took_the_place_of_what_somebody_looked_at_is_neither_confirmed_nor_declined() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)
    give(olu, dana, SUPPORT, BILLING)
    seen = mark_of(dana)
    give(olu, dana, SUPPORT, ADMIN)

    for act in (actions.confirm, actions.decline):
        with pytest.raises(AskedAnew, match="decide again"):
            act(by=ina, public_id=dana.name, seen=seen, now=NOW)

    assert roles_of(dana) == {SUPPORT}
    confirm(ina, dana)
    assert roles_of(dana) == {SUPPORT, ADMIN}


def test_the_same_roles_asked_for_again_by_another_or_later_are_looked_at_anew() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)
    give(olu, dana, SUPPORT, BILLING)
    first = mark_of(dana)

    give(ina, dana, SUPPORT, BILLING)

    second = mark_of(dana)
    later = NOW + timedelta(microseconds=1)
    roles = [SUPPORT, BILLING]
    actions.set_staff(by=ina, public_id=dana.name, roles=roles, is_active=True, now=later)
    assert len({first, second, mark_of(dana, later)}) == 3


def test_nothing_waits_longer_than_seven_days_nor_for_nobody() -> None:
    olu, ina, dana = make("olu", ADMIN), make("ina", ADMIN), make("dana", SUPPORT)
    give(olu, dana, SUPPORT, BILLING)
    later = NOW + WAITING_WINDOW

    with pytest.raises(NothingWaits):
        confirm(ina, dana, later)
    with pytest.raises(NoSuchStaff):
        give(olu, Actor(ActorKind.STAFF, "0" * 32), SUPPORT)

    assert queries.find_waiting(dana.name, now=later) is None
    assert actions.erase_expired(now=later - timedelta(seconds=1)) == 0
    assert actions.erase_expired(now=later) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_decide_at_once_one_does() -> None:
    olu, dana = make("olu", ADMIN), make("dana", SUPPORT)
    others = [make(f"ina{number}", ADMIN) for number in range(4)]
    give(olu, dana, SUPPORT, BILLING)
    seen = mark_of(dana)

    def decide(by: Actor, place: int) -> Callable[[], None]:
        act = actions.confirm if place % 2 else actions.decline
        return lambda: act(by=by, public_id=dana.name, seen=seen, now=NOW)

    outcomes = at_once([decide(by, place) for place, by in enumerate(others)])

    assert outcomes.count(None) == 1
    assert len([kind for kind, _ in noted() if kind != "role.asked"]) == 1
