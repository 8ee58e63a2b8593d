"""The page of a customer's number, addresses and kind of device."""

import pytest
from django.test import Client

from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.service.accounts.people import PASSWORD, make_customer

pytestmark = pytest.mark.django_db
PAGE = "/account/details/"
HOME = {
    "street": "12 Quay Street",
    "city": "Portland",
    "state": "Maine",
    "postal_code": "04101",
    "country": "United States",
}


def enter(user_id: str = "alice") -> Client:
    make_customer(user_id)
    client = browser()
    client.post("/account/sign-in/", {"user_id": user_id, "password": PASSWORD})
    return client


def test_what_is_saved_stands_in_the_fields_until_it_is_taken_out() -> None:
    client = enter()
    client.post(PAGE, {"act": "phone", "phone": "207 555 0199"})
    client.post(PAGE, {"act": "address", "kind": "billing", **HOME})
    client.post(PAGE, {"act": "device", "kind": "computer"})
    page = client.get(PAGE).content.decode()

    for field in ("phone", "billing_address", "device"):
        client.post(PAGE, {"act": "remove", "field": field})
    after = client.get(PAGE).content.decode()

    assert 'value="+12075550199"' in page
    assert 'value="12 Quay Street"' in page
    assert 'value="computer" required checked' in page
    assert "Take the address out" in page
    assert "12 Quay" not in after.partition("<main")[2].partition("<footer")[0]
    assert "0199" not in after
    assert "checked" not in after.partition("<main")[2]


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays() -> None:
    client = enter()

    phone = client.post(PAGE, {"act": "phone", "phone": "call me"})
    typed = {**HOME, "postal_code": "x"}
    address = client.post(PAGE, {"act": "address", "kind": "service", **typed})

    assert (phone.status_code, address.status_code) == (422, 422)
    assert b'value="call me"' in phone.content
    page = address.content.decode()
    assert 'id="service-postal_code-error"' in page
    assert 'id="billing-postal_code-error"' not in page
    assert page.count('value="12 Quay Street"') == 1


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"act": "x"},
        {"act": "address", "kind": "palace", **HOME},
        {"act": "device", "kind": "toaster"},
        {"act": "remove", "field": "name"},
    ],
)
def test_a_form_that_is_none_changes_nothing(form: dict[str, str]) -> None:
    client = enter()

    assert client.post(PAGE, form).status_code == 422
    assert not Entry.objects.filter(kind="account.changed").exists()


def test_one_customer_sees_nothing_of_another() -> None:
    alice, bob = enter("alice"), enter("bob")
    alice.post(PAGE, {"act": "address", "kind": "billing", **HOME})

    assert 'value="12 Quay Street"' not in bob.get(PAGE).content.decode()
