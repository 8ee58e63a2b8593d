"""What a customer tells of themselves by the app: kept in one form, corrected, taken out."""

import pytest

from clearline.trust.ledger.models import Entry
from tests.edge.api.app import make_app

pytestmark = pytest.mark.django_db
NOTHING = {"phone": None, "billing_address": None, "service_address": None, "device": None}
HOME = {
    "street": "12 Harbour Street",
    "city": "Portland",
    "state": "Maine",
    "postal_code": "04101",
    "country": "United States",
}


def test_a_number_is_kept_in_one_form_corrected_and_taken_out() -> None:
    app = make_app()
    before = app.ask("GET", "details").told

    kept = app.ask("PUT", "details/phone", {"phone": "(207) 555-0100"}).told
    corrected = app.ask("PUT", "details/phone", {"phone": "+44 20 7946 0000"}).told
    gone = [app.ask("DELETE", "details/phone") for _ in range(2)]

    assert before == NOTHING
    assert (kept["phone"], corrected["phone"]) == ("+12075550100", "+442079460000")
    assert [(each.status, each.told) for each in gone] == [(200, NOTHING)] * 2
    assert Entry.objects.filter(kind="account.changed").count() == 3


def test_the_two_addresses_are_kept_apart() -> None:
    app = make_app()
    app.ask("PUT", "details/addresses/billing", HOME)
    abroad = {"city": "Reykjavík", "country": "Iceland"}

    both = app.ask("PUT", "details/addresses/service", abroad).told
    one = app.ask("DELETE", "details/addresses/billing").told

    assert both["billing_address"] == HOME
    assert both["service_address"]["city"] == "Reykjavík"
    assert both["service_address"]["street"] == ""
    assert (one["billing_address"], one["service_address"]["country"]) == (None, "Iceland")


def test_a_kind_of_device_is_kept_and_taken_out() -> None:
    app = make_app()

    kept = app.ask("PUT", "details/device", {"kind": "adapter"}).told
    gone = app.ask("DELETE", "details/device").told

    assert (kept["device"], gone) == ("adapter", NOTHING)


@pytest.mark.parametrize(
    ("path", "told", "code", "field"),
    [
        ("phone", {"phone": "12"}, "field_wrong", "phone"),
        ("phone", {"phone": " "}, "field_wrong", "phone"),
        ("phone", {}, "invalid", "phone"),
        ("addresses/billing", {**HOME, "postal_code": "4101"}, "field_wrong", "postal_code"),
        ("addresses/billing", {**HOME, "state": ""}, "field_wrong", "state"),
        ("addresses/billing", {**HOME, "city": "a\u0000b"}, "field_wrong", "city"),
        ("addresses/billing", {**HOME, "floor": "2"}, "invalid", "floor"),
        ("addresses/home", HOME, "invalid", "kind"),
        ("device", {"kind": "toaster"}, "invalid", "kind"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(
    path: str, told: dict[str, str], code: str, field: str
) -> None:
    said = make_app().ask("PUT", f"details/{path}", told)

    assert (said.status, said.told["code"]) == (422, code)
    assert said.told["errors"][0]["field"] == field


def test_nobody_sees_what_another_told() -> None:
    alice, bob = make_app(), make_app("bob")
    alice.ask("PUT", "details/phone", {"phone": "2075550100"})

    assert bob.ask("GET", "details").told == NOTHING
    assert bob.ask("DELETE", "details/phone").told == NOTHING
    assert alice.ask("GET", "details").told["phone"] == "+12075550100"
