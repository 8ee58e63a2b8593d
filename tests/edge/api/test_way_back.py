"""Who lost every way in sets a new password by the app too, with the letter after their visit."""

import pytest
from django.utils import timezone

from clearline.trust.ledger.models import Entry
from tests.edge.api.app import App, Said
from tests.service.accounts.people import PASSWORD
from tests.service.contacts.contacts import LATER, confirmed
from tests.service.contacts.test_way_back import NEW_PASSWORD, code_for, make_staff
from tests.trust.factors.people import add_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the code of the letter to somebody who has an app that shows codes, and lost it."""
    alice = confirmed()
    add_app(alice)
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    return code_for(alice, make_staff("sam"), make_staff("dana"))


def come_back(code: str, **told: str) -> Said:
    return App().ask("POST", "way-back", {"code": code, "password": NEW_PASSWORD, **told})


def sign_in(password: str, user_id: str = "alice") -> Said:
    return App().ask("POST", "sign-in", {"user_id": user_id, "password": password})


def test_the_code_of_the_letter_sets_a_password_once_and_ends_the_second_factor(code: str) -> None:
    assert sign_in(PASSWORD).status == 202

    said = come_back(code.lower().replace("-", " "))
    again = come_back(code)

    assert (said.status, said.told) == (200, {"next": "sign_in"})
    assert (again.status, again.told["code"]) == (422, "way_back_over")
    assert (sign_in(PASSWORD).status, sign_in(NEW_PASSWORD).status) == (403, 200)
    assert Entry.objects.filter(kind="way_back.used").count() == 1


def test_a_new_user_id_may_be_chosen_and_the_code_outlasts_what_was_refused(code: str) -> None:
    refused = (come_back(code, password="short"), come_back(code, user_id="x"))

    assert [each.status for each in refused] == [422, 422]
    assert come_back(code, user_id="alice.anew").status == 200
    assert sign_in(NEW_PASSWORD, "alice.anew").status == 200


@pytest.mark.parametrize("code", ["", "AAAAA-AAAAA-AAAAA-AAAAA", "\0", "9" * 60])
def test_another_code_opens_nothing(code: str) -> None:
    assert come_back(code).told["code"] == "way_back_over"
