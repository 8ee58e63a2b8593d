"""P18, clause staff.login.

"Who works for us signs in by a user ID, kept only as a keyed code, and a password, kept only as a
hash. Both, and their roles, are kept while the way in is open and six years after; the note of who
gave or changed them, six years."
"""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from clearline.policy.retention import Retention
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.models import Login, StaffRole
from clearline.trust.safeguards.roles import Role
from tests.browser_client import PASSWORD, browser, decide_roles, signed_in
from tests.promises.provider import everything, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
SIX_YEARS, DAY = Retention.from_text("6 years"), timedelta(days=1)


def give_way_in(olu: Client, user_id: str = "Dana.Miller") -> Login:
    """Let Olu, an administrator, give someone a way in on the page of people; Ina confirms it."""
    ina = signed_in(f"ina.{Login.objects.count()}", Role.ADMINISTRATOR)
    known = set(Login.objects.values_list("pk", flat=True))
    form = {"user_id": user_id, "password": PASSWORD, "role": ["marketer"]}
    assert olu.post("/staff/people/", form).status_code == 302
    login = Login.objects.exclude(pk__in=known).get()
    assert decide_roles(ina, login.public_id, "confirm") == 302
    return login


def close(olu: Client, login: Login) -> datetime:
    form = {"role": ["marketer"], "is_active": "no"}
    assert olu.post(f"/staff/people/{login.public_id}/set/", form).status_code == 302
    login.refresh_from_db()
    assert login.closed_at is not None
    return login.closed_at


def test_user_id_and_password_stand_nowhere_but_as_a_code_and_a_hash() -> None:
    dana = give_way_in(signed_in("olu", Role.ADMINISTRATOR))
    browser().post("/staff/sign-in/", {"user_id": "dana.miller", "password": PASSWORD})

    kept = everything().casefold()

    for word in ("dana", "miller", PASSWORD):
        assert word not in kept
    assert dana.password.startswith("argon2$")
    plain = {hashlib.sha256(word.encode()).digest() for word in ("dana.miller", "Dana.Miller")}
    assert bytes(dana.name_index) not in plain
    assert list(dana.roles.values_list("role", flat=True)) == ["marketer"]


def test_the_code_of_a_user_id_is_keyed() -> None:
    olu = signed_in("olu", Role.ADMINISTRATOR)
    first = give_way_in(olu)
    Path(settings.ENV.instance, "keys", "index").write_text("ab" * 32)

    second = give_way_in(olu)

    assert bytes(first.name_index) != bytes(second.name_index)


def test_they_are_kept_while_the_way_in_is_open() -> None:
    dana = give_way_in(signed_in("olu", Role.ADMINISTRATOR))

    work(dana.created_at.replace(year=dana.created_at.year + 40))

    assert Login.objects.filter(pk=dana.pk, roles__role="marketer").exists()


def test_they_are_kept_six_years_after_the_way_in_is_closed_and_then_gone() -> None:
    olu = signed_in("olu", Role.ADMINISTRATOR)
    dana = give_way_in(olu)
    gone_at = SIX_YEARS.end(close(olu, dana))

    work(gone_at - DAY)
    before = Login.objects.filter(pk=dana.pk).exists()
    work(gone_at)

    assert before
    assert not Login.objects.filter(pk=dana.pk).exists()
    assert set(StaffRole.objects.values_list("role", flat=True)) == {"administrator"}
    assert bytes(dana.name_index).hex() not in everything()
    assert dana.password not in everything()


def test_the_note_of_who_gave_or_changed_them_can_be_read_six_years_and_then_no_more() -> None:
    olu = signed_in("olu", Role.ADMINISTRATOR)
    dana = give_way_in(olu)
    close(olu, dana)
    notes = Entry.objects.filter(kind__in=["staff.created", "staff.roles_changed"])
    first, last = (SIX_YEARS.end(notes.order_by(by)[0].at) for by in ("at", "-at"))
    assert notes.count() == 5  # three ways in, Dana's role, and the end of hers

    work(first - DAY)
    before = readable()
    work(last)

    assert before == 5
    assert readable() == 0


def readable() -> int:
    kinds = ["staff.created", "staff.roles_changed"]
    kept = Entry.objects.filter(kind__in=kinds, key_wrapped__isnull=False).exclude(body_sealed=b"")
    return kept.count()
