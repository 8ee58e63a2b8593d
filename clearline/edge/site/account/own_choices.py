"""What a customer chose holds in every browser: it follows their account from page to page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clearline.edge.site.account.access import actor_of, subject_of
from clearline.edge.site.answers import under_edition
from clearline.edge.site.remembered import put_what_is_agreed
from clearline.edge.site.visit import Visit, choices_put, of_customer, put_choices, signer, visit_of
from clearline.policy.choices import GPC_CLOSES
from clearline.policy.condition import choice_in_words
from clearline.policy.vocabulary import Answer, ChoiceMethod, SubjectId
from clearline.rights.choices.asked import SIGNAL, SIGNED_IN
from clearline.trust.consent import actions as consent
from clearline.trust.consent import queries
from clearline.trust.consent.account import Said
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.safeguards import signed_in as sessions

SAFE: Final = frozenset({"GET", "HEAD"})
ORIGINS: Final[dict[ChoiceMethod, str | Promise]] = {
    ChoiceMethod.FORM: _("another browser, or this one before you signed in anew"),
    ChoiceMethod.GPC: _("a browser's signal, or our app's"),
    ChoiceMethod.SIGN_IN: _("a browser that had chosen when you signed in with it"),
    ChoiceMethod.START: _("the age range that the account holds"),
    ChoiceMethod.APP: _("our app"),
    ChoiceMethod.IMPORT: _("our earlier records; what proves it stands under My data"),
}
HERE: Final = _("this browser")


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """One answer of the account: what, since when, and where it came from."""

    title: str
    is_yes: bool
    at: datetime
    origin: str | Promise


class OwnChoicesMiddleware:
    """Join browser and account at every request of a customer, before the page is made.

    A form is answered by what its page showed, so only the signal is looked at before it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        subject, visit = subject_of(request), visit_of(request)
        if subject is None or visit.policy is None or not queries.keeps_for_accounts(visit.policy):
            return self.get_response(request)
        is_page = request.method in SAFE
        followed = follow(visit, subject) if is_page or visit.is_gpc else None
        visit = of_customer(request, subject, followed if is_page else visit.chosen)
        response = self.get_response(request)
        if is_page:
            put_followed(request, response, visit)
        else:
            note_said_here(request, response)
        return response


def follow(visit: Visit, subject: SubjectId) -> ChosenOnDevice | None:
    """Return what browser and account hold once they are joined; nothing is written when equal."""
    device = visit.chosen
    if queries.is_followed(subject=subject, device=device, gpc=visit.is_gpc):
        return device
    shown = under_edition(SIGNAL if visit.is_gpc else SIGNED_IN, visit)
    return consent.follow_account(
        subject=subject, device=device, shown=shown, gpc=visit.is_gpc, now=visit.now
    )


def put_followed(request: HttpRequest, response: HttpResponseBase, visit: Visit) -> None:
    """Let the browser keep what holds for the account; a page that others may keep sets nothing."""
    told = signer().read_choices(request.COOKIES)
    is_shared = "public" in response.get("Cache-Control", "")
    if visit.chosen is None or visit.chosen == told or is_shared:
        return
    put_choices(response, visit.chosen)
    put_what_is_agreed(response, visit, visit.chosen)


def note_said_here(request: HttpRequest, response: HttpResponseBase) -> None:
    """Remember for this session that the answer just kept was given in it."""
    kept = choices_put(response)
    if kept is not None:
        sessions.note_answer(request.session, kept.proof)


def answers_shown(request: HttpRequest) -> Iterator[AnswerShown]:
    """Yield each answer that the account of this customer holds."""
    for name, said in said_by(visit_of(request)).items():
        is_here = said.method is ChoiceMethod.FORM and sessions.has_said(
            request.session, said.proof
        )
        origin = HERE if is_here else ORIGINS.get(said.method, said.method)
        yield AnswerShown(choice_in_words(name), said.answer is Answer.YES, said.at, origin)


def signal_kept_at(visit: Visit) -> datetime | None:
    """Return since when the account of a visit keeps a signal's no; None when it keeps none."""
    said = said_by(visit)
    moments = [
        each.at
        for name, each in said.items()
        if name in GPC_CLOSES and each.method is ChoiceMethod.GPC
    ]
    return min(moments, default=None)


def said_by(visit: Visit) -> dict[str, Said]:
    if visit.subject is None:
        return {}
    by = actor_of(visit.subject)
    return dict(consent.show_account(by=by, subject=visit.subject, now=visit.now))
