"""The two ways in, customers' and staff's: the same pages in two frames, at two addresses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clearline.kit.access import Audience, open_to, opens_without_factor
from clearline.kit.errors import Refusal, TooMany
from clearline.trust.factors import actions as factors
from clearline.trust.factors import queries
from clearline.trust.factors.proof import Code, PasskeyAnswer, Password, Proof
from clearline.trust.safeguards import signed_in as sessions
from clearline.trust.safeguards.actions import SignedIn
from clearline.trust.safeguards.roles import LoginKind

Given = ParamSpec("Given")
METHODS: Final = ("GET", "HEAD", "POST")
TYPED_MAX: Final = 200
ANSWER_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Door:
    """One of the two: for whom, how its addresses are called, in which frames it stands."""

    kind: LoginKind
    name: str
    audience: tuple[Audience, ...]
    inside: str  # the template around pages of who is signed in
    outside: str  # and around the second step of signing in
    is_here: Callable[[HttpRequest], bool]
    safe_next: Callable[[str], str]
    begin: Callable[[HttpRequest, SignedIn], None]

    def url(self, page: str) -> str:
        return reverse(f"{self.name}_{page}")


def at(
    door: Door, view: Callable[Concatenate[HttpRequest, Door, Given], HttpResponse]
) -> Callable[Concatenate[HttpRequest, Given], HttpResponse]:
    """Return a view of who is signed in by this door; it opens before a second factor is there."""

    @opens_without_factor
    @open_to(*door.audience)
    @wraps(view)
    def through_door(
        request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs
    ) -> HttpResponse:
        return view(request, door, *args, **kwargs)

    return through_door


def at_for_all(
    door: Door, view: Callable[Concatenate[HttpRequest, Door, Given], HttpResponse]
) -> Callable[Concatenate[HttpRequest, Given], HttpResponse]:
    """Return a view of this door that is open to whoever is not signed in yet."""

    @open_to(Audience.EVERYONE)
    @wraps(view)
    def through_door(
        request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs
    ) -> HttpResponse:
        return view(request, door, *args, **kwargs)

    return through_door


def who_is_here(request: HttpRequest, door: Door, now: datetime) -> str:
    """Return the public id of who is signed in by this door. Raises PermissionDenied."""
    found = sessions.find(request.session, door.kind, now=now)
    if found is None:
        raise PermissionDenied
    return found.public_id


def proof_in(request: HttpRequest, challenge: bytes | None) -> Proof:
    """Return what a form gives to prove who sent it; `challenge` is what a passkey had to sign."""
    if "answer" in request.POST:
        return PasskeyAnswer(request.POST["answer"][:ANSWER_MAX], challenge)
    if "password" in request.POST:
        return Password(request.POST["password"][: TYPED_MAX + 1])
    return Code(request.POST.get("code", "")[:TYPED_MAX])


def ways_to_prove(
    door: Door, public_id: str, new_challenge: Callable[[], bytes], now: datetime
) -> dict[str, object]:
    """Return what a page needs to ask for a proof: what the person has to give one by."""
    has = queries.factors_of(public_id)
    options = ""
    if has.passkeys:
        options = factors.ask_for_passkey(
            kind=door.kind,
            public_id=public_id,
            challenge=new_challenge(),
            now=now,
        )
    return {"has": has, "options": options}


def page(
    request: HttpRequest, door: Door, template: str, shown: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """Return a page of this door in the frame of who is signed in."""
    frame = {"door": door, "frame": door.inside}
    return render(request, template, frame | shown, status=status)


def status_of_proof(refused: Refusal) -> int:
    """Return the status of a page that asks for a proof again; 403 is of pages one may not open."""
    return 429 if isinstance(refused, TooMany) else 422
