"""Customers' ways in: the same rules as for the staff, under names that never meet theirs."""

from datetime import datetime, timedelta

import pytest

from clearline.policy.vocabulary import SubjectId
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions, queries, signed_in, staff_logins
from clearline.trust.safeguards.actions import SignedIn, SignInRefused
from clearline.trust.safeguards.models import Login, Session, SignInAttempt
from clearline.trust.safeguards.roles import LoginKind, Role
from clearline.trust.safeguards.sessions import SessionStore
from clearline.trust.safeguards.signed_in import SPANS
from tests.trust.safeguards.test_sign_in import HOME, NEW_PASSWORD, NOW, OPERATOR, PASSWORD

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def alice() -> SubjectId:
    actions.ask_to_keep_customers(NOW)
    login = actions.new_login(LoginKind.CUSTOMER, user_id="alice", password=PASSWORD, now=NOW)
    return actions.add_customer(login)


def enter(password: str = PASSWORD, kind: LoginKind = LoginKind.CUSTOMER) -> SignedIn:
    found = actions.sign_in(kind=kind, user_id="alice", password=password, network=HOME, now=NOW)
    assert isinstance(found, SignedIn)
    return found


def kinds_of(subject: SubjectId) -> list[str]:
    rows = Entry.objects.filter(subject=subject).order_by("number")
    return list(rows.values_list("kind", flat=True))


def test_a_customer_signs_in_as_a_customer_alone(alice: SubjectId) -> None:
    assert enter().public_id == alice

    with pytest.raises(SignInRefused):
        enter(kind=LoginKind.STAFF)


def test_a_customer_is_found_by_the_whole_user_id_and_the_staff_by_none(alice: SubjectId) -> None:
    staff_logins.create_staff(
        by=OPERATOR, user_id="dana", password=PASSWORD, roles=[Role.SUPPORT], now=NOW
    )

    assert queries.find_customer(queries.name_index(" ALICE ", LoginKind.CUSTOMER)) == alice
    assert queries.find_customer(queries.name_index("alic", LoginKind.CUSTOMER)) is None
    assert queries.find_customer(queries.name_index("dana", LoginKind.CUSTOMER)) is None


def test_who_is_here_without_a_way_in_gets_one_under_their_own_number() -> None:
    login = actions.new_login(LoginKind.CUSTOMER, user_id="alice", password=PASSWORD, now=NOW)

    assert actions.add_customer(login, SubjectId("e" * 32)) == "e" * 32

    assert enter().public_id == "e" * 32


def test_what_a_customer_does_is_noted_under_their_number(alice: SubjectId) -> None:
    with pytest.raises(SignInRefused):
        enter("wrong")
    enter()
    with pytest.raises(SignInRefused):
        actions.change_password(public_id=alice, old="wrong", new=NEW_PASSWORD, now=NOW)
    actions.change_password(public_id=alice, old=PASSWORD, new=NEW_PASSWORD, now=NOW)

    assert kinds_of(alice) == [
        "customer.refused",
        "customer.signed_in",
        "customer.refused",
        "customer.password_changed",
    ]


def test_a_link_of_the_demo_signs_a_customer_in(alice: SubjectId) -> None:
    signed = actions.sign_in_by_link(kind=LoginKind.CUSTOMER, user_id="alice", now=NOW)

    assert signed.public_id == alice


def test_a_new_password_ends_what_was_signed_in_by_the_old_one(alice: SubjectId) -> None:
    old = enter()
    assert queries.find_signed_in_customer(alice, old.password_mark) == alice

    actions.change_password(public_id=alice, old=PASSWORD, new=NEW_PASSWORD, now=NOW)

    assert queries.find_signed_in_customer(alice, old.password_mark) is None
    assert queries.find_signed_in_customer(SubjectId("0" * 32), old.password_mark) is None


def test_an_erased_customer_leaves_no_way_in_and_no_attempts(alice: SubjectId) -> None:
    enter()

    actions.remove_customer(alice)
    actions.remove_customer(alice)

    assert not Login.objects.exists()
    assert not SignInAttempt.objects.exists()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> SessionStore:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    store = SessionStore()
    who = SignedIn("a" * 32, "mark")
    signed_in.begin(store, LoginKind.CUSTOMER, who, device="Firefox on Linux", now=NOW)
    return store


def found(session: SessionStore, now: datetime, kind: LoginKind = LoginKind.CUSTOMER) -> bool:
    return signed_in.find(session, kind, now=now) is not None


def test_a_session_is_of_one_kind_and_the_other_kind_leaves_it_alone(session: SessionStore) -> None:
    assert not found(session, NOW, LoginKind.STAFF)
    assert signed_in.find(session, LoginKind.CUSTOMER, now=NOW) == SignedIn("a" * 32, "mark")
    assert not found(SessionStore(), NOW)


def test_a_session_ends_without_a_request_and_in_the_end_always(session: SessionStore) -> None:
    span = SPANS[LoginKind.CUSTOMER]
    now = NOW
    while now + span.idle <= NOW + span.whole:
        now += span.idle
        assert found(session, now)
        signed_in.note_seen(session, now=now)

    assert not found(session, now + MINUTE)
    assert not Session.objects.exists()


def test_a_request_is_remembered_once_a_minute(session: SessionStore) -> None:
    before = session["seen_at"]

    signed_in.note_seen(session, now=NOW + MINUTE / 2)
    within = session["seen_at"]
    signed_in.note_seen(session, now=NOW + MINUTE)

    assert within == before
    assert session["seen_at"] == before + 60


def test_a_session_without_a_request_for_an_hour_is_over(session: SessionStore) -> None:
    assert not found(session, NOW + SPANS[LoginKind.CUSTOMER].idle + MINUTE)
    assert not found(session, NOW)
