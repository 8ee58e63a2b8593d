"""Who calls: the customer whose app holds the key; the guard has looked."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from clearline.kit.errors import Denied
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.trust.safeguards.signed_in import STEPPED_UP_SPAN
from clearline.trust.tokens.queries import Bearer


class ProveAgain(Denied):
    """What was asked for needs a proof of the last 15 minutes, as on the site."""

    code = "prove_again"

    def __init__(self) -> None:
        super().__init__(
            "This asks that you signed in, or proved again who you are, within the last 15 "
            "minutes; handing an account over asks for the proof itself. Prove it by `prove`, then "
            "send this again."
        )


class AppToken(HttpBearer):
    """Tells the description of the API that a key is needed; finds what the guard has found."""

    def authenticate(self, request: HttpRequest, token: str) -> Bearer | None:
        del token
        return find_caller(request)


def find_caller(request: HttpRequest) -> Bearer | None:
    """Return whom the guard has found to call; None where nobody needs to be known."""
    found: Bearer | None = getattr(request, "clearline_bearer", None)
    return found


def bearer_of(request: HttpRequest) -> Bearer:
    """Return who calls, at an address that is open to nobody else. Raises PermissionDenied."""
    found = find_caller(request)
    if found is None:
        raise PermissionDenied
    return found


def refuse_old_proof(bearer: Bearer, *, now: datetime) -> None:
    """Return if somebody signed in, or proved who they are, within the last 15 minutes.

    Raises ProveAgain.
    """
    if not timedelta() <= now - bearer.proved_at < STEPPED_UP_SPAN:
        raise ProveAgain


def proved_bearer(request: HttpRequest) -> Bearer:
    """Return who calls and has lately proved who they are. Raises PermissionDenied, ProveAgain."""
    bearer = bearer_of(request)
    refuse_old_proof(bearer, now=timezone.now())
    return bearer


def newly_proved_bearer(request: HttpRequest) -> Bearer:
    """Return who has lately proved who they are by more than having signed in.

    Raises PermissionDenied, ProveAgain.
    """
    bearer = proved_bearer(request)
    if not bearer.has_proved_anew:
        raise ProveAgain
    return bearer


def actor_of(subject: SubjectId) -> Actor:
    return Actor(ActorKind.SUBJECT, subject)
