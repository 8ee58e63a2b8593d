"""Numbers, addresses and devices kept and taken out at once, many times: one of each stays."""

from functools import partial

import pytest

from clearline.service.accounts import actions, details
from clearline.service.accounts.models import ContactNumber, Device, PostalAddress
from clearline.service.accounts.roles import AddressKind, DeviceKind
from clearline.service.accounts.words import Postal
from clearline.trust.ledger.models import Entry
from tests.service.accounts.people import NOW, make_customer
from tests.service.accounts.test_details import BUSH, HOME, me, show, tell_all, told
from tests.trust.factors.test_races import MANY, race

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_many_numbers_kept_at_once_one_stays_and_each_is_noted() -> None:
    alice = make_customer()
    numbers = [f"+1207555{number:04d}" for number in range(MANY)]

    ends = race(
        *(
            partial(details.set_phone, by=me(alice), subject=alice, phone=each, now=NOW)
            for each in numbers
        )
    )

    assert ends == {"done": MANY}
    assert ContactNumber.objects.count() == 1
    assert show(alice).phone in numbers
    assert told("account.changed") == [{"fields": ["phone"], "by": f"subject:{alice}"}] * MANY


@pytest.mark.parametrize("kind", AddressKind)
def test_of_many_addresses_kept_at_once_one_of_a_kind_stays_whole(kind: AddressKind) -> None:
    alice = make_customer()
    typed = [
        Postal(f"{number} Quay", "Portland", "Maine", "04101", "United States")
        for number in range(MANY)
    ]

    ends = race(
        *(
            partial(
                details.set_address, by=me(alice), subject=alice, kind=kind, typed=each, now=NOW
            )
            for each in typed
        )
    )

    assert ends == {"done": MANY}
    assert PostalAddress.objects.count() == 1
    assert show(alice).addresses[kind] in typed


def test_of_many_devices_kept_at_once_one_stays() -> None:
    alice = make_customer()
    kinds = [list(DeviceKind)[number % len(DeviceKind)] for number in range(MANY)]

    ends = race(
        *(
            partial(details.set_device, by=me(alice), subject=alice, kind=each, now=NOW)
            for each in kinds
        )
    )

    assert ends == {"done": MANY}
    assert Device.objects.count() == 1
    assert show(alice).device in kinds


@pytest.mark.parametrize("field", ["phone", "billing_address", "service_address", "device"])
def test_what_many_take_out_at_once_is_noted_once_and_the_rest_stays(field: str) -> None:
    alice = make_customer()
    tell_all(alice)
    before = Entry.objects.filter(kind="account.changed").count()

    ends = race(
        *[partial(details.remove, by=me(alice), subject=alice, field=field, now=NOW)] * MANY
    )

    assert ends == {"done": MANY}
    assert Entry.objects.filter(kind="account.changed").count() == before + 1
    left = ContactNumber.objects.count(), PostalAddress.objects.count(), Device.objects.count()
    assert sum(left) == 3


def test_what_is_kept_and_taken_out_at_once_is_there_once_or_not_at_all() -> None:
    alice = make_customer()
    by = me(alice)
    keep = partial(
        details.set_address,
        by=by,
        subject=alice,
        kind=AddressKind.BILLING,
        typed=HOME,
        now=NOW,
    )
    other = partial(keep, kind=AddressKind.SERVICE, typed=BUSH)
    remove = partial(details.remove, by=by, subject=alice, field="billing_address", now=NOW)

    ends = race(*(keep, other, remove, keep, remove) * (MANY // 5))

    held = show(alice).addresses
    assert ends == {"done": MANY}
    assert held[AddressKind.SERVICE] == BUSH
    assert held.get(AddressKind.BILLING, HOME) == HOME
    assert PostalAddress.objects.count() == len(held)


def test_what_is_kept_while_the_account_is_closed_is_kept_or_refused_and_never_half() -> None:
    alice = make_customer()
    keep = partial(details.set_phone, by=me(alice), subject=alice, phone="207 555 0199", now=NOW)
    close = partial(actions.close_account, by=me(alice), subject=alice, now=NOW)

    ends = race(*(keep, close) * (MANY // 2))

    assert ends["done"] + ends["AlreadyClosed"] == MANY
    assert ContactNumber.objects.count() == 1
    assert Entry.objects.filter(kind="account.closed").count() == 1
