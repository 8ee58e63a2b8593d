"""Sessions: a copy of the database opens none of them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.db import connection
from django.utils import timezone

from clearline.trust.safeguards import signed_in
from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.sessions import KEYS_TRIED_MAX, SessionStore, erase_expired_sessions


def make_session(**contents: str) -> SessionStore:
    session = SessionStore()
    for name, value in contents.items():
        session[name] = value
    session.create()
    return session


@pytest.mark.django_db
def test_what_is_put_in_comes_out() -> None:
    session = make_session(login="a" * 32)

    assert SessionStore(session.session_key)["login"] == "a" * 32


@pytest.mark.django_db
def test_the_table_holds_neither_key_nor_contents() -> None:
    session = make_session(login="a" * 32)

    row = Session.objects.get()

    assert session.session_key is not None
    assert session.session_key not in row.key_hash
    assert b"login" not in bytes(row.contents_sealed)


@pytest.mark.django_db
def test_contents_moved_to_another_session_stay_shut() -> None:
    dana, olu = make_session(login="dana"), make_session(login="olu")
    stolen = Session.objects.exclude(
        key_hash=Session.objects.order_by("key_hash").first().key_hash  # type: ignore[union-attr]  # two were made
    ).get()

    Session.objects.exclude(pk=stolen.pk).update(contents_sealed=stolen.contents_sealed)

    told = {SessionStore(each.session_key).get("login") for each in (dana, olu)}
    assert None in told


@pytest.mark.django_db
def test_a_session_that_is_over_is_empty_and_erased() -> None:
    session = make_session(login="dana")
    Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert SessionStore(session.session_key).get("login") is None
    assert erase_expired_sessions(now=timezone.now()) == 1


@pytest.mark.django_db
def test_a_deleted_session_cannot_be_saved_again() -> None:
    session = make_session(login="dana")
    session.delete()
    session["login"] = "dana"

    with pytest.raises(UpdateError):
        session.save()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 8, "../../etc/passwd", "\x00" * 40])
def test_a_made_up_key_opens_nothing(key: str) -> None:
    assert SessionStore(key).get("login") is None


@pytest.mark.django_db
def test_a_new_session_is_kept_under_a_key_when_it_is_saved_and_changed_under_the_same() -> None:
    session = SessionStore()
    session["login"] = "dana"

    session.save()
    key = session.session_key
    session["login"] = "olu"
    session.save()

    assert session.session_key == key
    assert SessionStore(key)["login"] == "olu"
    assert Session.objects.count() == 1


@pytest.mark.django_db
def test_deleting_a_session_that_was_never_kept_deletes_no_other() -> None:
    session = make_session(login="dana")

    SessionStore().delete()

    assert SessionStore(session.session_key)["login"] == "dana"


def others_first(times: int) -> Callable[..., object]:
    """Let somebody else take the key that was found free, so many times."""
    left = [times]

    def execute_twice(
        execute: Callable[..., object], sql: str, params: object, many: object, context: object
    ) -> object:
        if sql.startswith("INSERT") and left[0]:
            left[0] -= 1
            execute(sql, params, many, context)
        return execute(sql, params, many, context)

    return execute_twice


@pytest.mark.django_db
def test_a_key_that_another_session_takes_in_the_same_moment_is_left_to_it() -> None:
    with connection.execute_wrapper(others_first(1)):
        session = make_session(login="dana")

    assert SessionStore(session.session_key)["login"] == "dana"
    assert Session.objects.count() == 1


@pytest.mark.django_db
def test_where_every_key_is_taken_no_session_is_made_and_none_is_opened() -> None:
    with (
        connection.execute_wrapper(others_first(KEYS_TRIED_MAX)),
        pytest.raises(CreateError, match="no free session key"),
    ):
        make_session(login="dana")

    assert Session.objects.count() == 0


@pytest.mark.django_db
def test_a_session_remembers_the_last_answers_that_were_given_in_it() -> None:
    session = make_session(login="a" * 32)

    for number in range(signed_in.SAID_MAX + 1):
        signed_in.note_answer(session, f"{number:032x}")

    assert not signed_in.has_said(session, f"{0:032x}")
    assert signed_in.has_said(session, f"{1:032x}")
    assert signed_in.has_said(session, f"{signed_in.SAID_MAX:032x}")
