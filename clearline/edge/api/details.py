"""What the person may tell where a service needs it: a number, addresses, the kind of device."""

from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from clearline.edge.api.bearer import AppToken, actor_of, bearer_of, refuse_old_proof
from clearline.edge.api.described import ERRORS
from clearline.edge.api.reached import Address, Details, DeviceKept, PhoneNumber
from clearline.edge.api.shapes import Problem
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import details as held
from clearline.service.accounts.roles import AddressKind
from clearline.service.accounts.words import Postal

router: Final = Router(auth=AppToken())


@router.get(
    "/details",
    response={200: Details, ERRORS: Problem},
    summary="Show number, addresses and device",
)
def details(request: HttpRequest) -> Details:
    """Show what the person told of themselves, null for what they did not; noted in the ledger."""
    return show(bearer_of(request).subject)


@router.put(
    "/details/phone", response={200: Details, ERRORS: Problem}, summary="Keep a telephone number"
)
def set_phone(request: HttpRequest, told: PhoneNumber) -> Details:
    """Keep the number at which the person may be reached, in the place of the one before.

    Ten digits alone are a number of the North American plan; it is kept with its country, like
    +12075550100. It asks for a proof of the last 15 minutes (`prove`). Raises ProveAgain,
    FieldWrong.
    """
    bearer, now = bearer_of(request), timezone.now()
    refuse_old_proof(bearer, now=now)
    subject = bearer.subject
    held.set_phone(by=actor_of(subject), subject=subject, phone=told.phone, now=now)
    return show(subject)


@router.delete(
    "/details/phone",
    response={200: Details, ERRORS: Problem},
    summary="Take the telephone number out",
)
def remove_phone(request: HttpRequest) -> Details:
    """Erase the number; where there is none, nothing is done.

    It asks for a proof of the last 15 minutes (`prove`). Raises ProveAgain.
    """
    refuse_old_proof(bearer_of(request), now=timezone.now())
    return remove(request, "phone")


@router.put(
    "/details/addresses/{kind}",
    response={200: Details, ERRORS: Problem},
    summary="Keep a postal address",
)
def set_address(request: HttpRequest, kind: AddressKind, told: Address) -> Details:
    """Keep where bills go or where the service is used, in the place of the one before.

    In the United States an address has a state and a ZIP code; elsewhere a city and a country are
    enough. It asks for a proof of the last 15 minutes (`prove`). Raises ProveAgain, FieldWrong.
    """
    bearer, now = bearer_of(request), timezone.now()
    refuse_old_proof(bearer, now=now)
    subject = bearer.subject
    typed = Postal(told.street, told.city, told.state, told.postal_code, told.country)
    held.set_address(by=actor_of(subject), subject=subject, kind=kind, typed=typed, now=now)
    return show(subject)


@router.delete(
    "/details/addresses/{kind}",
    response={200: Details, ERRORS: Problem},
    summary="Take a postal address out",
)
def remove_address(request: HttpRequest, kind: AddressKind) -> Details:
    """Erase the address; where there is none, nothing is done.

    It asks for a proof of the last 15 minutes (`prove`). Raises ProveAgain.
    """
    refuse_old_proof(bearer_of(request), now=timezone.now())
    return remove(request, f"{kind}_address")


@router.put(
    "/details/device", response={200: Details, ERRORS: Problem}, summary="Keep the kind of device"
)
def set_device(request: HttpRequest, told: DeviceKept) -> Details:
    """Keep with what kind of device the person uses the service."""
    subject, now = bearer_of(request).subject, timezone.now()
    held.set_device(by=actor_of(subject), subject=subject, kind=told.kind, now=now)
    return show(subject)


@router.delete(
    "/details/device",
    response={200: Details, ERRORS: Problem},
    summary="Take the kind of device out",
)
def remove_device(request: HttpRequest) -> Details:
    """Erase the kind of device; where there is none, nothing is done."""
    return remove(request, "device")


def remove(request: HttpRequest, field: str) -> Details:
    subject = bearer_of(request).subject
    held.remove(by=actor_of(subject), subject=subject, field=field, now=timezone.now())
    return show(subject)


def show(subject: SubjectId) -> Details:
    found = held.show_details(by=actor_of(subject), subject=subject, now=timezone.now())
    return Details(
        phone=found.phone or None,
        billing_address=to_address(found.addresses.get(AddressKind.BILLING)),
        service_address=to_address(found.addresses.get(AddressKind.SERVICE)),
        device=found.device,
    )


def to_address(kept: Postal | None) -> Address | None:
    if kept is None:
        return None
    return Address(
        street=kept.street,
        city=kept.city,
        state=kept.state,
        postal_code=kept.postal_code,
        country=kept.country,
    )
