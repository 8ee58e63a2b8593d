"""P12 and P14, clauses account.holder, account.age, account.screen_name and account.show.

"To keep your account we ask your name and your e-mail address, and give the account a number. They
are sealed under a key of your own, kept while the account is open and thirty days after you close
it, and then that key is destroyed; until then you may take the closing back, and it is told like
any change of your account. When you close it you are told an address at which the proof of the
erasure stands from then on, which says nothing of you but the random number that stood for you in
our ledger. A name that you change is kept, sealed, for thirty days more, so that nobody gets in at
our desk by a document with a name that they wrote there themselves."

"We ask in which range your age lies, never your birth date. Under 13 nobody can open an account,
and nothing typed is kept; from 13 to 15 an account begins with no to everything that needs a yes.
You may correct the range: from 13 to 15 the same is no from then on, and who is older keeps each no
until they choose anew. Who turns out to be under 13 can keep no account: it closes for good, and is
erased thirty days later. Each is told like any change: if it was not you who said it, the link in
that letter opens a closed account again and lets us forget that age; each no stays until you choose
anew, and we ask you the range again before the account serves you on. Only a letter whose link
works at once says why it closed. Where you had confirmed no address that such a letter could go to,
you may correct that age yourself until the account is erased, and keep the account."

"If you like, you give a name for us to call you by. It is kept like your name."

"We show you what your account holds of you when you ask, also as a file to take with you, and note
in our ledger that it was opened, for whom and why."
"""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.retention import Retention
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.models import Account, EmailAddress, Holder, Member
from clearline.service.mail.template import Template
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.models import Entry
from clearline.trust.vault.models import PersonKey
from tests.browser_client import browser
from tests.promises.provider import answer, device, everything, work
from tests.service.accounts.people import PASSWORD, make_account
from tests.service.contacts.contacts import key_in, letters, tell
from tests.trust.ledger.log import sign_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
DAY = timedelta(days=1)
VERIFIER = Path(__file__).parents[2] / "docs" / "verify_receipt.py"
TYPED = {
    "age": "18_or_over",
    "name": "Zyx Wvutsrq",
    "email": "ponmlkj@ihgfedc.example",
    "screen_name": "Qwertyuiop",
}


def signed_in() -> Client:
    make_account(name=TYPED["name"], email=TYPED["email"], screen_name=TYPED["screen_name"])
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    return client


def test_name_address_number_and_screen_name_stand_nowhere_in_clear() -> None:
    client = signed_in()
    page = client.get("/account/profile/").content.decode()
    number = page.partition("<code>")[2].partition("</code>")[0]

    kept = everything().casefold()

    assert len(number) == 10
    for word in (*TYPED.values(), number):
        assert word.casefold() not in kept


def test_they_are_kept_while_open_and_thirty_days_after_closing_and_then_the_key_is_gone() -> None:
    signed_in()
    work(timezone.now() + timedelta(days=5_000))
    assert Holder.objects.exists()

    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    client.post("/account/close/", {"sure": "yes"})
    closed_at = timezone.now()
    work(closed_at + timedelta(days=29))
    before = Holder.objects.count()
    work(Retention.from_text("30 days").end(closed_at) + DAY)

    assert before == 1
    for model in (Holder, EmailAddress, Account, Member):
        assert not model.objects.exists()
    assert PersonKey.objects.get().key_wrapped is None
    assert Entry.objects.filter(kind="account.erased").count() == 1


def test_at_closing_an_address_is_told_at_which_the_proof_of_the_erasure_stands_then(
    tmp_path: Path,
) -> None:
    client = signed_in()
    subject = Holder.objects.get().subject
    closed = client.post("/account/close/", {"sure": "yes"}, follow=True).content.decode()
    (path,) = set(re.findall(r"/privacy/receipt/[0-9a-f]{32}/", closed))

    early = browser().get(path)
    erased_at = Retention.from_text("30 days").end(timezone.now()) + DAY
    work(erased_at)
    sign_log(now=erased_at)
    given = browser().get(path)

    assert early.status_code == 409
    assert "Nothing was erased yet" in early.content.decode()
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(given.content)
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(receipt), ledger.vkey()]
    proved = subprocess.run(command, capture_output=True, text=True, check=False)
    assert proved.returncode == 0, proved.stderr
    assert '"kind": "account.erased"' in proved.stdout
    body = json.loads(given.content)["body"]
    assert (body["subject"], body["fields"]) == (subject, {})
    assert not any(word in given.content.decode() for word in TYPED.values())


def test_until_then_the_closing_may_be_taken_back() -> None:
    client = signed_in()
    client.post("/account/close/", {"sure": "yes"})
    assert "This account is closed." in client.get("/account/").content.decode()

    client.post("/account/close/", {"reopen": "yes"})
    work(timezone.now() + timedelta(days=40))

    assert "This account is closed." not in client.get("/account/").content.decode()
    assert Holder.objects.count() == 1


