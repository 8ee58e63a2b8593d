"""Sessions: a copy of the database opens none of them."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.utils import timezone

from clearline.trust.safeguards.models import Session
from clearline.trust.safeguards.sessions import SessionStore, erase_expired_sessions


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
