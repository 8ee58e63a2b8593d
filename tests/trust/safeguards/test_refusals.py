"""What was refused to somebody of the staff stands in the ledger, and nobody fills it by that."""

import pytest

from clearline.trust.ledger.body import parse_body
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import open_words
from clearline.trust.safeguards import actions, staff_logins
from clearline.trust.safeguards.actions import SignInRefused
from clearline.trust.safeguards.refused_pages import (
    REFUSED_PAGES,
    REFUSED_PAGES_MAX,
    note_refused_page,
)
from clearline.trust.safeguards.roles import Role
from tests.reach.visitors.conftest import without
from tests.trust.ledger.conftest import policy_log as log
from tests.trust.ledger.log import count_kinds
from tests.trust.safeguards.test_sign_in import (
    NEW_PASSWORD,
    NOW,
    OPERATOR,
    PASSWORD,
    make_dana,
    try_in,
)

__all__ = ["log", "without"]


def read_refused() -> object:
    """Return what the only refusal in the ledger says."""
    row = Entry.objects.get(kind="staff.refused")
    return parse_body(open_words(row, sealer())[1])["fields"]


@pytest.mark.django_db
def test_a_wrong_password_stands_in_the_ledger_under_the_number_of_who_owns_the_user_id() -> None:
    public_id = make_dana()
    with pytest.raises(SignInRefused):
        try_in("wrong")

    told = read_refused()

    assert told == {"login": public_id, "page": "staff_sign_in"}


@pytest.mark.django_db
def test_a_wrong_old_password_stands_in_the_ledger() -> None:
    public_id = make_dana()

    with pytest.raises(SignInRefused):
        actions.change_password(public_id=public_id, old="wrong", new=NEW_PASSWORD, now=NOW)

    assert read_refused() == {"login": public_id, "page": "staff_password"}


@pytest.mark.django_db
def test_a_page_that_was_not_open_to_somebody_is_written_down_by_its_name() -> None:
    public_id = make_dana()

    note_refused_page(public_id=public_id, page="staff.list", now=NOW)

    row = Entry.objects.get(kind="staff.refused")
    told = parse_body(open_words(row, sealer())[1])
    assert told["fields"] == {"login": public_id, "page": "staff.list"}
    assert told["clause"] == "staff.acts"


@pytest.mark.django_db
def test_somebody_who_opens_refused_pages_without_end_does_not_fill_the_ledger() -> None:
    public_id, other = make_dana(), "f" * 32

    for _ in range(REFUSED_PAGES_MAX + 10):
        note_refused_page(public_id=public_id, page="staff.list", now=NOW)
    note_refused_page(public_id=other, page="staff.list", now=NOW)
    note_refused_page(public_id=public_id, page="staff.list", now=NOW + REFUSED_PAGES.window)

    assert count_kinds()["staff.refused"] == REFUSED_PAGES_MAX + 2


@pytest.mark.django_db
def test_tries_at_a_way_in_that_was_taken_back_stand_in_the_ledger() -> None:
    public_id = make_dana()
    staff_logins.create_staff(
        by=OPERATOR, user_id="olu", password=PASSWORD, roles=[Role.ADMINISTRATOR], now=NOW
    )
    staff_logins.set_staff(
        by=OPERATOR, public_id=public_id, roles=[Role.MARKETER], is_active=False, now=NOW
    )

    with pytest.raises(SignInRefused, match="user ID or password is wrong"):
        try_in()

    assert read_refused() == {"login": public_id, "page": "staff_sign_in"}
