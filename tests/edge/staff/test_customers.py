"""The pages of the desk: what is asked, what is shown, and what nobody else learns."""

import re
from datetime import date, timedelta

import pyotp
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.accounts.actions import AgreedTo
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.age_correction import correct_age
from clearline.service.desk import actions as desk
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.roles import Role
from tests.browser_client import add_app, browser, give_both, make_staff, signed_in
from tests.edge.site.answering import words_on
from tests.service.accounts.people import make_account, make_customer

pytestmark = pytest.mark.django_db
DESK = "/staff/customers/"
REASON = {"channel": "call", "reference": "C-1042"}
OF_ALICE = ("Alice Quill", "alice@mail.example", "Al Q")


@pytest.fixture
def alice() -> SubjectId:
    return SubjectId(make_account(screen_name="Al Q").signed_in.public_id)


@pytest.fixture
def dana() -> Client:
    return signed_in("dana", Role.SUPPORT)


def find(client: Client, term: str = "alice") -> str:
    """Look for a customer and return the address that one is led to."""
    answer = client.post(DESK, {"term": term})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def open_found(client: Client) -> str:
    page = find(client)
    answer = client.post(f"{page}open/", REASON)
    assert (answer.status_code, answer["Location"]) == (302, page)
    return page


def test_who_is_found_alone_is_led_to_and_asked_for_with_a_reason(
    dana: Client, alice: SubjectId
) -> None:
    page = find(dana)

    asked = dana.get(page)

    assert page == f"{DESK}{alice}/"
    assert "At which contact?" in asked.content.decode()
    assert not [word for word in OF_ALICE if word in asked.content.decode()]


def test_several_are_told_apart_by_nothing_that_is_sealed(dana: Client, alice: SubjectId) -> None:
    bob = make_customer("bob")
    by = Actor(ActorKind.SUBJECT, bob)
    accounts.close_account(by=by, subject=bob, now=timezone.now())

    page = dana.get(find(dana, "alice@mail.example")).content.decode()

    assert page.count("Customer since") == 2
    assert page.count("closing") == 1
    assert f"{DESK}{alice}/" in page
    assert not [word for word in OF_ALICE if word in page]


def test_who_is_found_by_what_was_never_proved_is_told_so_beside_the_hit(
    dana: Client, alice: SubjectId
) -> None:
    alone = dana.get(find(dana, "alice@mail.example")).content.decode()
    by_user_id = dana.get(find(dana, "alice")).content.decode()
    make_customer("bob")
    both = dana.get(find(dana, "alice@mail.example")).content.decode()

    assert "Not proved." in alone
    assert "Not proved." not in by_user_id
    assert both.count(">not proved<") == 2
    page = f"{DESK}{alice}/"
    dana.post(f"{page}open/", REASON)
    assert "never proved to be theirs" in dana.get(page).content.decode()


def test_nobody_found_is_said_and_what_was_typed_stands_in_no_address(dana: Client) -> None:
    place = find(dana, "nobody@mail.example")

    assert place == f"{DESK}?searched=yes"
    assert "Nobody has exactly this" in dana.get(place).content.decode()


def test_what_can_be_nothing_and_what_is_too_often_are_told_beside_the_field(
    dana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = dana.post(DESK, {"term": "two words"})
    monkeypatch.setattr(desk, "SEARCHES_MAX", 0)
    often = dana.post(DESK, {"term": "alice"})

    assert (wrong.status_code, often.status_code) == (422, 429)
    assert 'value="two words"' in wrong.content.decode()
    assert "within an hour" in often.content.decode()


def test_what_is_open_is_shown_counted_down_and_hidden_in_time(
    dana: Client, alice: SubjectId
) -> None:
    answer = dana.get(open_found(dana))

    page = answer.content.decode()
    assert all(word in page for word in OF_ALICE)
    assert "within 15 minutes" in page
    assert re.search(r'class="until-shut stack wide m14 s[45]0"', page)
    assert answer["Cache-Control"] == "private, no-store"
    assert alice in page


def test_the_first_page_lists_who_is_open_and_shuts_them(dana: Client, alice: SubjectId) -> None:
    page = open_found(dana)
    before = dana.get(DESK)

    closed = dana.post(f"{page}shut/", follow=True)

    assert "Alice Quill" in before.content.decode()
    assert "Shut." in closed.content.decode()
    assert "Alice Quill" not in closed.content.decode()
    assert dana.get(page).status_code == 404
    assert alice


def prove_again(client: Client) -> None:
    """Prove in the session, as the page does once a factor was right."""
    session = client.session
    sessions.note_stepped_up(session, now=timezone.now())
    session.save()


def test_keeping_it_open_asks_again_who_it_is(
    dana: Client, alice: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AS-04: after a quarter of an hour a proof, before what is a customer's stays open."""
    page, now = open_found(dana), timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=15))

    assert dana.post(f"{page}keep/")["Location"] == "/staff/prove/"


def test_a_contact_that_goes_on_keeps_it_open_up_to_an_hour(
    dana: Client, alice: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, now = open_found(dana), timezone.now()

    for minutes in (14, 28, 42):
        monkeypatch.setattr(timezone, "now", lambda at=minutes: now + timedelta(minutes=at))
        prove_again(dana)
        assert dana.post(f"{page}keep/")["Location"] == page
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=50))
    prove_again(dana)
    longer = dana.post(f"{page}keep/")

    assert longer.status_code == 409
    assert "an hour at most" in longer.content.decode()
    assert "Alice Quill" in longer.content.decode()
    assert alice


