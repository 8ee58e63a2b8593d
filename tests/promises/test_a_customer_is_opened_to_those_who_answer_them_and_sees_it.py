"""P14, clause support.open, and CP-08.

"When you write, call or visit us, those of us who answer find you by your whole e-mail address,
telephone number, user ID or account number, and open what their work at that contact needs. Support
sees your name and one that you changed within thirty days, the name to call you by, e-mail address,
account number and telephone numbers, whether the account is your own or for a business and the name
of that business, the address at which you use a service, how your account and your agreement to
this policy stand, and who acts in the account. Billing sees your name, e-mail address, account
number, whether the account is your own or for a business and the name of that business, the address
for bills and how the account stands. The privacy officer sees your name, e-mail address, account
number and how the account stands, with the range of your age, your agreement and your choices. It
shuts after a quarter of an hour. That somebody was looked for, and what of yours was opened, when,
by whom and at which contact, is written into our ledger, and the latter you can see; the note by
which it shuts is erased by the second day."
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import details
from clearline.service.accounts.roles import AddressKind
from clearline.service.accounts.words import Postal
from clearline.service.desk.models import Search, Sighting
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, signed_in
from tests.promises.provider import everything, work
from tests.service.accounts.people import PASSWORD, make_account
from tests.trust.ledger.log import sign_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
NAME, EMAIL, CALLED = "Qwzx Vutsrqp", "onmlkji@hgfedcb.example", "Azbycxdwev"
FIRM = "Lkjihg Feqdc Ltd"
OF_FIRM = (FIRM, "For a business")
REASON = {"channel": "call", "reference": "C-1042"}
BILLS, SERVED = "7 Ponmlk Road", "9 Srqpon Lane"
NOT_FOUND = 404


def make_alice() -> SubjectId:
    made = make_account(name=NAME, email=EMAIL, screen_name=CALLED, business_name=FIRM)
    alice = SubjectId(made.signed_in.public_id)
    by = Actor(ActorKind.SUBJECT, alice)
    for kind, street in ((AddressKind.BILLING, BILLS), (AddressKind.SERVICE, SERVED)):
        typed = Postal(street, "Portland", "ME", "04101", "USA")
        details.set_address(by=by, subject=alice, kind=kind, typed=typed, now=timezone.now())
    return alice


def opened(*roles: Role) -> tuple[Client, str]:
    """Return the browser of one of the staff who opened Alice, and the page that it then shows."""
    dana = signed_in("dana", *roles)
    found = dana.post("/staff/customers/", {"term": EMAIL})
    dana.post(f"{found['Location']}open/", REASON)
    return dana, dana.get(found["Location"]).content.decode()


def test_they_are_found_by_a_whole_thing_and_shown_only_once_a_contact_is_named() -> None:
    make_alice()
    dana = signed_in("dana", Role.SUPPORT)

    part = dana.post("/staff/customers/", {"term": EMAIL[:-1]}, follow=True)
    found = dana.post("/staff/customers/", {"term": EMAIL}, follow=True)

    assert "Nobody has exactly this" in part.content.decode()
    for word in (NAME, EMAIL, CALLED, *OF_FIRM):
        assert word not in found.content.decode()


@pytest.mark.parametrize(
    ("role", "seen", "unseen"),
    [
        (
            Role.SUPPORT,
            ("Name to be called by", "Agreement", "Who acts", SERVED, "ME 04101", *OF_FIRM),
            ("Age range", "Choices", BILLS),
        ),
        (
            Role.BILLING,
            ("Account number", "customer since", BILLS, "Portland, ME 04101", *OF_FIRM),
            ("called by", "Age", "Agreement", SERVED),
        ),
        (
            Role.PRIVACY_OFFICER,
            ("Age range", "Agreement", "Choices"),
            ("called by", "Who acts", BILLS, SERVED, *OF_FIRM),
        ),
    ],
)
def test_each_sees_what_their_work_needs(
    role: Role, seen: tuple[str, ...], unseen: tuple[str, ...]
) -> None:
    make_alice()

    page = opened(role)[1].partition("<main")[2].partition("</main>")[0]

    for word in (NAME, EMAIL, *seen):
        assert word in page
    for word in unseen:
        assert word not in page
    assert (CALLED in page) == (role is Role.SUPPORT)


def test_it_shuts_after_a_quarter_of_an_hour_and_the_note_is_gone_by_the_second_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice = make_alice()
    dana, _ = opened(Role.SUPPORT)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=15))

    shut = dana.get(f"/staff/customers/{alice}/")
    work(now + timedelta(days=1))

    assert shut.status_code == NOT_FOUND
    assert NAME not in shut.content.decode()
    assert not Sighting.objects.exists()
    assert not Search.objects.exists()


def test_the_customer_sees_what_was_opened_when_by_whom_and_at_which_contact() -> None:
    make_alice()
    opened(Role.SUPPORT)
    sign_log(now=timezone.now())
    alice = browser()
    alice.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})

    page = alice.get("/account/my-data/").content.decode()

    assert "Your account was opened at a call, number C-1042: name, name to be called by" in page
    assert "Support, staff number" in page
    assert "to help you with your service" in page
    entry = Entry.objects.get(kind="customer.opened")
    assert alice.get(f"/account/my-data/receipt/{entry.public_id}/").status_code == 200
    held = page.partition('id="used"')[0]
    assert "support.open" not in held  # it opens what other clauses hold, and holds nothing


def test_that_somebody_was_looked_for_is_written_down_and_not_by_what() -> None:
    make_alice()
    opened(Role.SUPPORT)

    assert Entry.objects.get(kind="customer.searched").subject is None
    for word in (NAME, EMAIL, CALLED):
        assert word not in everything()
