"""Where somebody is signed in: shown to them alone, and ended by them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import open_sessions, queries, signed_in
from clearline.trust.safeguards.actions import PasswordGiven, SignedIn
from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.sessions import (
    Awaited,
    SessionStore,
    begin_awaiting,
    end_awaiting,
    take_try,
)
from tests.trust.factors.people import CUSTOMER, PASSWORD, STAFF, make_person
from tests.trust.ledger.log import count_kinds

each_kind = pytest.mark.parametrize("kind", [STAFF, CUSTOMER])
DEVICES = ("Firefox, Windows", "Safari, iOS", "")


def begin(kind: LoginKind, person: str, device: str = DEVICES[0]) -> SessionStore:
    session = SessionStore()
    signed_in.begin(session, kind, SignedIn(person, "mark"), device=device, now=timezone.now())
    session.save()
    return session


def shown_to(kind: LoginKind, person: str) -> tuple[open_sessions.OwnSession, ...]:
    now = timezone.now()
    return open_sessions.show_sessions(
        kind=kind, public_id=person, seen_after=now - timedelta(hours=1), now=now
    )


@pytest.mark.django_db
@each_kind
def test_somebody_sees_on_what_devices_they_are_signed_in(kind: LoginKind) -> None:
    person = make_person(kind)
    here = [begin(kind, person, device) for device in DEVICES]
    begin(kind, "f" * 32)

    told = shown_to(kind, person)

    assert {each.device for each in told} == set(DEVICES)
    assert {each.number for each in told} == {signed_in.number_of(each) for each in here}


@pytest.mark.django_db
def test_who_is_signed_in_nowhere_sees_nothing() -> None:
    person = make_person(CUSTOMER)

    assert shown_to(CUSTOMER, person) == ()


@pytest.mark.django_db
def test_the_table_tells_neither_who_nor_on_what_device() -> None:
    person = make_person(CUSTOMER)
    begin(CUSTOMER, person)

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM safeguards_session")
        rows = str(cursor.fetchall())

    assert "Firefox" not in rows
    assert person not in rows


@pytest.mark.django_db
def test_a_session_whose_key_is_gone_is_not_shown() -> None:
    person = make_person(CUSTOMER)
    begin(CUSTOMER, person)
    Session.objects.update(contents_sealed=b"x" * 40)

    assert shown_to(CUSTOMER, person) == ()


@pytest.mark.django_db
@each_kind
def test_one_session_is_ended_and_then_all_but_one(kind: LoginKind) -> None:
    person = make_person(kind)
    here, *others = [begin(kind, person) for _ in range(4)]
    stranger = begin(kind, "f" * 32)
    now = timezone.now()

    number = signed_in.number_of(others[0])
    open_sessions.end_session(public_id=person, number=number, now=now)
    left = Session.objects.count()
    keep = signed_in.number_of(here)
    open_sessions.end_other_sessions(public_id=person, keep=keep, now=now)
    open_sessions.end_other_sessions(public_id=person, keep=keep, now=now)

    assert left == 4
    assert {each.number for each in shown_to(kind, person)} == {keep}
    assert SessionStore(stranger.session_key).get("login")
    word = "customer" if kind is CUSTOMER else "staff"
    assert count_kinds()[f"{word}.sessions_ended"] == 2


@pytest.mark.django_db
def test_a_new_password_ends_every_session() -> None:
    person = make_person(CUSTOMER)
    begin(CUSTOMER, person)

    safeguards.change_password(
        public_id=person, old=PASSWORD, new="stones make rivers loud", now=timezone.now()
    )

    assert not Session.objects.exists()


def begin_half(person: str = "a" * 32) -> SessionStore:
    session = SessionStore()
    signed_in.begin_half(session, CUSTOMER, PasswordGiven(person, "mark"), now=timezone.now())
    session.save()
    return session


@pytest.mark.django_db
def test_half_a_sign_in_is_no_sign_in_and_lasts_five_minutes() -> None:
    session, now = begin_half(), timezone.now()
    (row,) = Session.objects.all()

    assert signed_in.find(session, CUSTOMER, now=now) is None
    assert signed_in.find_half(session, STAFF, now=now) is None
    assert signed_in.find_half(session, CUSTOMER, now=now) == PasswordGiven("a" * 32, "mark")
    assert row.login_index is None
    assert row.expires_at <= now + timedelta(minutes=5)
    later = now + timedelta(minutes=5)
    assert signed_in.find_half(session, CUSTOMER, now=later) is None
    assert signed_in.find_half(session, CUSTOMER, now=now) is None


@pytest.mark.django_db
def test_after_five_wrong_factors_the_password_is_asked_again() -> None:
    session, now = begin_half(), timezone.now()

    for _ in range(signed_in.HALF_TRIES_MAX):
        assert signed_in.find_half(session, CUSTOMER, now=now)
        signed_in.note_half_try(session)

    assert signed_in.find_half(session, CUSTOMER, now=now) is None


@pytest.mark.django_db
def test_an_app_s_second_step_has_five_tries_and_the_first_takes_the_challenge() -> None:
    given, now = PasswordGiven("a" * 32, "mark"), timezone.now()
    key, challenge = begin_awaiting(CUSTOMER, given, now=now)

    of_another_kind = take_try(key, STAFF, now=now)
    tries = [take_try(key, CUSTOMER, now=now) for _ in range(signed_in.HALF_TRIES_MAX + 1)]

    assert of_another_kind is None
    assert tries[0] == Awaited(given, challenge)
    assert tries[1:-1] == [Awaited(given, None)] * (signed_in.HALF_TRIES_MAX - 1)
    assert tries[-1] is None
    assert not Session.objects.exists()


@pytest.mark.django_db
def test_an_app_s_second_step_ends_when_it_was_taken_or_after_five_minutes() -> None:
    given, now = PasswordGiven("a" * 32, "mark"), timezone.now()
    (first, _), (second, _) = (begin_awaiting(CUSTOMER, given, now=now) for _ in range(2))

    end_awaiting(first)

    assert take_try(first, CUSTOMER, now=now) is None
    assert take_try(second, CUSTOMER, now=now + timedelta(minutes=5)) is None


@pytest.mark.django_db
def test_a_challenge_is_taken_once_within_five_minutes() -> None:
    session, now = SessionStore(), timezone.now()

    first = signed_in.new_challenge(session, now=now)
    second = signed_in.new_challenge(session, now=now)
    taken = [signed_in.take_challenge(session, now=now) for _ in range(2)]
    signed_in.new_challenge(session, now=now)

    assert first != second
    assert taken == [second, None]
    assert signed_in.take_challenge(session, now=now + timedelta(minutes=5)) is None


@pytest.mark.django_db
def test_who_signed_in_has_proved_it_for_a_quarter_of_an_hour() -> None:
    session, now = begin(CUSTOMER, make_person(CUSTOMER)), timezone.now()
    later = now + timedelta(minutes=15)

    assert signed_in.is_stepped_up(session, now=now)
    assert not signed_in.is_stepped_up(session, now=later)
    signed_in.note_stepped_up(session, now=later)
    assert signed_in.is_stepped_up(session, now=later)


@pytest.mark.django_db
def test_signing_in_is_no_proof_anew_and_proving_again_is() -> None:
    session, now = begin(CUSTOMER, make_person(CUSTOMER)), timezone.now()

    assert not signed_in.has_proved_anew(session)
    signed_in.note_stepped_up(session, now=now)
    assert signed_in.has_proved_anew(session)


@pytest.mark.django_db
def test_whom_a_link_of_the_demo_signed_in_need_not_prove_it_again() -> None:
    session, later = begin(CUSTOMER, make_person(CUSTOMER)), timezone.now() + timedelta(hours=1)

    signed_in.note_by_link(session)

    assert signed_in.is_stepped_up(session, now=later)
    assert signed_in.has_proved_anew(session)


@pytest.mark.django_db
def test_the_secret_that_an_app_was_shown_is_remembered_until_it_is_not() -> None:
    session = SessionStore()

    assert signed_in.find_secret(session) == ""
    signed_in.keep_secret(session, "abc")
    assert signed_in.find_secret(session) == "abc"


@pytest.mark.django_db
def test_a_form_waits_once_for_the_proof_of_who_sent_it() -> None:
    session = SessionStore()

    assert signed_in.take_form(session) == ("", "")
    signed_in.hold_form(session, "/account/close/", "a=b")
    assert signed_in.take_form(session) == ("/account/close/", "a=b")
    assert signed_in.take_form(session) == ("", "")


@pytest.mark.django_db
@each_kind
def test_a_session_says_as_what_somebody_signed_in_and_whether_by_a_link(kind: LoginKind) -> None:
    session = begin(kind, make_person(kind))

    assert signed_in.kind_here(SessionStore()) is None
    assert signed_in.kind_here(session) is kind
    assert not signed_in.is_by_link(session)
    signed_in.note_by_link(session)
    assert signed_in.is_by_link(session)


@pytest.mark.django_db
@each_kind
def test_a_session_is_whose_it_is_until_its_time_is_over(kind: LoginKind) -> None:
    person, now = make_person(kind), timezone.now()
    session = begin(kind, person)
    other = CUSTOMER if kind is STAFF else STAFF

    assert signed_in.find(session, other, now=now) is None
    assert signed_in.find(session, kind, now=now) == SignedIn(person, "mark")
    signed_in.note_seen(session, now=now)
    signed_in.note_seen(session, now=now + timedelta(minutes=20))
    assert signed_in.find(session, kind, now=now + timedelta(minutes=40))
    assert signed_in.find(session, kind, now=now + timedelta(days=2)) is None
    assert signed_in.find(session, kind, now=now) is None


@pytest.mark.django_db
def test_a_customer_is_found_by_the_mark_of_the_password_alone() -> None:
    person = make_person(CUSTOMER)
    found = safeguards.sign_in(
        kind=CUSTOMER, user_id="dana", password=PASSWORD, network="", now=timezone.now()
    )

    assert queries.find_signed_in_customer(person, found.password_mark) == person
    assert queries.find_signed_in_customer(person, "another") is None
