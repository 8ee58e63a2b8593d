"""P13 and P18, clauses account.factor and staff.factor.

"If you like, you add a second thing to sign in with: a passkey of a device of yours, or an app that
shows codes. Of a passkey we keep its number, its public key and the name that you give it, of an
app the secret that it shares with us, all sealed under your own key, and ten codes for the day you
lose both, only as hashes. They go when you take them away, and at the latest with what the account
holds."

"Staff sign in by a second thing beside the password: a passkey of a device, or an app that shows
codes. Of a passkey we keep its number, its public key and the name that its owner gives it, of an
app the secret that it shares with us, all sealed under a key of their own, and ten codes for the
day both are lost, only as hashes. They go when they are taken away, and at the latest with the way
in."
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from clearline.policy.retention import Retention
from clearline.trust.factors.models import Passkey, RecoveryCode, Totp
from clearline.trust.safeguards.models import Login
from clearline.trust.safeguards.roles import LoginKind, Role
from clearline.trust.vault.models import PersonKey
from tests.browser_client import PASSWORD, add_app, browser, make_staff, signed_in
from tests.promises.provider import everything, work
from tests.service.accounts.people import PASSWORD as OWN_PASSWORD
from tests.service.accounts.people import make_customer
from tests.trust.factors.people import add_passkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
CUSTOMER, STAFF = LoginKind.CUSTOMER, LoginKind.STAFF
DAY = timedelta(days=1)


def left() -> list[int]:
    return [rows.count() for rows in (Passkey.objects, Totp.objects, RecoveryCode.objects)]


@pytest.mark.parametrize("kind", [CUSTOMER, STAFF])
def test_secrets_names_and_codes_stand_nowhere_in_clear(kind: LoginKind) -> None:
    person = make_customer() if kind is CUSTOMER else make_staff("dana", Role.MARKETER)
    secret = add_app(person, kind)
    key = add_passkey(person, kind, name="Zyxwvut")
    door = "account" if kind is CUSTOMER else "staff"
    client = browser()
    code = {"user_id": "alice", "password": OWN_PASSWORD}
    if kind is STAFF:
        code = {"user_id": "dana", "password": PASSWORD}
    assert "/second/" in client.post(f"/{door}/sign-in/", code)["Location"]

    kept = everything()

    assert secret not in kept
    assert "Zyxwvut" not in kept
    assert key.number.hex() not in kept
    assert left() == [1, 1, 0]


def test_recovery_codes_are_shown_once_and_kept_as_hashes() -> None:
    dana = signed_in("dana", Role.MARKETER)

    codes = dana.post("/staff/security/recovery/").context["codes"]

    kept = everything()
    assert len(codes) == 10
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert not any(code in dana.get("/staff/security/recovery/").content.decode() for code in codes)


def test_without_a_second_thing_no_page_of_the_console_opens_but_where_it_is_added() -> None:
    make_staff("dana", Role.MARKETER)
    client = browser()
    client.post("/staff/sign-in/", {"user_id": "dana", "password": PASSWORD})

    for path in ("/staff/", "/staff/visitors/", "/design/"):
        assert client.get(path)["Location"] == "/staff/security/second/"
    assert "Add a passkey" in client.get("/staff/security/second/").content.decode()
    assert client.get("/staff/security/app/").status_code == 200


def test_they_go_when_they_are_taken_away() -> None:
    alice = make_customer()
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": OWN_PASSWORD})
    add_app(alice, CUSTOMER)
    client.post("/account/security/recovery/")
    assert left() == [0, 1, 10]

    client.post("/account/security/remove/", {"app": "yes"})

    assert left() == [0, 0, 0]


def test_they_go_at_the_latest_with_what_the_account_holds() -> None:
    alice = make_customer()
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": OWN_PASSWORD})
    add_app(alice, CUSTOMER)
    add_passkey(alice)
    client.post("/account/close/", {"sure": "yes"})

    work(Retention.from_text("30 days").end(timezone.now()) + DAY)

    assert left() == [0, 0, 0]


def test_those_of_staff_go_at_the_latest_with_the_way_in() -> None:
    olu = signed_in("olu", Role.ADMINISTRATOR)
    dana = make_staff("dana", Role.MARKETER)
    add_app(dana)
    form = {"role": ["marketer"], "is_active": "no"}
    olu.post(f"/staff/people/{dana}/set/", form)

    work(Retention.from_text("6 years").end(timezone.now()) + DAY)

    assert not Login.objects.filter(public_id=dana).exists()
    assert left() == [0, 1, 0]  # Olu's
    assert PersonKey.objects.get(subject=dana).key_wrapped is None
