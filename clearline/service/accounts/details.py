"""What people may tell of themselves where a service needs it: addresses, a number, a device."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Model

from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Category,
    Purpose,
    Recipient,
    RecipientClass,
    SubjectId,
    SubjectKind,
)
from clearline.service.accounts.actions import NEW_CUSTOMER, lock_holder
from clearline.service.accounts.models import ContactNumber, Device, PostalAddress
from clearline.service.accounts.queries import contact_number_index
from clearline.service.accounts.roles import AddressKind, DeviceKind
from clearline.service.accounts.words import Postal, read_phone, read_postal
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import AddressChanged, ProfileChanged, ProfileShown
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.vault import queries as vault

KEEP_ADDRESS: Final = Use(
    by=Actor(ActorKind.SUBJECT, "customer"),
    subject=NEW_CUSTOMER,
    categories=frozenset(
        {
            Category.CONTACT_ADDRESS_STREET,
            Category.CONTACT_ADDRESS_CITY,
            Category.CONTACT_ADDRESS_STATE,
            Category.CONTACT_ADDRESS_POSTAL_CODE,
            Category.CONTACT_ADDRESS_COUNTRY,
        }
    ),
    purpose=Purpose.ESSENTIAL_SERVICE,
    about=SubjectKind.CUSTOMER,
)
KEEP_PHONE: Final = Use(
    by=Actor(ActorKind.SUBJECT, "customer"),
    subject=NEW_CUSTOMER,
    categories=frozenset({Category.CONTACT_PHONE_NUMBER}),
    purpose=Purpose.ESSENTIAL_SERVICE,
    about=SubjectKind.CUSTOMER,
)
KEEP_DEVICE: Final = Use(
    by=Actor(ActorKind.SUBJECT, "customer"),
    subject=NEW_CUSTOMER,
    categories=frozenset({Category.DEVICE_KIND}),
    purpose=Purpose.ESSENTIAL_SERVICE,
    about=SubjectKind.CUSTOMER,
)


@dataclass(frozen=True, slots=True, repr=False)
class Details:
    """What somebody told of themselves; "" and None for what they did not."""

    phone: str
    addresses: dict[AddressKind, Postal]
    device: DeviceKind | None


def show_details(*, by: Actor, subject: SubjectId, now: datetime) -> Details:
    """Open for a person their addresses, their number and their device.

    Raises gate.UseDenied. Source: GDPR 15; clause account.show.
    """
    use = Use(
        by=by,
        subject=subject,
        categories=frozenset(
            {
                Category.CONTACT_ADDRESS_STREET,
                Category.CONTACT_ADDRESS_CITY,
                Category.CONTACT_ADDRESS_STATE,
                Category.CONTACT_ADDRESS_POSTAL_CODE,
                Category.CONTACT_ADDRESS_COUNTRY,
                Category.CONTACT_PHONE_NUMBER,
                Category.DEVICE_KIND,
            }
        ),
        purpose=Purpose.ESSENTIAL_SERVICE,
        about=SubjectKind.CUSTOMER,
        recipient=Recipient(RecipientClass.SUBJECT),
    )
    permit = gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)
    phone = ContactNumber.objects.filter(subject=subject).first()
    device = Device.objects.filter(subject=subject).first()
    found = Details(
        phone=vault.open_sealed(phone.number, permit=permit, now=now) if phone else "",
        addresses={
            AddressKind(row.kind): open_postal(row, permit, now)
            for row in PostalAddress.objects.filter(subject=subject)
        },
        device=DeviceKind(vault.open_sealed(device.kind, permit=permit, now=now))
        if device
        else None,
    )

    with transaction.atomic():
        fields = ("billing_address", "device", "phone", "service_address")
        entry = ProfileShown(fields=fields, by=str(by))
        ledger.append(entry, subject=subject, permit=permit, now=now)
    return found


def find_address(
    subject: SubjectId, kind: AddressKind, *, permit: Permit, now: datetime
) -> Postal | None:
    """Return one address of somebody, opened; None where they gave none. Raises Denied."""
    row = PostalAddress.objects.filter(subject=subject, kind=kind).first()
    return None if row is None else open_postal(row, permit, now)


def open_postal(row: PostalAddress, permit: Permit, now: datetime) -> Postal:
    parts = (row.street, row.city, row.state, row.postal_code, row.country)
    told = (vault.open_sealed(each, permit=permit, now=now) if each else "" for each in parts)
    return Postal(*told)


def set_phone(*, by: Actor, subject: SubjectId, phone: str, now: datetime) -> None:
    """Keep the telephone number at which somebody may be reached; it is no number of record.

    Raises FieldWrong, NoSuchCustomer, gate.UseDenied. Source: 47 CFR 64.2003(q); clause
    account.phone.
    """
    gate.ask(use=KEEP_PHONE, choices=NOTHING_CHOSEN, now=now)
    number = read_phone(phone)
    row = ContactNumber(subject=subject, number=number, number_index=contact_number_index(number))
    put(row, "phone", Changing(by, subject, now))


def set_address(
    *, by: Actor, subject: SubjectId, kind: AddressKind, typed: Postal, now: datetime
) -> None:
    """Keep where bills go or where a service is used; a letter tells of it.

    Raises FieldWrong, NoSuchCustomer, gate.UseDenied. Source: 47 CFR 64.2010(f); clause
    account.address.
    """
    gate.ask(use=KEEP_ADDRESS, choices=NOTHING_CHOSEN, now=now)
    told = read_postal(typed)
    row = PostalAddress(
        subject=subject,
        kind=kind,
        street=told.street or None,
        city=told.city,
        state=told.state or None,
        postal_code=told.postal_code or None,
        country=told.country,
        told_at=now,
    )
    put(row, f"{kind}_address", Changing(by, subject, now), kind=kind)


def set_device(*, by: Actor, subject: SubjectId, kind: DeviceKind, now: datetime) -> None:
    """Keep with what kind of device somebody uses their service.

    Raises NoSuchCustomer, gate.UseDenied. Source: clause account.device.
    """
    gate.ask(use=KEEP_DEVICE, choices=NOTHING_CHOSEN, now=now)
    put(Device(subject=subject, kind=kind.value), "device", Changing(by, subject, now))


@dataclass(frozen=True, slots=True)
class Changing:
    """Who changes something of whom, and when."""

    by: Actor
    subject: SubjectId
    now: datetime


def put(row: Model, field: str, change: Changing, *, kind: str = "") -> None:
    """Put a row in the place of the one that somebody has, and note that."""
    permit = safeguards.ask_to_note_customer(change.now)

    with transaction.atomic():
        take_away(type(row), change, kind)
        row.save(force_insert=True)
        note(field, change, permit)


def remove(*, by: Actor, subject: SubjectId, field: str, now: datetime) -> None:
    """Take out one of the things that somebody told; what is not there is gone already.

    Of an address a letter tells that.

    Raises KeyError for a field that is none, NoSuchCustomer, gate.UseDenied.
    """
    model, kind = KEPT_AS[field]
    permit = safeguards.ask_to_note_customer(now)
    change = Changing(by, subject, now)

    with transaction.atomic():
        if take_away(model, change, kind):
            note(field, change, permit)


KEPT_AS: Final[dict[str, tuple[type[Model], str]]] = {
    "phone": (ContactNumber, ""),
    "billing_address": (PostalAddress, AddressKind.BILLING),
    "service_address": (PostalAddress, AddressKind.SERVICE),
    "device": (Device, ""),
}


def take_away(model: type[Model], change: Changing, kind: str) -> int:
    """Delete what is there, in the caller's transaction, with the holder locked before it."""
    # Two who set the same at once wait for one another here.
    lock_holder(change.subject)
    rows = model._default_manager.filter(subject=change.subject)  # noqa: SLF001  # Django's own name for it
    return (rows.filter(kind=kind) if kind else rows).delete()[0]


def note(field: str, change: Changing, permit: Permit) -> None:
    by = str(change.by)
    entry = ProfileChanged(fields=(field,), by=by)
    ledger.append(entry, subject=change.subject, permit=permit, now=change.now)
    if KEPT_AS[field][0] is PostalAddress:
        told = AddressChanged(by=by)
        ledger.append(told, subject=change.subject, permit=permit, now=change.now)
