"""CP-45: a changed postal address is told at once, and who did not change it has it taken out."""

from collections.abc import Callable

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import details
from clearline.service.accounts.roles import AddressKind, DeviceKind
from clearline.service.accounts.words import Postal
from clearline.service.contacts.notices import take_back
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from tests.service.accounts.people import NOW
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    LATER,
    SECOND,
    confirmed,
    key_in,
    replace,
    tell,
)
from tests.service.mail.letters import send
from tests.service.mail.post_office import Office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
HOME = Postal("12 Quay Street", "Portland", "Maine", "04101", "United States")
AWAY = Postal("9 Dock Road", "Nakawa", "", "", "Uganda")


def me(subject: SubjectId) -> Actor:
    return Actor(ActorKind.SUBJECT, subject)


def give(subject: SubjectId, kind: AddressKind = AddressKind.BILLING, typed: Postal = AWAY) -> None:
    details.set_address(by=me(subject), subject=subject, kind=kind, typed=typed, now=LATER)


def take_out(subject: SubjectId) -> None:
    details.set_address(
        by=me(subject), subject=subject, kind=AddressKind.BILLING, typed=HOME, now=NOW
    )
    tell(now=NOW + 10 * DAY)  # too old by then to be told
    details.remove(by=me(subject), subject=subject, field="billing_address", now=LATER)


@pytest.mark.parametrize("change", [give, lambda who: give(who, AddressKind.SERVICE), take_out])
def test_an_address_that_is_given_or_taken_out_is_told_with_the_link(
    change: Callable[[SubjectId], None],
) -> None:
    alice = confirmed()
    change(alice)

    told = tell(now=LATER)

    assert [(to, list(words)) for to, words in told] == [(FIRST, ["link", "until"])]


def test_a_thief_who_replaced_the_email_first_does_not_hear_of_it_alone() -> None:
    """It goes to the address of record, which is the one before; the new one gets no link."""
    alice = confirmed()
    replace(alice, now=LATER - DAY)
    give(alice)

    told = tell(now=LATER)

    assert [(to, list(words)) for to, words in told] == [
        (FIRST, ["link", "until"]),
        (FIRST, ["link", "until"]),
        (SECOND, []),
    ]


def test_the_letter_says_no_address(office: Office) -> None:
    alice = confirmed()
    give(alice)
    tell(now=LATER)
    send(LATER)

    letter = office.letters[-1]

    for kind in ("plain", "html"):
        body = letter.get_body((kind,))
        assert body is not None
        text = " ".join(body.get_content().split())
        assert "where bills go or a service is used" in text
        for word in AWAY.lines():
            assert word not in text


def test_a_number_and_a_device_are_not_told() -> None:
    """Neither is an address of record: nobody proves by the number who they are."""
    alice = confirmed()
    details.set_phone(by=me(alice), subject=alice, phone="207-555-0199", now=LATER)
    details.set_device(by=me(alice), subject=alice, kind=DeviceKind.ADAPTER, now=LATER)
    details.remove(by=me(alice), subject=alice, field="phone", now=LATER)

    assert tell(now=LATER) == []


def test_who_takes_it_back_has_what_was_given_since_taken_out_and_nothing_of_before() -> None:
    alice = confirmed()
    by = me(alice)
    details.set_address(
        by=by, subject=alice, kind=AddressKind.SERVICE, typed=HOME, now=LATER - 2 * DAY
    )
    give(alice)
    words = tell(now=LATER)[-1][1]

    take_back(token=key_in(words["link"]), now=LATER + DAY)

    shown = details.show_details(by=by, subject=alice, now=LATER + DAY)
    assert shown.addresses == {AddressKind.SERVICE: HOME}
    entry = Entry.objects.get(kind="contact.taken_back", subject=alice)
    assert ledger.fields_of(entry, sealer())["fields"] == ["password", "billing_address"]