@pytest.mark.parametrize(
    ("page", "told"), [("close", {"sure": "yes"}), ("age", {"age": "under_13", "sure": "yes"})]
)
def test_it_is_told_like_any_change_and_the_link_in_that_letter_opens_the_account_again(
    page: str, told: dict[str, str]
) -> None:
    client = signed_in()
    EmailAddress.objects.update(added_at=timezone.now() - DAY, confirmed_at=timezone.now() - DAY)

    client.post(f"/account/{page}/", told)
    tell(now=timezone.now())
    ((to, words),) = letters(Template.CLOSING_NOTICE, now=timezone.now())

    assert to == TYPED["email"]
    browser().post("/account/not-me/", {"key": key_in(words["link"])})
    holder = Holder.objects.get()
    assert (holder.closed_at, holder.is_final, holder.age_range is None) == (
        None,
        False,
        page == "age",
    )


def test_only_the_range_of_an_age_is_asked_and_under_13_nothing_is_kept() -> None:
    client = browser()
    page = client.get("/account/join/").content.decode()
    assert 'type="date"' not in page
    assert page.count('type="radio"') == len(AgeRange)

    refused = client.post("/account/join/", {**TYPED, "step": "age", "age": "under_13"})

    assert refused.status_code == 403
    kept = everything().casefold()
    assert all(word.casefold() not in kept for word in (TYPED["name"], TYPED["email"]))
    assert not Entry.objects.exists()


@pytest.mark.parametrize("form", ["accept", "notice"], indirect=True)
def test_from_13_to_15_no_browser_is_recognised_by_what_was_said_in_it_before() -> None:
    make_account(age=AgeRange.FROM_13_TO_15)
    client = browser()
    answer(client, "accept")
    before = device(client)

    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    client.get("/rates/")

    assert before is not None
    assert device(client) is None


@pytest.mark.parametrize("form", ["accept", "notice"], indirect=True)
def test_who_is_13_to_15_after_all_is_recognised_no_longer() -> None:
    client = signed_in()
    answer(client, "accept")
    before = device(client)

    client.post("/account/age/", {"age": "13_to_15"})
    client.get("/rates/")

    assert before is not None
    assert device(client) is None


def test_what_is_shown_is_noted_with_for_whom_and_why() -> None:
    client = signed_in()

    page = client.get("/account/profile/").content.decode()

    for word in (TYPED["name"], TYPED["email"], TYPED["screen_name"], "18 or over"):
        assert word in page
    entry = Entry.objects.get(kind="account.shown")
    sign_log(now=entry.at)
    told = ledger.receipt(entry.public_id)["body"]
    subject = Holder.objects.get().subject
    assert told["clause"] == "account.show"
    assert told["subject"] == subject


def test_it_is_given_as_a_file_too_and_that_is_noted() -> None:
    client = signed_in()

    given = client.post("/account/my-data/file/", {"form": "json"})
    told = json.loads(given.getvalue())

    values = [value for each in told["held"] for value in each["values"] or ()]
    for word in (TYPED["name"], TYPED["email"], TYPED["screen_name"], TYPED["age"]):
        assert word in values
    assert told["lines"][0]["kind"] == "data.exported"
    entry = Entry.objects.get(kind="data.exported")
    sign_log(now=entry.at)
    assert ledger.receipt(entry.public_id)["body"]["clause"] == "account.show"


def test_the_range_is_corrected_and_under_13_the_account_closes_for_good() -> None:
    """KD-01: duties start with actual knowledge."""
    client = signed_in()
    EmailAddress.objects.update(added_at=timezone.now() - DAY, confirmed_at=timezone.now() - DAY)
    assert client.post("/account/age/", {"age": "old"}).status_code == 422

    client.post("/account/age/", {"age": "13_to_15"})

    assert "13 to 15" in client.get("/account/profile/").content.decode()
    asked = client.post("/account/age/", {"age": "under_13"}).content.decode()
    assert "Under 13 nobody can keep an account" in asked
    assert "You cannot take that back here" in asked
    assert Holder.objects.get().closed_at is None
    client.post("/account/age/", {"age": "under_13", "sure": "yes"})
    page = client.get("/account/").content.decode()
    assert "It stays closed" in page
    assert "Keep my account" not in page
    assert "correct the age" not in page
    assert client.post("/account/close/", {"reopen": "yes"}).status_code == 403
    assert client.post("/account/age/", {"age": "18_or_over"}).status_code == 422
    work(timezone.now() + timedelta(days=31))
    assert not Holder.objects.exists()


def test_where_no_letter_with_a_link_could_go_the_age_is_corrected_and_the_account_kept() -> None:
    """Whoever has a session can say it, and nobody else is told."""
    client = signed_in()
    asked = client.post("/account/age/", {"age": "under_13"}).content.decode()
    client.post("/account/age/", {"age": "under_13", "sure": "yes"})

    closed = client.get("/account/").content.decode()
    kept = client.post("/account/close/", {"reopen": "yes"})
    client.post("/account/age/", {"age": "18_or_over"})
    corrected = client.get("/account/").content.decode()
    client.post("/account/close/", {"reopen": "yes"})

    assert "You cannot take that back here" not in asked
    assert "correct the age" in closed
    assert "Keep my account" not in closed
    assert kept.status_code == 403
    assert "Keep my account" in corrected
    assert Holder.objects.get().closed_at is None
