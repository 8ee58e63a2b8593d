"""In which browsers the person is signed in at the site, and ending that from the app."""

from datetime import datetime
from typing import Annotated, Final

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Router

from clearline.edge.api.bearer import AppToken, bearer_of
from clearline.edge.api.described import ERRORS
from clearline.edge.api.shapes import Problem
from clearline.edge.api.ways_in import Sessions, SessionShown
from clearline.policy.vocabulary import SubjectId
from clearline.trust.safeguards import open_sessions
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.signed_in import SPANS
from clearline.trust.tokens import actions as tokens

router: Final = Router(auth=AppToken())
SessionNumber = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
NONE_OF_THEM: Final = ""  # an app is no browser, so that none of them is this one


@router.get(
    "/sessions",
    response={200: Sessions, ERRORS: Problem},
    summary="List where the person is signed in by a browser",
)
def sessions(request: HttpRequest) -> Sessions:
    """List the browsers in which the person is signed in; `sign-ins` lists their apps."""
    return show(bearer_of(request).subject, timezone.now())


@router.delete(
    "/sessions",
    response={200: Sessions, ERRORS: Problem},
    summary="Sign out everywhere but in this app",
)
def end_others(request: HttpRequest) -> Sessions:
    """End every session in a browser and every other sign-in of an app; this one goes on."""
    bearer, now = bearer_of(request), timezone.now()
    open_sessions.end_other_sessions(public_id=bearer.subject, keep=NONE_OF_THEM, now=now)
    tokens.end_all(subject=bearer.subject, now=now, but=bearer.family)
    return show(bearer.subject, now)


@router.delete(
    "/sessions/{browser}", response={200: Sessions, ERRORS: Problem}, summary="Sign one browser out"
)
def end_session(request: HttpRequest, browser: SessionNumber) -> Sessions:
    """End one session at once; one that has ended already is ended."""
    subject, now = bearer_of(request).subject, timezone.now()
    open_sessions.end_session(public_id=subject, number=browser, now=now)
    return show(subject, now)


def show(subject: SubjectId, now: datetime) -> Sessions:
    found = open_sessions.show_sessions(
        kind=LoginKind.CUSTOMER,
        public_id=subject,
        seen_after=now - SPANS[LoginKind.CUSTOMER].idle,
        now=now,
    )
    return Sessions(
        items=[
            SessionShown(
                number=each.number,
                device=each.device,
                began_at=each.began_at,
                seen_at=each.seen_at,
            )
            for each in found
        ]
    )
