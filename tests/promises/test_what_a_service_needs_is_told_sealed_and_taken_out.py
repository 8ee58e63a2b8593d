"""P12 and P14, clauses account.address, account.phone and account.device.

"Where a bill or a service needs it, you give us an address for bills and the address at which you
use a service, anywhere in the world, with a street or without. Each is sealed under your key and
kept as long as what else your account holds, or until you change it or take it out: then it is
erased at once. That is told like any change of your account, but no letter says an address. If it
was not you, the link in the letter takes out what was given since the day before, and you give the
right one anew."

"If you like, you give us a telephone number at which we may reach you. It is sealed and kept in the
same way, with a keyed code of it by which those of us who answer you find you. It is not the number
of a service of ours: nobody proves by it who they are."

"Where setting up a service needs it, you tell us with what kind of device you use it. It is sealed
and kept in the same way."
"""

import pytest
from django.test import Client
from django.utils import timezone

from clearline.service.accounts import queries
from clearline.service.accounts.models import ContactNumber, Device, PostalAddress
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.promises.provider import everything, work
from tests.service.accounts.people import PASSWORD, make_customer
from tests.service.contacts.contacts import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
PAGE = "/account/details/"
TYPED = {"street": "Qwzx Lane 7", "city": "Vbnmport", "country": "Uganda"}


def enter() -> Client:
    make_customer()
    client = browser()
    client.post("/account/sign-in/", {"user_id": "alice", "password": PASSWORD})
    return client


def tell(client: Client) -> None:
    client.post(PAGE, {"act": "phone", "phone": "+256772123456"})
    for kind in ("billing", "service"):
        client.post(PAGE, {"act": "address", "kind": kind, **TYPED})
    client.post(PAGE, {"act": "device", "kind": "desk_phone"})


def test_each_is_sealed_and_goes_when_it_is_taken_out() -> None:
    client = enter()
    tell(client)
    kept = everything()

    for field in ("phone", "billing_address", "service_address", "device"):
        client.post(PAGE, {"act": "remove", "field": field})

    for word in ("Qwzx", "Vbnmport", "Uganda", "256772123456", "desk_phone"):
        assert word not in kept
    for model in (ContactNumber, PostalAddress, Device):
        assert not model.objects.exists()


def test_each_is_kept_as_long_as_what_else_the_account_holds() -> None:
    client, now = enter(), timezone.now()
    tell(client)
    client.post("/account/prove/", {"password": PASSWORD})
    client.post("/account/close/", {"sure": "yes"})
    work(now + 29 * DAY)
    before = PostalAddress.objects.count()

    work(now + 31 * DAY)

    assert before == 2
    for model in (ContactNumber, PostalAddress, Device):
        assert not model.objects.exists()


def test_those_who_answer_find_somebody_by_the_number_and_nobody_gets_in_by_it() -> None:
    client = enter()
    tell(client)

    page = browser().post("/account/recover/", {"step": "who", "who": "+256772123456"})
    work(timezone.now())

    assert len(queries.list_by_contact_number("+256772123456")) == 1
    assert queries.list_by_line("+256772123456") == ()
    assert "Look into your mail." in page.content.decode()
    assert not Entry.objects.filter(kind="recovery.code_sent").exists()
