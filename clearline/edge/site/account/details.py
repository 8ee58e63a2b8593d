"""What a customer may tell where a service needs it: a number, addresses, the kind of device."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clearline.edge.site.account.access import actor_of, customer_here
from clearline.edge.site.answers import UnreadableAnswer
from clearline.kit.access import Audience, open_to, require_step_up_to_send
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import details as held
from clearline.service.accounts.roles import AddressKind, DeviceKind
from clearline.service.accounts.words import FieldWrong, Postal

TYPED_MAX: Final = 300
PARTS: Final = ("street", "city", "state", "postal_code", "country")
ADDRESSES: Final[Mapping[AddressKind, str | Promise]] = {
    AddressKind.BILLING: _("Address for bills"),
    AddressKind.SERVICE: _("Address where you use the service"),
}
DEVICES: Final[Mapping[DeviceKind, str | Promise]] = {
    DeviceKind.DESK_PHONE: _("A desk phone for the internet"),
    DeviceKind.ADAPTER: _("An ordinary phone with an adapter"),
    DeviceKind.COMPUTER: _("A computer"),
    DeviceKind.MOBILE: _("A mobile phone"),
}


@open_to(Audience.CUSTOMER)
@require_step_up_to_send
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Show what the customer told, and keep or take out what the pressed button says."""
    subject, now = customer_here(request), timezone.now()
    if request.method == "POST":
        try:
            act(request.POST, subject, now)
        except FieldWrong as wrong:
            return show(request, subject, now, wrong)
        return redirect("account_details")
    return show(request, subject, now)


def act(told: QueryDict, subject: SubjectId, now: datetime) -> None:
    """Do what a button says. Raises FieldWrong, UnreadableAnswer."""
    by, kind, field = actor_of(subject), told.get("kind", ""), told.get("field", "")
    match told.get("act"):
        case "phone":
            phone = told.get("phone", "")[:TYPED_MAX]
            held.set_phone(by=by, subject=subject, phone=phone, now=now)
        case "address" if kind in set(AddressKind):
            typed = postal_in(told)
            held.set_address(by=by, subject=subject, kind=AddressKind(kind), typed=typed, now=now)
        case "device" if kind in set(DeviceKind):
            held.set_device(by=by, subject=subject, kind=DeviceKind(kind), now=now)
        case "remove" if field in held.KEPT_AS:
            held.remove(by=by, subject=subject, field=field, now=now)
        case _:
            raise UnreadableAnswer


def postal_in(told: QueryDict) -> Postal:
    return Postal(*(told.get(name, "")[:TYPED_MAX] for name in PARTS))


def show(
    request: HttpRequest, subject: SubjectId, now: datetime, wrong: FieldWrong | None = None
) -> HttpResponse:
    found = held.show_details(by=actor_of(subject), subject=subject, now=now)
    kind = request.POST.get("kind", "") if wrong else ""
    is_phone_wrong = wrong is not None and wrong.field == "phone"
    addresses = [
        {
            "kind": each,
            "title": title,
            "typed": postal_in(request.POST) if kind == each else found.addresses.get(each),
            "is_kept": each in found.addresses,
            "errors": {wrong.field: str(wrong)} if wrong and kind == each else {},
        }
        for each, title in ADDRESSES.items()
    ]
    shown = {
        "phone": request.POST.get("phone", "")[:TYPED_MAX] if is_phone_wrong else found.phone,
        "has_phone": bool(found.phone),
        "phone_error": str(wrong) if is_phone_wrong else "",
        "addresses": addresses,
        "devices": DEVICES.items(),
        "device": found.device,
    }
    return render(request, "account/details.html", shown, status=422 if wrong else 200)
