"""P13, clauses account.login, account.left_id and account.session.

"For our services you need an account, with a user ID, which we keep only as a keyed code, and a
password, which we keep only as a hash. Both are kept as long as what the account holds."

"You may choose another user ID. The one before stays kept as a keyed code for ninety days, or until
what the account holds is erased, so that nobody else can take it and be taken for you."

"While you are signed in, a cookie on your device and a sealed note with us say who you are, since
when and on what kind of device. Only you are shown where you are signed in, and may end it there.
You are signed out after a day at the latest, and what is left of both is erased by the second day."
"""

import hashlib
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.retention import Retention
from clearline.trust.safeguards.models import LeftUserId, Login, Session, SignInAttempt
from tests.browser_client import browser
from tests.promises.provider import Clock, everything, work
from tests.service.accounts.people import PASSWORD, make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
DAY = timedelta(days=1)


def test_user_id_and_password_stand_nowhere_but_as_a_code_and_a_hash() -> None:
    make_customer("Alice.Quill")
    browser().post("/account/sign-in/", {"user_id": "alice.quill", "password": PASSWORD})

    kept = everything().casefold()

    for word in ("alice.quill", PASSWORD):
        assert word not in kept
        assert hashlib.sha256(word.encode()).hexdigest() not in kept
    assert Login.objects.get().password.startswith("argon2$")


def test_both_are_kept_while_the_account_is_open_and_go_with_what_it_holds() -> None:
    make_customer()
    work(timezone.now() + timedelta(days=5_000))
    assert Login.objects.exists()

    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    client.post("/account/close/", {"sure": "yes"})
    closed_at = timezone.now()
    work(closed_at + timedelta(days=29))
    before = Login.objects.count()
    work(Retention.from_text("30 days").end(closed_at) + DAY)

    assert before == 1
    assert not Login.objects.exists()
    assert not SignInAttempt.objects.exists()


def test_a_cookie_and_a_sealed_note_say_who_is_signed_in_and_end_after_a_day(clock: Clock) -> None:
    subject = make_customer()
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    cookie = client.cookies["sessionid"]

    (note,) = Session.objects.all()
    assert subject.encode() not in bytes(note.contents_sealed)
    assert cookie.value not in everything()
    assert int(cookie["max-age"]) <= DAY.total_seconds()
    assert note.expires_at <= clock.now + DAY
    for _ in range(30):
        clock.now += timedelta(minutes=50)
        client.get("/account/")
    assert client.get("/account/").status_code == 302


def test_what_is_left_of_both_is_erased_by_the_second_day(clock: Clock) -> None:
    make_customer()
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    assert Session.objects.count() == 1

    work(clock.now + 2 * DAY)

    assert not Session.objects.exists()


FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


def enter(**headers: str) -> Client:
    client = browser(**headers)
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    return client


def test_only_the_holder_is_shown_where_they_are_signed_in_and_ends_it_there() -> None:
    make_customer()
    make_customer("bob")
    here, elsewhere = enter(), enter(**{"user-agent": FIREFOX})
    bob = browser()
    bob.post("/account/sign-in/", {"user_id": "bob", "password": PASSWORD})

    page = here.get("/account/security/").content.decode()
    assert "Firefox, Windows" in page
    assert "Firefox" not in bob.get("/account/security/").content.decode()
    assert "Firefox" not in everything()
    here.post("/account/security/sessions/end/")

    assert elsewhere.get("/account/").status_code == 302
    assert here.get("/account/").status_code == bob.get("/account/").status_code == 200


def test_another_one_is_chosen_and_the_one_before_is_nobody_elses_for_ninety_days(
    clock: Clock,
) -> None:
    subject = make_customer()
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    wrong = client.post("/account/user-id/", {"user_id": "a b"})
    assert wrong.status_code == 422

    chosen = client.post("/account/user-id/", {"user_id": "alice.q"}, follow=True)

    assert "Your new user ID is set" in chosen.content.decode()
    assert client.get("/account/").status_code == 200
    for user_id, status in (("alice", 403), ("alice.q", 302)):
        form = {"user_id": user_id, "password": PASSWORD}
        assert browser().post("/account/sign-in/", form).status_code == status
    kept = LeftUserId.objects.get()
    assert kept.subject == subject
    assert "alice.q" not in everything().casefold()
    clock.now += 90 * DAY
    work(clock.now)
    assert not LeftUserId.objects.exists()


def test_choosing_another_one_asks_for_a_fresh_proof(clock: Clock) -> None:
    make_customer()
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    clock.now += timedelta(minutes=16)

    led = client.post("/account/user-id/", {"user_id": "alice.q"})

    assert led["Location"].startswith("/account/prove/")
    assert not LeftUserId.objects.exists()
