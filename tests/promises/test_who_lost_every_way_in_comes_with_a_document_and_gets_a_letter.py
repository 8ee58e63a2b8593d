"""P13, clause account.way_back, and CP-43.

"If you lose every way in, come to us with a valid photo ID of a government. One of us who answers
you looks at it and says of which kind it is and that the name on it is yours, and was thirty days
ago; a second one looks too and confirms it. No picture of it and no number on it is kept, and
another name on it stops it for a day. Then a code goes to your e-mail address of record, which has
been yours for thirty days at least, and works once and for a day; with it you choose a new
password, and your second factors end. We tell you of it at once. That it was begun, stopped,
confirmed, declined or used, by whom and with which kind of document, is written into our ledger,
and you can see it; the note by which the code works is erased by the third day."
"""

import re

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts.models import WayBack
from clearline.service.mail.template import Template
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.roles import LoginKind, Role
from tests.browser_client import add_app, browser, hidden, signed_in
from tests.promises.provider import everything, work
from tests.service.accounts.people import NOW
from tests.service.contacts.contacts import DAY, FIRST, confirmed, letters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
VISIT = {"channel": "visit", "reference": "V-7"}
SEEN = {"act": "begin", "document": "passport", "name": "same", "why": "all_lost"}
NEW_PASSWORD = "nine loud badgers dig"
FORBIDDEN, FOUND, SIGNED_IN = 403, 302, "/account/"


@pytest.fixture
def alice(monkeypatch: pytest.MonkeyPatch) -> SubjectId:
    """Return a customer whose address has been hers for forty days."""
    subject = confirmed()
    monkeypatch.setattr(timezone, "now", lambda: NOW + 40 * DAY)
    return subject


def opened(user_id: str, alice: SubjectId) -> Client:
    """Return the browser of one of support who opened Alice at her visit."""
    client = signed_in(user_id, Role.SUPPORT)
    client.post("/staff/customers/", {"term": FIRST})
    client.post(f"/staff/customers/{alice}/open/", VISIT)
    return client


def do(client: Client, alice: SubjectId, **form: str) -> int:
    page = f"/staff/customers/{alice}/"
    seen = hidden(client.get(page).content.decode(), "seen")
    return client.post(f"{page}way-back/", {"seen": seen, **form}).status_code


def let_back_in(alice: SubjectId) -> str:
    dana, sam = opened("dana", alice), opened("sam", alice)
    assert (do(dana, alice, **SEEN), do(sam, alice, act="confirm")) == (FOUND, FOUND)
    ((to, filled),) = letters(Template.WAY_BACK, now=timezone.now())
    assert to == FIRST
    return filled["code"]


def test_one_looks_a_second_confirms_and_a_code_goes_to_the_address_of_record(
    alice: SubjectId,
) -> None:
    dana = opened("dana", alice)

    begun = do(dana, alice, **SEEN)
    own = do(dana, alice, act="confirm")
    before = letters(Template.WAY_BACK, now=timezone.now())
    confirmed_by_sam = do(opened("sam", alice), alice, act="confirm")

    assert (begun, own, before, confirmed_by_sam) == (FOUND, FORBIDDEN, [], FOUND)
    assert [to for to, _ in letters(Template.WAY_BACK, now=timezone.now())] == [FIRST]


def test_the_page_takes_no_picture_and_asks_for_no_number(alice: SubjectId) -> None:
    page = opened("dana", alice).get(f"/staff/customers/{alice}/").content.decode()

    form = page.partition("/way-back/")[2].partition("</form>")[0]
    assert set(re.findall(r'<input\b[^>]*\bname="([^"]+)"', form)) == {"why", "document", "name"}
    assert set(re.findall(r'<input\b[^>]*\btype="([^"]+)"', form)) == {"radio"}


def test_another_name_stops_it_for_a_day(alice: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = do(opened("dana", alice), alice, **SEEN | {"name": "other"})
    again = do(opened("sam", alice), alice, **SEEN)
    tomorrow = timezone.now() + DAY
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)

    assert (stopped, again) == (FORBIDDEN, FORBIDDEN)
    assert do(opened("lee", alice), alice, **SEEN) == FOUND


def test_by_the_code_a_new_password_is_chosen_and_second_factors_end(alice: SubjectId) -> None:
    add_app(alice, LoginKind.CUSTOMER)
    code = let_back_in(alice)
    form = {"code": code, "password": NEW_PASSWORD}

    assert code.replace("-", "") not in everything()
    assert browser().post("/account/way-back/", form).status_code == 200
    assert browser().post("/account/way-back/", form).status_code == 422
    signed = browser().post("/account/sign-in/", {"user_id": "alice", "password": NEW_PASSWORD})
    assert signed["Location"] == SIGNED_IN


def test_she_is_told_at_once_sees_who_did_it_and_the_note_is_gone_by_the_third_day(
    alice: SubjectId,
) -> None:
    code = let_back_in(alice)
    work(timezone.now())
    told = letters(Template.CHANGE_NOTICE, now=timezone.now())
    client = browser()
    client.post("/account/way-back/", {"code": code, "password": NEW_PASSWORD})
    client.post("/account/sign-in/", {"user_id": "alice", "password": NEW_PASSWORD})
    work(timezone.now())

    page = client.get("/account/my-data/").content.decode()

    assert {to for to, _ in told} == {FIRST}
    assert "showed a passport as yours" in page
    assert "A second one of us saw a passport" in page
    assert "You got back in after a visit" in page
    assert page.casefold().count("someone who works here, staff number") >= 2
    assert Entry.objects.filter(kind__startswith="way_back.", subject=alice).count() == 3
    work(timezone.now() + 2 * DAY)
    assert not WayBack.objects.exists()
