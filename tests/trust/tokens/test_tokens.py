"""Keys of the app: given once, replaced at each use, ended together; races have one winner."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection

from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts import passwords
from clearline.trust.gate import queries as gate
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.models import Login
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.tokens import actions, queries
from clearline.trust.tokens.actions import TokenEnded
from clearline.trust.tokens.kinds import (
    ACCESS_WINDOW,
    CHALLENGE_WINDOW,
    IDLE_WINDOW,
    WHOLE_WINDOW,
)
from clearline.trust.tokens.models import Family, Token
from clearline.trust.tokens.queries import NoSuchSignIn

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PASSWORD = "quiet rivers carry stones"
AT_ONCE = 4


def sign_in(user_id: str = "alice") -> SignedIn:
    login = safeguards.new_login(LoginKind.CUSTOMER, user_id=user_id, password=PASSWORD, now=NOW)
    subject = safeguards.add_customer(login)
    return SignedIn(subject, login.get_session_auth_hash())


def at_once(act: Callable[[], object]) -> list[object]:
    """Return what each of several threads got that did the same in the same moment."""
    barrier = Barrier(AT_ONCE)

    def one(_: int) -> object:
        barrier.wait()
        try:
            return act()
        except TokenEnded as ended:
            return ended
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_the_first_key_says_whose_it_is_until_its_time_is_over() -> None:
    signed_in = sign_in()
    given = actions.begin(signed_in=signed_in, now=NOW)

    def found(at: datetime) -> object:
        return queries.find_bearer(given.access, now=at)

    assert found(NOW) == queries.Bearer(
        SubjectId(signed_in.public_id), given.family, NOW, has_proved_anew=False
    )
    assert found(NOW + ACCESS_WINDOW) is None
    assert queries.find_bearer(given.refresh, now=NOW) is None
    assert queries.find_bearer("x" * 201, now=NOW) is None


def test_keys_print_nowhere() -> None:
    given = actions.begin(signed_in=sign_in(), now=NOW)

    assert given.access not in repr(given)


@pytest.mark.parametrize("way", ["closed", "password"])
def test_a_login_that_is_gone_or_has_another_password_ends_its_keys(way: str) -> None:
    signed_in = sign_in()
    given = actions.begin(signed_in=signed_in, now=NOW)
    if way == "closed":
        Login.objects.update(is_active=False)
    else:
        safeguards.change_password(
            public_id=signed_in.public_id, old=PASSWORD, new="stones make rivers loud", now=NOW
        )

    assert queries.find_bearer(given.access, now=NOW) is None
    with pytest.raises(TokenEnded):
        actions.renew(refresh_token=given.refresh, now=NOW)


def test_the_sign_in_by_which_the_password_was_changed_goes_on() -> None:
    signed_in = sign_in()
    given = actions.begin(signed_in=signed_in, now=NOW)
    other = actions.begin(signed_in=signed_in, now=NOW)
    bearer = queries.find_bearer(given.access, now=NOW)
    assert bearer is not None

    passwords.change_by_app(bearer=bearer, old=PASSWORD, new="stones make rivers loud", now=NOW)

    assert queries.find_bearer(given.access, now=NOW) == bearer
    assert queries.find_bearer(other.access, now=NOW) is None


def test_a_password_that_is_not_set_after_all_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signed_in = sign_in()
    given = actions.begin(signed_in=signed_in, now=NOW)
    bearer = queries.find_bearer(given.access, now=NOW)
    assert bearer is not None
    login = Login.objects.get()

    class Broken(Exception):
        pass

    def break_off(*_: object, **__: object) -> None:
        raise Broken

    monkeypatch.setattr(Family.objects, "filter", break_off)
    with pytest.raises(Broken):
        passwords.change_by_app(bearer=bearer, old=PASSWORD, new="stones make rivers loud", now=NOW)
    monkeypatch.undo()

    assert Login.objects.get().password == login.password
    assert queries.find_bearer(given.access, now=NOW) == bearer


def test_no_key_outlives_the_whole_time() -> None:
    given = actions.begin(signed_in=sign_in(), now=NOW)
    at = NOW
    while at + timedelta(days=6) < NOW + WHOLE_WINDOW:
        at += timedelta(days=6)
        given = actions.renew(refresh_token=given.refresh, now=at)
    last = actions.renew(refresh_token=given.refresh, now=NOW + WHOLE_WINDOW - timedelta(minutes=1))

    assert last.access_until == last.refresh_until == NOW + WHOLE_WINDOW
    with pytest.raises(TokenEnded):
        actions.renew(refresh_token=last.refresh, now=NOW + WHOLE_WINDOW)


def test_who_does_not_come_for_long_signs_in_again_and_that_is_no_theft() -> None:
    given = actions.begin(signed_in=sign_in(), now=NOW)

    for _ in range(2):
        with pytest.raises(TokenEnded):
            actions.renew(refresh_token=given.refresh, now=NOW + IDLE_WINDOW)

    assert not Entry.objects.filter(kind="customer.app_signed_out").exists()


def test_a_key_that_never_was_ends_nothing() -> None:
    given = actions.begin(signed_in=sign_in(), now=NOW)

    with pytest.raises(TokenEnded):
        actions.renew(refresh_token="z" * 43, now=NOW)

    assert actions.renew(refresh_token=given.refresh, now=NOW).family == given.family


def test_a_sign_in_counts_as_a_proof_and_so_does_what_is_noted_later() -> None:
    given, later = actions.begin(signed_in=sign_in(), now=NOW), NOW + timedelta(minutes=10)

    before = queries.find_bearer(given.access, now=later)
    actions.note_proved(family=given.family, now=later)
    after = queries.find_bearer(given.access, now=later)

    assert before is not None
    assert after is not None
    assert (before.proved_at, after.proved_at) == (NOW, later)


def test_a_challenge_is_taken_once_within_five_minutes_by_its_sign_in_alone() -> None:
    signed_in = sign_in()
    one, other = (actions.begin(signed_in=signed_in, now=NOW).family for _ in range(2))

    def taken(family: str = one, *, after: timedelta = timedelta()) -> bytes | None:
        return actions.take_challenge(family=family, now=NOW + after)

    assert taken() is None
    challenge = actions.new_challenge(family=one, now=NOW)
    assert taken(other) is None
    assert [taken(), taken()] == [challenge, None]
    actions.new_challenge(family=one, now=NOW)
    newer = actions.new_challenge(family=one, now=NOW)
    assert taken(after=CHALLENGE_WINDOW - timedelta(seconds=1)) == newer
    actions.new_challenge(family=one, now=NOW)
    assert taken(after=CHALLENGE_WINDOW) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_one_challenge_at_once_one_gets_it() -> None:
    family = actions.begin(signed_in=sign_in(), now=NOW).family
    challenge = actions.new_challenge(family=family, now=NOW)

    told = at_once(lambda: actions.take_challenge(family=family, now=NOW))

    assert sorted(told, key=str) == sorted([challenge, *[None] * (AT_ONCE - 1)], key=str)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_one_key_at_once_one_wins_and_the_sign_in_ends() -> None:
    given = actions.begin(signed_in=sign_in(), now=NOW)

    told = at_once(lambda: actions.renew(refresh_token=given.refresh, now=NOW))

    winners = [each for each in told if isinstance(each, actions.Tokens)]
    assert len(winners) == 1
    assert Family.objects.get().ended_at == NOW
    assert queries.find_bearer(winners[0].access, now=NOW) is None
    with pytest.raises(TokenEnded):
        actions.renew(refresh_token=winners[0].refresh, now=NOW)
    assert Entry.objects.filter(kind="customer.app_signed_out").count() == 1


def test_sign_ins_are_listed_and_ended_by_their_owner_alone() -> None:
    signed_in, other = sign_in(), sign_in("bob")
    mine = SubjectId(signed_in.public_id)
    given = [actions.begin(signed_in=signed_in, now=NOW) for _ in range(3)]
    theirs = actions.begin(signed_in=other, now=NOW)

    def listed(before: str = "") -> list[str]:
        return [each.id for each in queries.list_sign_ins(mine, now=NOW, before=before)]

    ids = [each.family for each in reversed(given)]
    assert listed() == ids
    assert listed(before=ids[0]) == ids[1:]
    with pytest.raises(NoSuchSignIn):
        listed(before=theirs.family)
    with pytest.raises(NoSuchSignIn):
        actions.end_one(subject=mine, family=theirs.family, now=NOW)
    actions.end_one(subject=mine, family=ids[0], now=NOW)
    assert listed() == ids[1:]
    assert actions.end_all(subject=mine, now=NOW, but=ids[1]) == 1
    assert listed() == [ids[1]]
    assert queries.find_bearer(theirs.access, now=NOW) is not None


def test_what_is_left_is_erased_in_time_and_with_the_person() -> None:
    signed_in = sign_in()
    policy = gate.policy_in_force(NOW)
    actions.begin(signed_in=signed_in, now=NOW)
    assert actions.erase_expired(policy, now=NOW + timedelta(days=30)) == 0
    assert actions.erase_expired(policy, now=NOW + timedelta(days=31)) == 3
    actions.begin(signed_in=signed_in, now=NOW)

    actions.erase_of(SubjectId(signed_in.public_id))

    assert not Token.objects.exists()
