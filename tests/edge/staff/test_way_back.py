"""At a visit support lets back in who lost every way in; a second one looks too and confirms."""

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.mail.template import Template
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, hidden, signed_in
from tests.edge.site.answering import words_on
from tests.service.accounts.people import NOW, PASSWORD
from tests.service.contacts.contacts import DAY, confirmed, letters

pytestmark = pytest.mark.django_db
DESK, PAGE = "/staff/customers/", "/account/way-back/"
VISIT = {"channel": "visit", "reference": "V-7"}
SEEN = {"act": "begin", "document": "passport", "name": "same", "why": "all_lost"}
NAME = "Alice Quill"
NEW_PASSWORD = "nine loud badgers dig"


@pytest.fixture
def alice(monkeypatch: pytest.MonkeyPatch) -> SubjectId:
    """Return a customer whose address has been hers for forty days."""
    subject = confirmed()
    monkeypatch.setattr(timezone, "now", lambda: NOW + 40 * DAY)
    return subject


@pytest.fixture
def dana(alice: SubjectId) -> Client:
    assert alice
    return signed_in("dana", Role.SUPPORT)


@pytest.fixture
def sam(alice: SubjectId) -> Client:
    assert alice
    return signed_in("sam", Role.SUPPORT)


def open_alice(client: Client, alice: SubjectId, contact: dict[str, str] = VISIT) -> str:
    client.post(DESK, {"term": "alice"})
    client.post(f"{DESK}{alice}/open/", contact)
    return f"{DESK}{alice}/"


def page_of(client: Client, page: str) -> str:
    return client.get(page).content.decode()


def code_of_letter() -> str:
    return letters(Template.WAY_BACK, now=timezone.now())[-1][1]["code"]


def test_two_of_support_let_a_customer_back_in_who_then_chooses_a_password(
    dana: Client, sam: Client, alice: SubjectId
) -> None:
    page = open_alice(dana, alice)
    open_alice(sam, alice)

    begun = dana.post(f"{page}way-back/", SEEN, follow=True).content.decode()
    asked = page_of(sam, page)
    form = {"act": "confirm", "seen": hidden(asked, "seen")}
    done = sam.post(f"{page}way-back/", form, follow=True).content.decode()

    assert "Now a colleague of support" in words_on(begun.encode())
    assert "I saw it too" not in begun
    assert "saw a passport" in words_on(asked.encode())
    assert f"its name is “{NAME}”" in words_on(asked.encode())
    assert "The letter is on its way" in done
    code = code_of_letter()
    assert code not in done
    customer = browser()
    answer = customer.post(PAGE, {"code": code, "password": NEW_PASSWORD})
    assert "Your new password is set" in answer.content.decode()
    for password, status in ((PASSWORD, 403), (NEW_PASSWORD, 302)):
        form = {"user_id": "alice", "password": password}
        assert browser().post("/account/sign-in/", form).status_code == status


def test_the_link_of_the_letter_brings_the_code_and_changes_nothing_by_itself(
    dana: Client, sam: Client, alice: SubjectId
) -> None:
    page = open_alice(dana, alice)
    open_alice(sam, alice)
    dana.post(f"{page}way-back/", SEEN)
    form = {"act": "confirm", "seen": hidden(page_of(sam, page), "seen")}
    sam.post(f"{page}way-back/", form)
    code = code_of_letter()

    shown = browser().get(f"{PAGE}?code={code}").content.decode()
    wrong = browser().post(PAGE, {"code": code, "password": "short"})

    assert hidden(shown, "code") == code
    assert NAME not in shown
    assert wrong.status_code == 422
    assert hidden(wrong.content.decode(), "code") == code
    assert not Entry.objects.filter(kind="way_back.used").exists()


@pytest.mark.parametrize("code", ["", "AAAAA-AAAAA-AAAAA-AAAAA", "x" * 5000, "\x00"])
def test_a_code_of_no_letter_is_told_beside_the_field(code: str) -> None:
    answer = browser().post(PAGE, {"code": code, "password": NEW_PASSWORD})

    assert answer.status_code == 422
    assert "This code works no longer, or never did" in answer.content.decode()


def test_another_name_on_the_document_blocks_it_for_everybody(
    dana: Client, sam: Client, alice: SubjectId
) -> None:
    page = open_alice(dana, alice)
    open_alice(sam, alice)

    blocked = dana.post(f"{page}way-back/", SEEN | {"name": "other"})
    again = sam.post(f"{page}way-back/", SEEN)

    for answer in (blocked, again):
        assert answer.status_code == 403
        assert "The name on the document is not the customer" in words_on(answer.content)
    assert "nobody can begin this" in words_on(page_of(sam, page).encode())


def test_after_a_new_name_the_document_is_compared_with_the_one_of_before(
    dana: Client, sam: Client, alice: SubjectId
) -> None:
    """Who renamed the holder and comes with a document of their own is not helped by it."""
    by, now = Actor(ActorKind.SUBJECT, alice), timezone.now()
    accounts.change_names(by=by, subject=alice, name="Mallory Pike", screen_name="", now=now)
    page = open_alice(dana, alice)
    open_alice(sam, alice)

    asked = page_of(dana, page)
    dana.post(f"{page}way-back/", SEEN)
    waits = page_of(sam, page)

    assert "The name was changed within thirty days" in asked
    assert f"Is the name on it “{NAME}”?" in words_on(asked.encode())
    assert f"its name is “{NAME}”" in words_on(waits.encode())


def test_what_is_missing_is_told_and_what_was_said_stays(dana: Client, alice: SubjectId) -> None:
    page = open_alice(dana, alice)

    answer = dana.post(f"{page}way-back/", {"act": "begin", "document": "passport"})

    told = answer.content.decode()
    assert answer.status_code == 422
    assert "Say what they have lost." in told
    assert 'value="passport" checked' in told


def test_on_the_telephone_and_for_others_than_support_there_is_no_way_back(
    dana: Client, alice: SubjectId
) -> None:
    page = open_alice(dana, alice, {"channel": "call", "reference": "C-1"})
    bea = signed_in("bea", Role.BILLING)
    open_alice(bea, alice)

    called = dana.post(f"{page}way-back/", SEEN)

    assert called.status_code == 403
    assert "comes to us with a photo ID" in words_on(called.content)
    assert "They lost every way in" not in page_of(bea, page)
    assert bea.post(f"{page}way-back/", SEEN).status_code == 403
    assert not Entry.objects.filter(kind__startswith="way_back.").exists()


def test_who_has_not_opened_the_customer_confirms_nothing(
    dana: Client, sam: Client, alice: SubjectId
) -> None:
    page = open_alice(dana, alice)
    dana.post(f"{page}way-back/", SEEN)
    form = {"act": "confirm", "seen": hidden(page_of(dana, page), "seen")}

    unopened = sam.post(f"{page}way-back/", form)
    own = dana.post(f"{page}way-back/", form)
    back = dana.post(f"{page}way-back/", form | {"act": "decline"})

    assert (unopened.status_code, own.status_code, back.status_code) == (404, 403, 302)
    assert "You began this yourself" in own.content.decode()
    assert Entry.objects.filter(kind="way_back.declined").count() == 1
    assert letters(Template.WAY_BACK, now=timezone.now()) == []
