"""Second factors asked for at once, many times: each code proves once, and no rule is passed."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial

import pytest
from django.db import OperationalError, connection

from clearline.kit.errors import Refusal
from clearline.trust.factors import actions, queries
from clearline.trust.factors.actions import PASSKEYS_MAX
from clearline.trust.factors.codes import RECOVERY_CODES, new_secret
from clearline.trust.factors.models import Passkey, RecoveryCode, Totp
from clearline.trust.factors.proof import Code, PasskeyAnswer
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import open_sessions, signed_in
from clearline.trust.safeguards.actions import (
    PasswordGiven,
    SignedIn,
)
from clearline.trust.safeguards.attempts import (
    TRIES_MAX,
)
from clearline.trust.safeguards.models import Login, Session
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.sessions import (
    Awaited,
    SessionStore,
    begin_awaiting,
    is_awaiting,
    key_of,
    renew_challenge,
    take_challenge_once,
    take_try,
)
from tests.trust.factors.people import (
    CHALLENGE,
    CUSTOMER,
    HOME,
    NOW,
    PASSWORD,
    STAFF,
    add_app,
    add_passkey,
    code_of,
    give_password,
    make_person,
    new_key,
)
from tests.trust.ledger.log import count_kinds

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 50
LONG, SHORT = "stones make rivers loud", "qT7#vmWz"
each_kind = pytest.mark.parametrize("kind", [STAFF, CUSTOMER])


@contextmanager
def waiting_before(words: str, barrier: threading.Barrier) -> Iterator[None]:
    """Hold the first statement that begins so until all are there, or for a while."""
    held = [False]

    def wait(
        execute: Callable[..., object], sql: str, params: object, many: object, context: object
    ) -> object:
        if sql.startswith(words) and not held[0]:
            held[0] = True
            with suppress(threading.BrokenBarrierError):
                barrier.wait(0.3)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wait):
        yield


def race(*acts: Callable[[], object], before: str = "") -> Counter[str]:
    """Let each of these be done in a thread of its own, all at once; return how they ended."""
    barrier, ends = threading.Barrier(len(acts)), list[str]()

    def run(act: Callable[[], object]) -> None:
        barrier.wait(60)
        try:
            with waiting_before(before, barrier) if before else nullcontext():
                act()
        except (Refusal, OperationalError) as error:
            ends.append(type(error).__name__)
        else:
            ends.append("done")
        connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == len(acts)
    return Counter(ends)


def finish(text: str, given: PasswordGiven) -> SignedIn:
    return actions.finish_sign_in(
        kind=CUSTOMER, given=given, proof=Code(text), network=HOME, now=NOW
    )


@pytest.mark.parametrize("times", [TRIES_MAX - 1, MANY])
def test_of_many_who_give_the_same_recovery_code_at_once_one_signs_in(times: int) -> None:
    person = make_person(CUSTOMER)
    add_app(person)
    code = actions.make_recovery_codes(kind=CUSTOMER, public_id=person, now=NOW)[0]
    given = give_password()

    ends = race(*[partial(finish, code, given)] * times, before='UPDATE "factors_recoverycode"')

    assert_one(ends, times)
    assert queries.factors_of(person).codes_left == RECOVERY_CODES - ends["done"]


@pytest.mark.parametrize("times", [TRIES_MAX - 1, MANY])
def test_of_many_who_give_the_same_code_of_the_app_at_once_one_signs_in(times: int) -> None:
    secret = add_app(make_person(CUSTOMER))
    given = give_password()

    ends = race(*[partial(finish, code_of(secret), given)] * times, before='UPDATE "factors_totp"')

    assert_one(ends, times)


def assert_one(ends: Counter[str], times: int) -> None:
    """Fail unless one signed in, or none where so many tried that all have to wait."""
    assert ends["done"] == 1 if times < TRIES_MAX else ends["done"] <= 1
    assert ends["FactorRefused"] < 2 * TRIES_MAX  # a right one forgives those counted before it
    assert ends.keys() <= {"done", "FactorRefused", "TooManyTries"}
    told = count_kinds()
    assert told.get("customer.signed_in", 0) == told.get("customer.proved", 0) == ends["done"]


def test_of_many_guesses_at_once_five_are_looked_at_at_most() -> None:
    add_app(make_person(CUSTOMER))
    given = give_password()

    ends = race(*[partial(finish, "000000", given)] * MANY)

    assert ends["FactorRefused"] <= TRIES_MAX
    assert ends["FactorRefused"] + ends["TooManyTries"] == MANY


def test_an_app_s_step_asked_for_at_once_is_over_after_its_tries() -> None:
    key, _ = begin_awaiting(CUSTOMER, PasswordGiven("a" * 32, "mark"), now=NOW)
    taken = list[Awaited | None]()

    was_awaited = is_awaiting(key)
    ends = race(*[lambda: taken.append(take_try(key, CUSTOMER, now=NOW))] * MANY)

    assert (was_awaited, is_awaiting(key)) == (True, False)
    awaited = [each for each in taken if each is not None]
    assert ends == {"done": MANY}
    assert len(awaited) == signed_in.HALF_TRIES_MAX
    assert len([each for each in awaited if each.challenge]) == 1


def test_a_challenge_of_the_site_is_taken_by_one_of_many_at_once() -> None:
    session = SessionStore()
    signed_in.begin(session, CUSTOMER, SignedIn("a" * 32, "m"), device="Firefox", now=NOW)
    session.create()
    key = key_of(session)
    renewed = renew_challenge(key, now=NOW)
    taken = list[bytes | None]()

    ends = race(*[lambda: taken.append(take_challenge_once(SessionStore(key), now=NOW))] * MANY)

    assert ends == {"done": MANY}
    assert [each for each in taken if each is not None] == [renewed]


def test_who_has_no_session_takes_no_challenge_and_one_that_is_over_keeps_none() -> None:
    assert key_of(SessionStore()) == ""
    assert take_challenge_once(SessionStore(), now=NOW) is None
    assert take_challenge_once(SessionStore("x" * 32), now=NOW) is None
    assert renew_challenge("x" * 32, now=NOW)
    assert not Session.objects.exists()


@each_kind
def test_one_app_is_added_by_many_at_once(kind: LoginKind) -> None:
    person = make_person(kind)
    secret = new_secret()
    add = partial(
        actions.add_app,
        kind=kind,
        public_id=person,
        secret=secret,
        code=code_of(secret),
        now=NOW,
    )

    ends = race(*[add] * MANY)

    assert ends == {"done": 1, "AppThere": MANY - 1}
    assert Totp.objects.count() == 1
    assert count_kinds()[f"{kind}.factor_added"] == 1


@each_kind
def test_ten_passkeys_are_added_by_many_at_once(kind: LoginKind) -> None:
    person = make_person(kind)

    ends = race(*[partial(add_passkey, person, kind)] * MANY)

    assert ends == {"done": PASSKEYS_MAX, "TooManyPasskeys": MANY - PASSKEYS_MAX}
    assert Passkey.objects.count() == PASSKEYS_MAX


def test_the_same_passkey_is_added_once() -> None:
    person, key = make_person(CUSTOMER), new_key()

    ends = race(*[partial(add_passkey, person, CUSTOMER, key)] * MANY)

    assert ends == {"done": 1, "PasskeyThere": MANY - 1}


def test_the_same_answer_of_a_passkey_proves_once() -> None:
    person = make_person(CUSTOMER)
    key = add_passkey(person)
    answer = PasskeyAnswer(key.sign(CHALLENGE), CHALLENGE)
    given = give_password()
    prove = partial(
        actions.finish_sign_in, kind=CUSTOMER, given=given, proof=answer, network=HOME, now=NOW
    )

    ends = race(*[prove] * (TRIES_MAX - 1), before='UPDATE "factors_passkey"')

    assert ends == {"done": 1, "FactorRefused": TRIES_MAX - 2}


def test_the_last_factor_of_a_customer_is_taken_away_once_and_the_codes_with_it() -> None:
    person = make_person(CUSTOMER)
    add_app(person)
    actions.make_recovery_codes(kind=CUSTOMER, public_id=person, now=NOW)

    ends = race(*[partial(actions.remove_app, kind=CUSTOMER, public_id=person, now=NOW)] * MANY)

    assert ends == {"done": 1, "NoSuchFactor": MANY - 1}
    assert not RecoveryCode.objects.exists()
    assert not Login.objects.get(public_id=person).has_second_factor


def test_of_staff_who_take_all_away_at_once_one_stays() -> None:
    person = make_person(STAFF)
    for _ in range(PASSKEYS_MAX):
        add_passkey(person, STAFF)
    numbers = list(Passkey.objects.values_list("pk", flat=True))

    ends = race(
        *(
            partial(actions.remove_passkey, kind=STAFF, public_id=person, number=number, now=NOW)
            for number in numbers * (MANY // PASSKEYS_MAX)
        ),
    )

    assert Passkey.objects.count() == 1
    assert ends["done"] == PASSKEYS_MAX - 1
    assert ends["LastFactor"] >= 1
    assert Login.objects.get(public_id=person).has_second_factor


@each_kind
def test_what_is_added_and_taken_away_at_once_ends_as_the_login_says(kind: LoginKind) -> None:
    person = make_person(kind)
    add_app(person, kind)
    add = partial(add_passkey, person, kind)
    remove = partial(actions.remove_app, kind=kind, public_id=person, now=NOW)
    acts: tuple[Callable[[], object], ...] = (add, remove)

    ends = race(*acts * (MANY // 2))

    has = queries.factors_of(person)
    assert ends["done"] >= PASSKEYS_MAX
    assert (has.passkeys, has.is_any) == (PASSKEYS_MAX, True)
    assert Login.objects.get(public_id=person).has_second_factor


def test_codes_made_at_once_are_ten_in_the_end() -> None:
    person = make_person(CUSTOMER)
    add_app(person)
    make = partial(actions.make_recovery_codes, kind=CUSTOMER, public_id=person, now=NOW)

    ends = race(*[make] * MANY)

    assert ends == {"done": MANY}
    assert RecoveryCode.objects.count() == RECOVERY_CODES


def test_a_short_password_is_never_all_that_signs_in() -> None:
    person = make_person(CUSTOMER)
    add_app(person)
    change = partial(safeguards.change_password, public_id=person, old=PASSWORD, new=SHORT, now=NOW)
    remove = partial(actions.remove_app, kind=CUSTOMER, public_id=person, now=NOW)

    ends = race(change, remove, before='UPDATE "safeguards_login"')

    login = Login.objects.get(public_id=person)
    assert login.has_second_factor or not login.is_password_short
    assert ends["done"] >= 1


def test_sessions_that_are_ended_at_once_end_once_and_are_told_of_once() -> None:
    person = make_person(CUSTOMER)
    for _ in range(3):
        session = SessionStore()
        who = SignedIn(person, "mark")
        signed_in.begin(session, CUSTOMER, who, device="Firefox, Linux", now=NOW)
        session.save()
    here = signed_in.number_of(session)
    end = partial(open_sessions.end_other_sessions, public_id=person, keep=here, now=NOW)

    ends = race(*[end] * MANY)

    assert ends == {"done": MANY}
    assert Session.objects.get().number == here
    assert count_kinds()["customer.sessions_ended"] == 1
