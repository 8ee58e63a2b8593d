"""At the desk: letting back in, at a visit, who lost every way in; a second one confirms it."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from clearline.edge.staff.access import actor_of, signed_in_member
from clearline.edge.staff.customers import gone, show_customer
from clearline.kit.access import Audience, open_to, require_step_up
from clearline.kit.errors import Conflict, Denied, Invalid, NotFound, TooMany
from clearline.policy.vocabulary import SubjectId
from clearline.service.contacts.documents import Shown
from clearline.service.desk import way_back
from clearline.service.desk.actions import NotFoundHere
from clearline.trust.safeguards.queries import StaffMember


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
    except (Conflict, Denied, Invalid, NotFound, TooMany) as refused:
        return show_customer(request, whom, timezone.now(), way_back_refused=refused)
    return redirect("staff_customer", subject=subject)


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
