"""At the desk: letting back in, at a visit, who lost every way in; a second one confirms it."""

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clearline.edge.staff.access import actor_of, signed_in_member
from clearline.edge.staff.customers import Timer, gone, name_of, told_of_way_back
from clearline.kit.access import Audience, open_to, require_step_up
from clearline.kit.errors import Refusal
from clearline.kit.problem import status_of
from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts.documents import DocumentWrong, Shown
from clearline.service.contacts.way_back import (
    AskedTooMuch,
    BegunAnew,
    NameDiffers,
    NoAddressOfRecord,
    NotByOneself,
    NothingBegun,
    StarterGone,
)
from clearline.service.desk import actions as desk
from clearline.service.desk import way_back
from clearline.service.desk.actions import NotFoundHere
from clearline.service.desk.way_back import OnlyAtVisit
from clearline.trust.safeguards.queries import StaffMember

REFUSED: Final = (
    AskedTooMuch,
    BegunAnew,
    DocumentWrong,
    NameDiffers,
    NoAddressOfRecord,
    NotByOneself,
    NothingBegun,
    OnlyAtVisit,
    StarterGone,
)


@open_to(Audience.SUPPORT)
@require_step_up
@require_POST
def way_back_of(request: HttpRequest, subject: str) -> HttpResponse:
    """Begin a way back by what was seen of a document, confirm it, or decline it."""
    member, whom = signed_in_member(request), SubjectId(subject)
    try:
        act(request.POST, member, whom)
    except NotFoundHere:
        return gone(request)
    except REFUSED as refused:
        return show(request, whom, refused)
    return redirect("staff_customer", subject=subject)


def show(request: HttpRequest, subject: SubjectId, refused: Refusal) -> HttpResponse:
    """Say why it was not done, with nothing else of the customer than the name to compare."""
    member, now = signed_in_member(request), timezone.now()
    told = desk.show_customer(by=actor_of(member), roles=member.roles, subject=subject, now=now)
    shown = {
        "subject": subject,
        "name": name_of(told),
        "timer": Timer.of(told.opened, now),
        "way_back": told_of_way_back(request, told, refused, now),
    }
    status = status_of(refused)
    return render(request, "staff/customer_way_back.html", shown, status=status)


def act(told: Mapping[str, str], member: StaffMember, subject: SubjectId) -> None:
    """Do what the pressed button says. Raises the refusals of desk.way_back, DocumentWrong."""
    by, now, seen = actor_of(member), timezone.now(), told.get("seen", "")
    if told.get("act") == "confirm":
        way_back.confirm(by=by, roles=member.roles, subject=subject, seen=seen, now=now)
    elif told.get("act") == "decline":
        way_back.decline(by=by, roles=member.roles, subject=subject, seen=seen, now=now)
    else:
        shown = Shown.read(
            document=told.get("document", ""), name=told.get("name", ""), why=told.get("why", "")
        )
        way_back.begin(by=by, roles=member.roles, subject=subject, shown=shown, now=now)