def test_who_signed_in_longer_ago_proves_again_who_they_are_before_anything_opens(
    alice: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam, secret = browser(), add_app(make_staff("sam", Role.SUPPORT))
    give_both(sam, "sam", secret)
    later = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr(timezone, "now", lambda: later)
    page = find(sam)

    asked = sam.post(f"{page}open/", REASON)
    shut = sam.get(page).content.decode()
    proved = sam.post(asked["Location"], {"code": pyotp.TOTP(secret).at(later)})
    sam.post(f"{page}open/", REASON)

    assert asked["Location"] == "/staff/prove/"
    assert "At which contact?" in shut
    assert 'value="C-1042"' in proved.content.decode()
    assert "Alice Quill" in sam.get(page).content.decode()
    assert alice


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({}, "Say whether it is"),
        ({"channel": "call"}, "Write the number"),
        ({"channel": "call", "reference": "Alice Quill"}, "nothing about a person"),
        ({"channel": "call", "reference": "x" * 5000}, "at most 40"),
    ],
)
def test_without_a_reason_that_can_be_taken_nothing_opens(
    dana: Client, alice: SubjectId, told: dict[str, str], word: str
) -> None:
    page = find(dana)

    answer = dana.post(f"{page}open/", told)

    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert "alice@mail.example" not in answer.content.decode()
    assert "At which contact?" in dana.get(page).content.decode()
    assert alice


def test_a_contact_that_was_used_opens_nothing_more(dana: Client, alice: SubjectId) -> None:
    page = open_found(dana)
    dana.post(f"{page}shut/")
    find(dana)

    again = dana.post(f"{page}open/", REASON)

    assert again.status_code == 409
    assert "opened already today" in again.content.decode()
    assert "Alice Quill" not in again.content.decode()
    assert alice


def test_after_a_call_the_customer_is_opened_for_a_visit_from_their_own_page(
    dana: Client, alice: SubjectId
) -> None:
    page = open_found(dana)
    before = dana.get(page).content.decode()

    asked = words_on(dana.get(f"{page}?another=yes").content)
    visit = {"channel": "visit", "reference": "V-7", "another": "yes"}
    opened = dana.post(f"{page}open/", visit, follow=True)

    assert 'href="?another=yes"' in before
    assert "The customer is open for a call, number C-1042. That ends" in asked
    assert not [word for word in OF_ALICE if word in asked]
    assert "Opened for a visit, number V-7" in words_on(opened.content)
    assert "Let them back in" in words_on(opened.content)
    wrong = dana.post(f"{page}open/", {"another": "yes", "channel": "visit"})
    assert (wrong.status_code, b'name="another" value="yes"' in wrong.content) == (422, True)
    assert alice


@pytest.mark.parametrize("act", ["", "open/", "keep/", "shut/"])
def test_what_another_found_and_opened_is_not_there(
    dana: Client, alice: SubjectId, act: str
) -> None:
    page = open_found(dana)
    sam = signed_in("sam", Role.SUPPORT)
    never = f"{DESK}{'0' * 32}/"

    def met(address: str) -> tuple[int, str]:
        answer = sam.post(address + act, REASON) if act else sam.get(address)
        return answer.status_code, answer.content.decode()

    assert met(page) == met(never)
    assert met(page)[0] == 404
    assert dana.post(f"{never}open/", {}).status_code == 404
    assert alice


def test_a_role_that_was_taken_sees_nothing_of_what_is_open(dana: Client, alice: SubjectId) -> None:
    page = open_found(dana)
    with transaction.atomic():
        accounts.erase(alice, timezone.now())

    assert dana.get(page).status_code == 404
    assert dana.get(DESK).status_code == 200


def test_support_sees_of_each_account_of_a_customer_whose_it_is(
    dana: Client, alice: SubjectId
) -> None:
    make_account("bob", business_name="Quill Press")
    page = find(dana, "bob")
    dana.post(f"{page}open/", REASON)

    def told(address: str) -> list[tuple[str, ...]]:
        facts = {str(each.name): each.lines for each in dana.get(address).context["facts"]}
        return [facts["kind of account"], facts["name of the business"]]

    assert told(open_found(dana)) == [("A person's own",), ("None",)]
    assert told(page) == [("For a business",), ("Quill Press",)]
    assert "Quill Press" in dana.get(page).content.decode()
    assert alice


def test_the_privacy_officer_sees_the_choices_and_where_each_came_from() -> None:
    make_account("kim", age=AgeRange.FROM_13_TO_15)
    olga = signed_in("olga", Role.PRIVACY_OFFICER)
    page = find(olga, "kim")
    olga.post(f"{page}open/", REASON)

    told = olga.get(page).content.decode()

    assert "13 to 15" in told
    assert "By the age range that the account holds" in told
    assert ">No</td>" in told


def test_a_closed_account_says_until_when_and_a_team_who_acts_in_it(
    dana: Client, alice: SubjectId
) -> None:
    by = Actor(ActorKind.SUBJECT, alice)
    accounts.close_account(by=by, subject=alice, now=timezone.now())

    told = dana.get(open_found(dana)).content.decode()

    assert "Closed, customer since" in told
    assert re.search(r"<td>Owner</td>", told)
    assert "Agreed to the edition of 1 January 2026" in told


def test_of_a_closing_for_good_support_reads_what_is_true_and_nothing_of_an_age(
    dana: Client, alice: SubjectId
) -> None:
    by, shown = Actor(ActorKind.SUBJECT, alice), AgreedTo(date(2026, 1, 1), "Under 13")
    correct_age(by=by, subject=alice, age=AgeRange.UNDER_13, shown=shown, now=timezone.now())

    told = words_on(dana.get(open_found(dana)).content)

    assert "unless it is opened again before" in told
    assert "they take the closing back" not in told
    assert "nder 13" not in told
