"""Who of the staff may sign in: giving ways in, changing roles, taking ways in back."""

from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clearline.edge.staff.access import actor_of, signed_in_member
from clearline.kit.access import Audience, open_to, require_step_up, require_step_up_to_send
from clearline.kit.errors import Refusal
from clearline.trust.grants import actions as grants
from clearline.trust.grants import queries as waiting_roles
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards.passwords import LENGTH_MIN
from clearline.trust.safeguards.roles import Role


@open_to(Audience.ADMINISTRATOR)
@require_step_up_to_send
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """List the staff; give someone new a way in."""
    member = signed_in_member(request)
    shown: dict[str, object] = {}
    status = 200
    if request.method == "POST":
        given = roles_in(request.POST.getlist("role"))
        user_id = request.POST.get("user_id", "")
        try:
            made = grants.create_staff(
                by=actor_of(member),
                user_id=user_id,
                password=request.POST.get("password", ""),
                roles=given,
                now=timezone.now(),
            )
        except Refusal as refused:
            status = 422
            shown |= {"error": str(refused), "user_id": user_id[:64], "given": given}
        else:
            return redirect(f"{request.path}?made={made}")
    return show_all(request, shown, status=status)


@open_to(Audience.ADMINISTRATOR)
@sensitive_post_parameters("user_id")
@require_POST
def find_person(request: HttpRequest) -> HttpResponse:
    """Mark whose user ID was asked for; by a form, so that it stands in no address."""
    asked = request.POST.get("user_id", "").strip()
    found = logins.find_public_id(asked) if asked else None
    return show_all(request, {"asked": asked[:64], "found": found})


def show_all(request: HttpRequest, told: dict[str, object], *, status: int = 200) -> HttpResponse:
    shown = {
        "length_min": LENGTH_MIN,
        "roles": list(Role),
        "staff_list": logins.list_staff(),
        "waiting": waiting_roles.list_waiting(now=timezone.now()),
        "made": request.GET.get("made", ""),
    }
    return render(request, "staff/people.html", shown | told, status=status)


@open_to(Audience.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD"])
def person(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one of the staff with the form for roles."""
    return show(request, public_id)


@open_to(Audience.ADMINISTRATOR)
@require_step_up
@require_POST
def set_person(request: HttpRequest, public_id: str) -> HttpResponse:
    """Set roles, or take the way in back; the same form gives it again."""
    try:
        is_waiting = grants.set_staff(
            by=actor_of(signed_in_member(request)),
            public_id=public_id,
            roles=roles_in(request.POST.getlist("role")),
            is_active=request.POST.get("is_active") == "yes",
            now=timezone.now(),
        )
    except safeguards.NoSuchStaff:
        raise Http404 from None
    except Refusal as refused:
        return show(request, public_id, error=str(refused))
    return redirect(f"/staff/people/{public_id}/?saved={'waits' if is_waiting else 'yes'}")


@open_to(Audience.ADMINISTRATOR)
@require_step_up
@require_POST
def decide(request: HttpRequest, waiting: str) -> HttpResponse:
    """Confirm roles that another administrator asked for, or decline them."""
    by, now = actor_of(signed_in_member(request)), timezone.now()
    seen = request.POST.get("seen", "")
    try:
        if request.POST.get("act") == "confirm":
            grants.confirm(by=by, public_id=waiting, seen=seen, now=now)
        else:
            grants.decline(by=by, public_id=waiting, seen=seen, now=now)
    except grants.NothingWaits:
        raise Http404 from None
    except Refusal as refused:
        return show(request, waiting, error=str(refused))
    return redirect(f"/staff/people/{waiting}/?saved=yes")


def show(request: HttpRequest, public_id: str, *, error: str = "") -> HttpResponse:
    found = logins.find_staff(public_id)
    if found is None:
        raise Http404
    shown = {
        "person": found,
        "roles": list(Role),
        "error": error,
        "is_saved": request.GET.get("saved") == "yes",
        "is_asked": request.GET.get("saved") == "waits",
        "waiting": waiting_roles.find_waiting(public_id, now=timezone.now()),
        "is_self": found.public_id == signed_in_member(request).public_id,
    }
    return render(request, "staff/person.html", shown, status=422 if error else 200)


def roles_in(names: Iterable[str]) -> list[Role]:
    return [Role(name) for name in names if name in set(Role)]
