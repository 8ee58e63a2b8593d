"""Signing in: long passwords, few guesses, and nothing readable in the tables."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection

from clearline.edge.jobs.worker import erase_expired_sign_ins
from clearline.policy.use import Actor, ActorKind
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions, queries, staff_logins
from clearline.trust.safeguards.actions import (
    NoSuchLogin,
    NoSuchStaff,
    SignInRefused,
    TooManyTries,
    UserIdRefused,
    UserIdTaken,
)
from clearline.trust.safeguards.attempts import (
    TRIES_BY_NAME_MAX,
    TRIES_BY_NETWORK_MAX,
    TRIES_MAX,
    WINDOW,
)
from clearline.trust.safeguards.models import Login, SignInAttempt
from clearline.trust.safeguards.roles import LoginKind, Role
from clearline.trust.safeguards.staff_logins import LastAdministrator, NoRole
from tests.reach.visitors.conftest import without
from tests.trust.ledger.conftest import policy_log as log
from tests.trust.ledger.log import count_kinds

__all__ = ["log", "without"]

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
OPERATOR = Actor(ActorKind.JOB, "operator")
PASSWORD = "quiet rivers carry stones"
HOME = "198.51.100.0"
ELSEWHERE = "203.0.113.0"
NEW_PASSWORD = "stones make rivers loud"
NEW_PASSWORDS = (NEW_PASSWORD, "loud rivers make stones")


def make_dana(*roles: Role) -> str:
    return staff_logins.create_staff(
        by=OPERATOR, user_id="Dana", password=PASSWORD, roles=roles or (Role.MARKETER,), now=NOW
    )


def try_in(
    password: str = PASSWORD, user_id: str = "dana", network: str = HOME, now: datetime = NOW
) -> actions.SignedIn:
    signed_in = actions.sign_in(
        kind=LoginKind.STAFF, user_id=user_id, password=password, network=network, now=now
    )
    assert isinstance(signed_in, actions.SignedIn)
    return signed_in


def guess(times: int, user_id: str = "dana", network: str = HOME) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            try_in("wrong", user_id, network)


@pytest.mark.django_db
def test_dana_signs_in_with_what_she_was_given() -> None:
    public_id = make_dana()

    signed_in = try_in(user_id=" DANA ")

    assert signed_in.public_id == public_id
    member = queries.find_signed_in(public_id, signed_in.password_mark)
    assert member is not None
    assert member.roles == {Role.MARKETER}


@pytest.mark.django_db
def test_creating_and_signing_in_stand_in_the_ledger() -> None:
    make_dana()
    try_in()

    counts = count_kinds()

    assert counts == {"staff.created": 1, "staff.signed_in": 1}


@pytest.mark.django_db
def test_tries_that_have_to_wait_and_user_ids_that_nobody_has_are_only_counted() -> None:
    make_dana()
    guess(TRIES_MAX)
    with pytest.raises(TooManyTries):
        try_in("wrong")
    guess(1, "nobody", ELSEWHERE)

    assert count_kinds() == {"staff.created": 1, "staff.refused": TRIES_MAX}
    assert SignInAttempt.objects.count() == TRIES_MAX + 1


@pytest.mark.django_db
def test_the_tables_name_nobody() -> None:
    make_dana()
    with pytest.raises(SignInRefused):
        try_in("wrong")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM safeguards_login")
        rows = str(cursor.fetchall()).casefold()
        cursor.execute("SELECT * FROM safeguards_signinattempt")
        rows += str(cursor.fetchall())

    assert "dana" not in rows
    assert HOME not in rows
    assert PASSWORD not in rows


@pytest.mark.django_db
@pytest.mark.parametrize(("user_id", "password"), [("dana", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_password_and_an_unknown_user_sound_the_same(user_id: str, password: str) -> None:
    make_dana()

    with pytest.raises(SignInRefused, match="is wrong"):
        try_in(password, user_id)


@pytest.mark.django_db
def test_who_guesses_has_to_wait_and_the_right_password_too() -> None:
    make_dana()
    guess(TRIES_MAX)

    with pytest.raises(TooManyTries, match="Wait 15 minutes"):
        try_in()

    assert try_in(now=NOW + WINDOW + timedelta(seconds=1))


@pytest.mark.django_db
def test_who_tries_on_while_they_have_to_wait_does_not_wait_longer() -> None:
    make_dana()
    guess(TRIES_MAX)

    for minutes in range(1, 15):
        with pytest.raises(TooManyTries):
            try_in("wrong", now=NOW + timedelta(minutes=minutes))

    assert try_in(now=NOW + WINDOW + timedelta(seconds=1))


@pytest.mark.django_db
def test_a_guesser_elsewhere_does_not_keep_the_owner_out() -> None:
    make_dana()
    guess(TRIES_MAX, network=ELSEWHERE)

    with pytest.raises(TooManyTries):
        try_in(network=ELSEWHERE)

    assert try_in(network=HOME)


@pytest.mark.django_db
def test_many_guessers_do_not_keep_the_owner_out_where_she_signed_in_before() -> None:
    make_dana()
    try_in()
    for number in range(TRIES_BY_NAME_MAX):
        guess(1, network=f"203.0.{number}.0")

    with pytest.raises(TooManyTries):
        try_in(network=ELSEWHERE)

    assert try_in(network=HOME)


@pytest.mark.django_db
def test_a_neighbour_who_tries_many_names_does_not_keep_the_owner_out() -> None:
    make_dana()
    try_in()
    for number in range(TRIES_BY_NETWORK_MAX):
        guess(1, user_id=f"guess {number}")

    with pytest.raises(TooManyTries):
        try_in(user_id="another")

    assert try_in()


@pytest.mark.django_db
def test_a_guesser_at_the_sign_in_page_does_not_keep_the_owner_from_a_new_password() -> None:
    public_id = make_dana()
    for number in range(TRIES_BY_NAME_MAX):
        guess(1, network=f"203.0.{number}.0")

    assert actions.change_password(public_id=public_id, old=PASSWORD, new=NEW_PASSWORD, now=NOW)


@pytest.mark.django_db
def test_who_guesses_the_old_password_in_an_open_session_has_to_wait() -> None:
    public_id = make_dana()
    for _ in range(TRIES_MAX):
        with pytest.raises(SignInRefused):
            actions.change_password(public_id=public_id, old="wrong", new=NEW_PASSWORD, now=NOW)

    with pytest.raises(TooManyTries):
        actions.change_password(public_id=public_id, old=PASSWORD, new=NEW_PASSWORD, now=NOW)


@pytest.mark.django_db
def test_a_network_that_tries_many_names_has_to_wait() -> None:
    for number in range(TRIES_BY_NETWORK_MAX):
        guess(1, user_id=f"guess {number}")

    with pytest.raises(TooManyTries):
        try_in(user_id="another")


@pytest.mark.django_db
def test_a_right_password_forgets_the_wrong_ones_and_is_itself_remembered_once() -> None:
    make_dana()
    guess(TRIES_MAX - 1)

    try_in()
    try_in()

    assert [each.was_right for each in SignInAttempt.objects.all()] == [True]
    guess(TRIES_MAX - 1)
    assert try_in()


@pytest.mark.django_db
def test_a_user_id_is_given_once_however_it_is_written() -> None:
    make_dana()

    with pytest.raises(UserIdTaken):
        staff_logins.create_staff(
            by=OPERATOR, user_id="dAnA", password=PASSWORD, roles=[Role.MARKETER], now=NOW
        )


@pytest.mark.django_db
@pytest.mark.parametrize("user_id", ["", "ab", "two words", "a\nb", "x" * 65])
def test_an_odd_user_id_is_refused(user_id: str) -> None:
    with pytest.raises(UserIdRefused):
        staff_logins.create_staff(
            by=OPERATOR, user_id=user_id, password=PASSWORD, roles=[Role.MARKETER], now=NOW
        )


@pytest.mark.django_db
def test_a_changed_password_ends_the_other_sessions() -> None:
    public_id = make_dana()
    before = try_in()

    after = actions.change_password(public_id=public_id, old=PASSWORD, new=NEW_PASSWORD, now=NOW)

    assert queries.find_signed_in(public_id, before.password_mark) is None
    assert queries.find_signed_in(public_id, after.password_mark) is not None


@pytest.mark.django_db
def test_a_changed_password_stands_in_the_ledger_as_such() -> None:
    public_id = make_dana()

    actions.change_password(public_id=public_id, old=PASSWORD, new=NEW_PASSWORD, now=NOW)

    kinds = Entry.objects.order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["staff.created", "staff.password_changed"]


@pytest.mark.django_db
def test_a_password_is_not_changed_when_its_entry_cannot_be_written() -> None:
    public_id = make_dana()

    def refuse_entries(
        execute: Callable[..., object], sql: str, params: object, many: object, context: object
    ) -> object:
        if sql.startswith("INSERT") and Entry._meta.db_table in sql:  # noqa: SLF001  # Django's own name for it
            message = "the disk is full"
            raise OperationalError(message)
        return execute(sql, params, many, context)

    with (
        connection.execute_wrapper(refuse_entries),
        pytest.raises(OperationalError, match="disk is full"),
    ):
        actions.change_password(public_id=public_id, old=PASSWORD, new=NEW_PASSWORD, now=NOW)

    assert try_in()


@pytest.mark.django_db
def test_the_old_password_is_asked_for_before_a_new_one() -> None:
    public_id = make_dana()

    with pytest.raises(SignInRefused):
        actions.change_password(public_id=public_id, old="wrong", new=NEW_PASSWORD, now=NOW)

    assert try_in()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_a_password_at_once_one_is_told_that_it_is_another() -> None:
    public_id = make_dana()
    both_know = threading.Barrier(2)
    refused: list[str] = []

    def wait_after_reading(
        execute: Callable[..., object], sql: str, params: object, many: object, context: object
    ) -> object:
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT") and Login._meta.db_table in sql:  # noqa: SLF001  # Django's own name for it
            both_know.wait(60)
        return result

    def change(new: str) -> None:
        try:
            with connection.execute_wrapper(wait_after_reading):
                actions.change_password(public_id=public_id, old=PASSWORD, new=new, now=NOW)
        except SignInRefused:
            refused.append(new)
        connection.close()

    threads = [threading.Thread(target=change, args=(each,)) for each in NEW_PASSWORDS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (loser,) = refused
    (winner,) = set(NEW_PASSWORDS) - {loser}
    assert try_in(winner)
    with pytest.raises(SignInRefused):
        try_in(loser)


@pytest.mark.django_db
def test_a_link_of_the_demo_signs_in_whom_it_names_and_that_is_written_down() -> None:
    public_id = make_dana()

    signed_in = actions.sign_in_by_link(kind=LoginKind.STAFF, user_id="DANA", now=NOW)

    assert queries.find_signed_in(public_id, signed_in.password_mark) is not None
    assert count_kinds() == {"staff.created": 1, "staff.signed_in": 1}


@pytest.mark.django_db
def test_a_link_signs_in_nobody_whose_way_in_was_taken_back() -> None:
    public_id = make_dana()
    staff_logins.create_staff(
        by=OPERATOR, user_id="olu", password=PASSWORD, roles=[Role.ADMINISTRATOR], now=NOW
    )
    staff_logins.set_staff(
        by=OPERATOR, public_id=public_id, roles=[Role.MARKETER], is_active=False, now=NOW
    )

    for user_id in ("dana", "nobody"):
        with pytest.raises(NoSuchStaff, match="not there any more"):
            actions.sign_in_by_link(kind=LoginKind.STAFF, user_id=user_id, now=NOW)


@pytest.mark.django_db
def test_staff_are_found_by_what_is_random_and_by_a_user_id_that_is_known() -> None:
    public_id = make_dana()

    member = queries.find_staff(public_id)

    assert member is not None
    assert member == queries.StaffMember(public_id, frozenset({Role.MARKETER}), True, NOW)  # noqa: FBT003
    assert queries.find_public_id(" Dana ") == public_id
    assert queries.find_staff("0" * 32) is None
    assert queries.find_public_id("nobody") is None


@pytest.mark.django_db
def test_somebody_who_is_not_there_can_be_given_nothing() -> None:
    make_dana()

    with pytest.raises(NoSuchStaff, match="Go back to the list"):
        staff_logins.set_staff(
            by=OPERATOR, public_id="0" * 32, roles=[Role.MARKETER], is_active=True, now=NOW
        )
    with pytest.raises(NoSuchLogin, match="Sign in again"):
        actions.change_password(public_id="0" * 32, old=PASSWORD, new=NEW_PASSWORD, now=NOW)


@pytest.mark.django_db
def test_roles_cannot_all_be_taken_away() -> None:
    public_id = make_dana()

    with pytest.raises(NoRole, match="at least one role"):
        staff_logins.set_staff(by=OPERATOR, public_id=public_id, roles=[], is_active=True, now=NOW)

    (member,) = queries.list_staff()
    assert member.roles == {Role.MARKETER}


@pytest.mark.django_db
def test_who_lost_the_way_in_is_out_at_once() -> None:
    public_id = make_dana()
    staff_logins.create_staff(
        by=OPERATOR, user_id="olu", password=PASSWORD, roles=[Role.ADMINISTRATOR], now=NOW
    )
    signed_in = try_in()

    staff_logins.set_staff(
        by=OPERATOR, public_id=public_id, roles=[Role.MARKETER], is_active=False, now=NOW
    )

    assert queries.find_signed_in(public_id, signed_in.password_mark) is None
    with pytest.raises(SignInRefused):
        try_in()


@pytest.mark.django_db
def test_the_last_administrator_stays_one() -> None:
    public_id = make_dana(Role.ADMINISTRATOR)

    with pytest.raises(LastAdministrator, match="Make someone else one first"):
        staff_logins.set_staff(
            by=OPERATOR, public_id=public_id, roles=[Role.MARKETER], is_active=True, now=NOW
        )


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_take_each_others_role_leave_one() -> None:
    public_ids = [
        staff_logins.create_staff(
            by=OPERATOR, user_id=name, password=PASSWORD, roles=[Role.ADMINISTRATOR], now=NOW
        )
        for name in ("dana", "olu")
    ]
    both_may = threading.Barrier(2)

    def wait_before_writing(
        execute: Callable[..., object], sql: str, params: object, many: object, context: object
    ) -> object:
        if sql.startswith("UPDATE"):
            with suppress(threading.BrokenBarrierError):
                both_may.wait(1)
        return execute(sql, params, many, context)

    def demote(public_id: str) -> None:
        with connection.execute_wrapper(wait_before_writing), suppress(LastAdministrator):
            staff_logins.set_staff(
                by=OPERATOR, public_id=public_id, roles=[Role.MARKETER], is_active=True, now=NOW
            )
        connection.close()

    threads = [threading.Thread(target=demote, args=(each,)) for each in public_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    roles = [role for each in queries.list_staff() for role in each.roles]
    assert sorted(roles) == [Role.ADMINISTRATOR, Role.MARKETER]


@pytest.mark.django_db
def test_roles_are_set_as_they_are_given() -> None:
    public_id = make_dana(Role.ADMINISTRATOR, Role.MARKETER)
    other = staff_logins.create_staff(
        by=OPERATOR, user_id="olu", password=PASSWORD, roles=[Role.ADMINISTRATOR], now=NOW
    )

    staff_logins.set_staff(
        by=OPERATOR, public_id=public_id, roles=[Role.MARKETER], is_active=True, now=NOW
    )

    members = {each.public_id: each.roles for each in queries.list_staff()}
    assert members == {public_id: {Role.MARKETER}, other: {Role.ADMINISTRATOR}}


@pytest.mark.django_db
def test_somebody_without_a_role_is_nobody() -> None:
    with pytest.raises(NoRole):
        staff_logins.create_staff(by=OPERATOR, user_id="dana", password=PASSWORD, roles=[], now=NOW)


@pytest.mark.django_db
def test_what_staff_do_can_be_read_as_long_as_the_clauses_on_staff_say() -> None:
    make_dana()
    try_in()

    ends = dict(Entry.objects.values_list("kind", "expires_at"))

    assert ends == {
        "staff.created": NOW.replace(year=2032),
        "staff.signed_in": NOW.replace(year=2029),
    }


@pytest.mark.django_db
def test_a_login_goes_six_years_after_its_way_in_was_taken_back() -> None:
    dana = make_dana()
    olu = staff_logins.create_staff(
        by=OPERATOR, user_id="olu", password=PASSWORD, roles=[Role.ADMINISTRATOR], now=NOW
    )
    staff_logins.set_staff(
        by=OPERATOR, public_id=dana, roles=[Role.MARKETER], is_active=False, now=NOW
    )

    actions.erase_expired(policy_in_force(NOW), now=NOW.replace(year=2032) - timedelta(seconds=1))
    assert len(queries.list_staff()) == 2

    actions.erase_expired(policy_in_force(NOW), now=NOW.replace(year=2032))

    assert [each.public_id for each in queries.list_staff()] == [olu]


@pytest.mark.django_db
def test_attempts_are_erased_when_the_clause_says() -> None:
    make_dana()
    with pytest.raises(SignInRefused):
        try_in("wrong")

    month_later = NOW + timedelta(days=30)
    assert actions.erase_expired(policy_in_force(NOW), now=month_later - timedelta(seconds=1)) == 0
    assert actions.erase_expired(policy_in_force(NOW), now=month_later) == 1


@pytest.mark.django_db
def test_without_their_clauses_no_attempt_and_no_closed_login_is_kept(
    without: Callable[[str], None],
) -> None:
    dana = make_dana()
    olu = staff_logins.create_staff(
        by=OPERATOR, user_id="olu", password=PASSWORD, roles=[Role.ADMINISTRATOR], now=NOW
    )
    staff_logins.set_staff(
        by=OPERATOR, public_id=dana, roles=[Role.MARKETER], is_active=False, now=NOW
    )
    with pytest.raises(SignInRefused):
        try_in("wrong")
    without("security.attempts")
    without("staff.login")

    erase_expired_sign_ins(NOW + timedelta(seconds=1))

    assert not SignInAttempt.objects.exists()
    assert [each.public_id for each in queries.list_staff()] == [olu]
