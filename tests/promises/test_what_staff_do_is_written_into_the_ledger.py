"""P18, clause staff.acts.

"When staff sign in, change their password, add or take away a second factor, prove again who they
are, sign themselves out elsewhere, take figures out as a file, bring in a list of customers or take
one back, or are refused a page or a use of data, and when a wrong password or second factor is
given for their user ID, that is written into our ledger under their random number, so that access
to personal data can be traced. One page refused to one person again and again is written down a
hundred times an hour at most. A user ID that nobody has is only counted, as above."
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from clearline.kit.columnstore.client import ColumnStore
from clearline.policy.retention import Retention
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.models import SignInAttempt
from clearline.trust.safeguards.roles import LoginKind, Role
from clearline.trust.safeguards.sessions import SessionStore
from tests.browser_client import PASSWORD, browser, make_staff, signed_in
from tests.promises.provider import Provider, everything, work
from tests.reach.visitors.conftest import without
from tests.trust.ledger.conftest import policy_log as log
from tests.trust.ledger.log import sign_log

__all__ = ["log", "without"]

pytestmark = pytest.mark.django_db
OF_BEFORE = ("edition.published", "staff.created")
THREE_YEARS, DAY = Retention.from_text("3 years"), timedelta(days=1)
FILE = {"from": "2026-10-01", "to": "2026-10-30", "format": "csv"}


def told(kind: str) -> dict[str, Any]:
    """Return what the one entry of a kind says."""
    entry = Entry.objects.get(kind=kind)
    sign_log(now=entry.at)
    return dict(ledger.receipt(entry.public_id)["body"])


def change_password(dana: Client) -> int:
    form = {"old": PASSWORD, "new": "nine slow boats", "again": "nine slow boats"}
    return dana.post("/staff/password/", form).status_code


@pytest.mark.usefixtures("instance")
def test_signing_in_and_a_changed_password_are_written_under_the_random_number() -> None:
    dana = signed_in("dana", Role.MARKETER)
    number = dana.session["login"]

    assert change_password(dana) == 200

    for kind in ("staff.signed_in", "staff.password_changed"):
        assert told(kind)["fields"] == {"login": number}
        assert told(kind)["clause"] == "staff.acts"


def test_figures_taken_as_a_file_are_written_under_the_random_number(provider: Provider) -> None:
    assert provider.load(timezone.now()) == []
    dana = signed_in("dana", Role.MARKETER)

    assert dana.post("/staff/visitors/export/", FILE).status_code == 200

    assert told("report.exported")["fields"]["by"] == f"staff:{dana.session['login']}"


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_refused_page_is_written_under_the_random_number(method: str) -> None:
    olu = signed_in("olu", Role.ADMINISTRATOR)
    dana = signed_in("dana", Role.MARKETER)
    of_olu = f"/staff/people/{olu.session['login']}/set/"
    before = set(Entry.objects.values_list("pk", flat=True))

    assert getattr(dana, method)(of_olu).status_code == 403

    assert Entry.objects.exclude(pk__in=before).count() == 1
    entry = told("staff.refused")
    assert entry["clause"] == "staff.acts"
    assert entry["fields"] == {
        "login": dana.session["login"],
        "page": "staff_person_set",  # of whom, is not for this entry to say
    }


@pytest.mark.usefixtures("instance")
def test_one_page_refused_again_and_again_is_written_a_hundred_times_and_others_still() -> None:
    dana = signed_in("dana", Role.MARKETER)

    for _ in range(105):
        dana.get("/staff/people/")
    dana.get("/staff/ledger/")

    assert Entry.objects.filter(kind="staff.refused").count() == 101


@pytest.mark.usefixtures("instance")
def test_a_wrong_password_is_written_under_the_number_of_its_user_id() -> None:
    number = make_staff("dana", Role.MARKETER)

    wrong = {"user_id": "dana", "password": "x" * 20}
    assert browser().post("/staff/sign-in/", wrong).status_code == 403

    assert told("staff.refused")["fields"] == {"login": number, "page": "staff_sign_in"}


@pytest.mark.usefixtures("instance")
def test_second_factors_proofs_and_ended_sessions_are_written_under_the_random_number() -> None:
    dana = signed_in("dana", Role.MARKETER)
    number = dana.session["login"]
    dana.post("/staff/prove/", {"code": "000000"})
    dana.post("/staff/security/recovery/")
    begin_elsewhere(number)
    dana.post("/staff/security/sessions/end/")

    added = Entry.objects.filter(kind="staff.factor_added").order_by("number")
    assert added.count() == 2  # the app by which she signed in, and ten codes
    assert told("staff.proved")["fields"] == {"login": number, "factor": "app"}
    assert told("staff.factor_refused")["fields"] == {"login": number, "page": "staff_prove"}
    assert told("staff.sessions_ended")["fields"] == {"login": number, "count": 1}


def begin_elsewhere(number: str) -> None:
    session = SessionStore()
    sessions.begin(session, LoginKind.STAFF, SignedIn(number, ""), device="", now=timezone.now())
    session.save()


@pytest.mark.usefixtures("instance")
def test_a_user_id_that_nobody_has_is_only_counted() -> None:
    nobody = {"user_id": "nobody", "password": "x" * 20}

    assert browser().post("/staff/sign-in/", nobody).status_code == 403

    assert not Entry.objects.exists()
    assert SignInAttempt.objects.count() == 1


def test_a_refused_use_of_data_is_written_under_the_random_number(
    without: Callable[[str], None], column_store: ColumnStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    without("visits.measure")
    monkeypatch.setattr(ColumnStore, "of_instance", lambda _: column_store)
    dana = signed_in("dana", Role.MARKETER)

    dana.get("/staff/visitors/")

    fields = told("use.denied")["fields"]
    assert fields["by"] == f"staff:{dana.session['login']}"
    assert "user.device.cookie_id" in fields["categories"]


@pytest.mark.usefixtures("instance")
def test_what_staff_may_do_is_done_without_an_entry() -> None:
    dana = signed_in("dana", Role.MARKETER)
    before = Entry.objects.count()

    for path in ("/staff/", "/staff/password/", "/design/"):
        assert dana.get(path).status_code == 200

    assert Entry.objects.count() == before


@pytest.mark.usefixtures("instance")
def test_it_can_be_read_for_three_years_and_then_no_more() -> None:
    dana = signed_in("dana", Role.MARKETER)
    change_password(dana)
    dana.get("/staff/people/")
    acts = Entry.objects.exclude(kind__in=OF_BEFORE).order_by("at")
    kinds = [entry.kind for entry in acts]
    number = dana.session["login"]
    first, last = (THREE_YEARS.end(each.at) for each in (acts[0], acts[len(kinds) - 1]))
    assert kinds == [
        *("staff.factor_added", "staff.proved", "staff.signed_in"),
        *("staff.password_changed", "staff.refused"),
    ]

    work(first - DAY)
    before = acts.filter(key_wrapped__isnull=False).count()
    work(last)

    assert before == 5
    assert not acts.exclude(key_wrapped=None, body_sealed=b"").exists()
    assert number not in [each.subject for each in acts]


@pytest.mark.usefixtures("instance")
def test_no_entry_says_a_name() -> None:
    signed_in("dana.miller", Role.MARKETER).get("/staff/people/")

    assert all("miller" not in str(told(kind)) for kind in ("staff.signed_in", "staff.refused"))
    assert "miller" not in everything()
