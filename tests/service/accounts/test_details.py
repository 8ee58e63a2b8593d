"""What people tell where a service needs it: kept sealed, shown to them, corrected, taken out."""

import threading

import pytest
from django.db import OperationalError, connection

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import Category, SubjectId
from clearline.rights.my_data.actions import show_held
from clearline.service.accounts import actions, details, queries
from clearline.service.accounts.actions import NoSuchCustomer
from clearline.service.accounts.models import ContactNumber, Device, PostalAddress
from clearline.service.accounts.roles import AddressKind, DeviceKind
from clearline.service.accounts.words import FieldWrong, Postal, read_phone, read_postal
from clearline.service.desk.queries import find_customers
from clearline.service.desk.terms import terms_in
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from tests.promises.provider import rows
from tests.service.accounts.people import NOW, make_customer
from tests.service.accounts.test_importing import ZOE, bring
from tests.service.contacts.contacts import DAY

pytestmark = pytest.mark.django_db
HOME = Postal("12 Quay Street", "Portland", "Maine", "04101", "United States")
BUSH = Postal("", "Nakawa", "", "", "Uganda")


def me(subject: SubjectId) -> Actor:
    return Actor(ActorKind.SUBJECT, subject)


def show(subject: SubjectId) -> details.Details:
    return details.show_details(by=me(subject), subject=subject, now=NOW)


def tell_all(subject: SubjectId, phone: str = "207-555-0199") -> None:
    by = me(subject)
    details.set_phone(by=by, subject=subject, phone=phone, now=NOW)
    for kind, typed in ((AddressKind.BILLING, HOME), (AddressKind.SERVICE, BUSH)):
        details.set_address(by=by, subject=subject, kind=kind, typed=typed, now=NOW)
    details.set_device(by=by, subject=subject, kind=DeviceKind.ADAPTER, now=NOW)


def told(kind: str) -> list[dict[str, object]]:
    entries = Entry.objects.filter(kind=kind).order_by("number")
    return [ledger.fields_of(each, sealer()) for each in entries]


def test_what_was_told_is_shown_corrected_and_taken_out_each_noted_without_a_word_of_it() -> None:
    alice = make_customer()
    nothing = show(alice)
    tell_all(alice)
    found = show(alice)

    details.set_phone(by=me(alice), subject=alice, phone="+44 20 7946 0018", now=NOW)
    for field in details.KEPT_AS:
        details.remove(by=me(alice), subject=alice, field=field, now=NOW)
    details.remove(by=me(alice), subject=alice, field="phone", now=NOW)

    assert nothing == details.Details("", {}, None)
    assert found.phone == "+12075550199"
    assert found.addresses == {AddressKind.BILLING: HOME, AddressKind.SERVICE: BUSH}
    assert found.device is DeviceKind.ADAPTER
    assert show(alice) == nothing
    fields = [each["fields"] for each in told("account.changed")]
    kept = [["phone"], ["billing_address"], ["service_address"], ["device"]]
    assert fields == [*kept, ["phone"], *([each] for each in details.KEPT_AS)]


def test_nothing_of_it_stands_readable_and_an_erased_account_leaves_none() -> None:
    alice = make_customer()
    tell_all(alice)
    kept = "\n".join(rows())
    actions.close_account(by=me(alice), subject=alice, now=NOW)

    actions.erase_closed(policy_in_force(NOW), now=NOW + 31 * DAY)

    for word in ("Quay", "Portland", "04101", "5550199", "Nakawa", "Uganda", "adapter"):
        assert word not in kept
    for model in (ContactNumber, Device, PostalAddress):
        assert not model.objects.exists()


def test_it_is_told_and_opened_under_my_data() -> None:
    alice = make_customer()
    tell_all(alice)

    held = {each.category: each for each in show_held(by=me(alice), subject=alice, now=NOW)}

    assert held[Category.CONTACT_PHONE_NUMBER].values == ("+12075550199",)
    assert held[Category.CONTACT_ADDRESS_CITY].values == ("Portland", "Nakawa")
    assert held[Category.DEVICE_KIND].values == ("adapter",)
    assert {each.clause for each in held[Category.CONTACT_ADDRESS_STREET].keepings} == {
        "account.address"
    }


