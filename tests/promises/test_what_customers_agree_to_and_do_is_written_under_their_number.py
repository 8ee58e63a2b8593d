"""P2 and P18, clauses account.agreement and account.acts.

"Which edition of this policy you agreed to, when, and the words you saw are written into our ledger
under your random number, and you get a receipt. When a later edition lets us do more with your
data, we show you what changed and ask again before your account serves you further; if you do not
agree, you can take your data with you and close the account."

"When you sign in, give, correct or take out what your account holds, choose another user ID, prove
or replace your e-mail address, get back in by a code or a link, change your password, prove again
who you are, sign yourself out elsewhere, close the account or take that back, invite others to act
in it, let them, offer it or hand it over, when a sign-in of the app ends before its time, when a
second factor is added, taken away, is to go or stays, when a change is taken back by the link in a
letter, when what you may do in another's account is changed, when a code to get back in or to prove
an address is asked for, when a wrong password, second factor or such a code is given for you, and
when all that your account held is erased, that is written into our ledger under your random number,
so that you can see it."
"""

import json
from datetime import date
from pathlib import Path

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.models import Holder
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards.roles import LoginKind
from tests.browser_client import add_app, browser
from tests.edge.site.answering import words_on
from tests.edge.site.published import LONGER, published
from tests.service.accounts.people import AGREED, PASSWORD, make_account, make_customer
from tests.trust.ledger.log import sign_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]


def enter(password: str = PASSWORD) -> Client:
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": password})
    return client


def kinds_of(subject: SubjectId) -> list[str]:
    rows = Entry.objects.filter(subject=subject).order_by("number")
    return list(rows.values_list("kind", flat=True))


def clauses_of(subject: SubjectId) -> dict[str, list[str]]:
    """Return the kinds of entries about somebody by the clause that each rests on."""
    found: dict[str, list[str]] = {}
    for entry in ledger.list_about(subject).entries[::-1]:
        found.setdefault(entry.clause, []).append(entry.kind)
    return found


def test_the_agreement_has_a_receipt_with_edition_moment_and_words() -> None:
    opened = make_account()
    client = enter()
    sign_log(now=timezone.now())

    receipt = json.loads(client.get("/account/agreement/").content)

    assert receipt["body"]["subject"] == opened.signed_in.public_id
    assert receipt["body"]["clause"] == "account.agreement"
    assert receipt["body"]["fields"] == {"edition": "2026-01-01", "text": AGREED.text}
    assert receipt["head"]["kind"] == "account.opened"


def test_what_a_customer_does_is_written_under_their_number() -> None:
    subject = make_customer()
    enter("x" * 20)
    client = enter()

    client.post("/account/profile/", {"name": "Alice Reed", "screen_name": ""})
    client.post("/account/close/", {"sure": "yes"})
    safeguards.change_password(
        public_id=subject, old=PASSWORD, new="stones make rivers loud", now=timezone.now()
    )

    assert kinds_of(subject) == [
        "account.opened",
        "customer.refused",
        "customer.signed_in",
        "account.changed",
        "account.renamed",
        "account.closed",
        "customer.password_changed",
    ]


def test_a_customer_sees_what_was_written_of_them_and_nothing_of_others() -> None:
    make_customer()
    make_account("bob", name="Bob Stone", email="bob@mail.example")
    enter("x" * 20)
    client = enter()
    client.post("/account/close/", {"sure": "yes"})
    assert clauses_of(SubjectId(Holder.objects.order_by("pk")[0].subject)) == {
        "account.agreement": ["account.opened"],
        "account.acts": ["customer.refused", "customer.signed_in", "account.closed"],
    }

    page = words_on(client.get("/account/my-data/").content)

    for sentence in (
        "You opened your account and agreed to the policy of 2026-01-01.",
        "A wrong password was given for your user ID, at the sign-in page.",
        "You signed in.",
        "Your account was closed.",
    ):
        assert page.count(sentence) == 1


def test_a_later_edition_that_does_more_is_shown_and_asked_about_before_the_account_serves_on(
    tmp_path: Path,
) -> None:
    subject = make_customer()
    client = enter()
    folder = tmp_path / "beside"
    folder.mkdir()

    with published(folder, (date(2026, 1, 1), ()), (date(2026, 5, 1), (LONGER,))):
        asked = client.get("/account/profile/", follow=True)
        taken = client.post("/account/my-data/file/", {"form": "json"})
        closing = client.get("/account/close/")
        client.post("/account/agree/", {"agree": "2026-05-01"})
        served = client.get("/account/profile/")

    assert "Data is kept longer" in words_on(asked.content)
    assert "Do you agree?" in words_on(asked.content)
    assert b"Alice Quill" in taken.getvalue()
    assert "Close my account" in words_on(closing.content)
    assert "Your profile" in words_on(served.content)
    assert kinds_of(subject)[-2:] == ["policy.agreed", "account.shown"]


def test_factors_proofs_and_ended_sessions_are_written_under_their_number() -> None:
    subject = make_customer()
    here, _elsewhere = enter(), enter()
    here.post("/account/security/sessions/end/")
    secret = add_app(subject, LoginKind.CUSTOMER)
    here.post("/account/prove/", {"code": "000000"})
    here.post("/account/prove/", {"code": pyotp.TOTP(secret).at(timezone.now())})
    here.post("/account/security/remove/", {"app": "yes"})

    assert kinds_of(subject)[3:] == [
        "customer.sessions_ended",
        "customer.factor_added",
        "customer.factor_refused",
        "customer.proved",
        "customer.factor_removed",
    ]
