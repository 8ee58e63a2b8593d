"""Record what a person chose, with the words they saw, and make the device's cookies follow."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers

from clearline.edge.site.remembered import put_what_is_agreed
from clearline.edge.site.visit import KEPT_FIELD, Kept, Visit, put_choices, visit_of
from clearline.kit.access import is_own_path
from clearline.kit.errors import Invalid, Unavailable
from clearline.policy.vocabulary import Answer, ChoiceMethod
from clearline.rights.choices.asked import SIGNAL, Shown
from clearline.service.accounts import queries as accounts
from clearline.trust.consent import actions as consent
from clearline.trust.consent.actions import ShownText
from clearline.trust.consent.cookie import ChosenOnDevice

CACHED_APART_BY: Final = ("Cookie", "Sec-GPC")
JUST_SAID_S: Final = 120  # in which a browser that was led on asks for the next page
JUST_SAID: Final = "choices.just_said"  # what the signature of a yes in an address is for


class SeeOther(HttpResponseRedirect):
    """After a form: the browser fetches the next page, and a reload sends nothing again."""

    status_code = HTTPStatus.SEE_OTHER


class NothingInForce(Unavailable):
    code = "no_edition_in_force"

    def __init__(self) -> None:
        super().__init__(
            "No edition of the privacy policy is in force today, so no choice can rest on it. "
            "Nothing about you is used meanwhile."
        )


class UnreadableAnswer(Invalid):
    code = "unreadable_answer"

    def __init__(self) -> None:
        super().__init__("The form did not say which answer you chose. Go back and choose again.")


def record(visit: Visit, *, answers: Mapping[str, Answer], shown: Shown, back: str) -> HttpResponse:
    """Write the answers down and lead back, past a look whether the cookie was kept.

    Raises NothingInForce, AgeBeforeYes, consent.SignalSaysNo, consent.TooManyAnswers.
    """
    chosen = write_down(visit, answers=answers, shown=shown, method=ChoiceMethod.FORM)
    fields = {"back": back}
    said_yes = {name for name, said in answers.items() if said is Answer.YES}
    if not said_yes <= chosen.choices.yes:
        fields["without"] = "yes"
    elif said_yes and chosen.unproved_at is None:
        # Should the cookie not be kept, this yes is taken back. A receipt has its number too, and
        # whoever is shown one must not be able to: so it is signed, for the next page alone.
        fields["proof"] = signing.dumps(chosen.proof, salt=JUST_SAID)
    response = SeeOther(f"{reverse('choice')}?{urlencode(fields)}")
    put_choices(response, chosen)
    put_what_is_agreed(response, visit, chosen)
    return response


def find_just_said(told: str) -> str | None:
    """Return the number of the yes that `record` signed; None for what it did not sign lately."""
    try:
        return str(signing.loads(told, salt=JUST_SAID, max_age=JUST_SAID_S))
    except signing.BadSignature:
        return None


def write_down(
    visit: Visit,
    *,
    answers: Mapping[str, Answer],
    shown: Shown,
    method: ChoiceMethod,
    source_key: str = "",
) -> ChosenOnDevice:
    """Prove the answers in the ledger.

    Those of a customer are kept for their account, a yes only where it counts at their age. Raises
    NothingInForce, AgeBeforeYes, consent.SignalSaysNo, consent.TooManyAnswers.
    """
    if visit.subject is not None:
        return consent.choose_for_account(
            subject=visit.subject,
            answers=accounts.answers_at_age(visit.subject, answers),
            device=visit.chosen,
            shown=under_edition(shown, visit),
            gpc=visit.is_gpc,
            network=visit.network,
            now=visit.now,
        )
    return consent.record_choices(
        answers=answers,
        before=visit.chosen,
        shown=under_edition(shown, visit),
        method=method,
        gpc=visit.is_gpc,
        now=visit.now,
        network=visit.network,
        source_key=source_key,
    )


def under_edition(shown: Shown, visit: Visit) -> ShownText:
    """Return what was shown with the edition it was shown under. Raises NothingInForce."""
    if visit.policy is None:
        raise NothingInForce
    return ShownText(shown.surface, visit.policy.edition.date, shown.text)


def safe_back(asked: str) -> str:
    """Return the path to lead back to if it is one of ours, else the home page."""
    return asked if is_own_path(asked) else reverse("home")


def with_mark(path: str, kept: Kept) -> str:
    """Return the address with the mark of whether the browser kept the answer."""
    parts = urlsplit(path)
    fields = [pair for pair in parse_qsl(parts.query) if pair[0] != KEPT_FIELD]
    return f"{parts.path}?{urlencode([*fields, (KEPT_FIELD, kept)])}"


class VisitMiddleware:
    """Let the signal end what was allowed before, and keep pages that differ by person apart."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.has_header("Cache-Control"):
            return response
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, CACHED_APART_BY)
        if request.method == "GET":
            end_by_signal(response, visit_of(request))
        return response


def end_by_signal(response: HttpResponseBase, visit: Visit) -> None:
    """Record once that the signal said no; the new cookie says so from then on, signal or not.

    Once for each choice that it changes, however often a browser sends the cookie of before.
    """
    if visit.chosen is not None and visit.is_signal_new and visit.policy is not None:
        key = f"choice.signal:{visit.chosen.proof}" if visit.chosen.proof else ""
        how = ChoiceMethod.GPC
        chosen = write_down(visit, answers={}, shown=SIGNAL, method=how, source_key=key)
        if chosen != visit.chosen:
            put_choices(response, chosen)