def test_a_number_to_be_reached_at_is_no_number_of_record() -> None:
    """CP-07: the contact number and the service line stand apart; only the line is of record."""
    bring(ZOE)
    (zoe,) = queries.list_by_line("+12075550100")

    details.set_phone(by=me(zoe), subject=zoe, phone="+12075550199", now=NOW)

    assert queries.list_by_line("+12075550199") == ()
    assert queries.list_by_contact_number("+12075550199") == (zoe,)
    assert queries.list_by_contact_number("+12075550100") == ()


def test_staff_find_somebody_by_the_number_that_they_gave() -> None:
    alice, bob = make_customer("alice"), make_customer("bob")
    tell_all(alice)
    tell_all(bob)

    found = find_customers(terms_in("+1 (207) 555-0199"))

    assert found == {alice: False, bob: False}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("207-555-0199", "+12075550199"),
        (" (207) 555.0199 ", "+12075550199"),
        ("+44 20 7946 0018", "+442079460018"),
        ("+256\u00a0772 123456", "+256772123456"),
    ],
)
def test_a_number_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert read_phone(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", " ", "555", "+0123456789", "1234567890", "+1207555019a", "+" + "1" * 16, "911"]
)
def test_what_is_no_number_is_told(typed: str) -> None:
    with pytest.raises(FieldWrong) as wrong:
        read_phone(typed)

    assert wrong.value.field == "phone"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (Postal("1 A St", "Portland", "Maine", "4101", "United States"), "postal_code"),
        (Postal("1 A St", "Portland", "", "04101-1234", "U.S.A."), "state"),
        (Postal("", "", "", "", "Uganda"), "city"),
        (Postal("", "Nakawa", "", "", " "), "country"),
        (Postal("x" * 201, "Nakawa", "", "", "Uganda"), "street"),
        (Postal("", "Nakawa\u202e", "", "", "Uganda"), "city"),
        (Postal("", "Nakawa", "", "x" * 17, "Uganda"), "postal_code"),
    ],
)
def test_an_address_that_cannot_be_one_is_told_by_its_field(typed: Postal, field: str) -> None:
    with pytest.raises(FieldWrong) as wrong:
        read_postal(typed)

    assert wrong.value.field == field


@pytest.mark.parametrize(
    "typed",
    [
        BUSH,
        Postal("Calle 8 #12-34", "Bogotá", "Cundinamarca", "110111", "Colombia"),
        Postal("شارع الحرية ١٢", "القاهرة", "", "11511", "مصر"),
        Postal("1-1-2 大手町", "千代田区", "東京都", "100-8055", "日本"),
    ],
)
def test_addresses_of_all_the_world_are_kept_as_they_are_written(typed: Postal) -> None:
    assert read_postal(typed) == typed


def test_of_somebody_who_has_no_account_nothing_is_kept() -> None:
    nobody = SubjectId("0" * 32)

    with pytest.raises(NoSuchCustomer):
        tell_all(nobody)

    assert not ContactNumber.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_numbers_set_at_once_one_stays() -> None:
    alice = make_customer()
    start = threading.Barrier(20)

    def set_one(number: int) -> None:
        try:
            start.wait()
            phone = f"+1207555{number:04d}"
            details.set_phone(by=me(alice), subject=alice, phone=phone, now=NOW)
        except OperationalError:
            pass  # SQLite may say that it is busy: then the person presses again
        finally:
            connection.close()

    threads = [threading.Thread(target=set_one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ContactNumber.objects.count() == 1
    assert show(alice).phone.startswith("+1207555")


def test_an_address_is_told_by_the_lines_that_it_has() -> None:
    assert HOME.lines() == ("12 Quay Street", "Portland, Maine 04101", "United States")
    assert BUSH.lines() == ("Nakawa", "Uganda")
