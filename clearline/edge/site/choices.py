"""The prompt's answer, the page of choices, and the proof of one's own choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clearline.edge.site.answers import SeeOther, UnreadableAnswer, record, safe_back, with_refused
from clearline.edge.site.context import ask_text
from clearline.edge.site.visit import Visit, visit_of
from clearline.kit.access import Audience, open_to
from clearline.policy.vocabulary import Answer, ChoiceName
from clearline.trust.consent import queries as consent

# What the prompt asks about, both at once; all else is asked by itself.
PROMPT_ANSWERS: Final[Mapping[str, Mapping[str, Answer]]] = {
    "accept": {ChoiceName.MEASUREMENT: Answer.YES, ChoiceName.CONTENT: Answer.YES},
    "decline": {ChoiceName.MEASUREMENT: Answer.NO, ChoiceName.CONTENT: Answer.NO},
}
OPT_OUT: Final[Mapping[str, Answer]] = {ChoiceName.SALE_OR_SHARING: Answer.NO}
OPT_IN: Final[Mapping[str, Answer]] = {ChoiceName.SALE_OR_SHARING: Answer.YES}


@dataclass(frozen=True, slots=True)
class Wording:
    """How one choice is put to people; the proof of an answer commits to these words."""

    title: str | Promise
    text: str | Promise


WORDINGS: Final[Mapping[ChoiceName, Wording]] = {
    ChoiceName.MEASUREMENT: Wording(
        _("Recognise this browser when counting visits"),
        _("We then see how often people come back and which pages help them, over several days."),
    ),
    ChoiceName.CONTENT: Wording(
        _("Remember extras on this device"),
        _("Your country, your currency, and the page where you left off."),
    ),
}
SALE_TEXT: Final = "Do not sell or share my personal information"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One choice as the page shows it, with what a no loses and the clauses that rest on it."""

    name: ChoiceName
    title: str | Promise
    text: str | Promise
    answer: Answer
    lost: tuple[str, ...]
    clauses: tuple[str, ...]


@open_to(Audience.EVERYONE)
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: HttpRequest) -> HttpResponse:
    """Take the prompt's answer; asked again without a form, see whether the cookie was kept."""
    visit = visit_of(request)
    if request.method != "POST":
        back = safe_back(request.GET.get("back", ""))
        return SeeOther(back if visit.chosen else with_refused(back))
    answers = PROMPT_ANSWERS.get(request.POST.get("answer", ""))
    if answers is None:
        raise UnreadableAnswer
    back = safe_back(request.POST.get("back", ""))
    words = ask_text(str(visit.policy.edition.form)) if visit.policy else ""
    return record(visit, answers=answers, surface="prompt", text=words, back=back)


@open_to(Audience.EVERYONE)
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """Show each choice with what a no loses, and take the answers one by one."""
    visit = visit_of(request)
    purposes = purposes_of(visit)
    if request.method == "POST":
        return act(request, visit, purposes)
    said = visit.choices.answer(ChoiceName.SALE_OR_SHARING)
    shown = {
        "purposes": purposes,
        "chosen": visit.chosen,
        "is_opted_out": said is Answer.NO,
    }
    return render(request, "site/choices.html", shown)


def purposes_of(visit: Visit) -> tuple[Purpose, ...]:
    """Return the choices that the policy in force rests on, each as the page shows it."""
    policy = visit.policy
    if policy is None:
        return ()
    used = consent.choices_used(policy)
    return tuple(
        Purpose(
            name=name,
            title=wording.title,
            text=wording.text,
            answer=visit.choices.answer(name),
            lost=consent.what_is_lost(policy, name),
            clauses=consent.clauses_resting_on(policy, name),
        )
        for name, wording in WORDINGS.items()
        if name in used
    )


def act(request: HttpRequest, visit: Visit, purposes: tuple[Purpose, ...]) -> HttpResponse:
    """Do what the pressed button says. Taking an opt-out back takes two separate presses."""
    back = reverse("choices")
    match request.POST.get("act"):
        case "save":
            words = " ".join(f"{each.title}. {each.text}" for each in purposes)
            answers = answers_in(request, purposes)
            return record(visit, answers=answers, surface="choices", text=words, back=back)
        case "opt_out":
            return record(visit, answers=OPT_OUT, surface="choices", text=SALE_TEXT, back=back)
        case "opt_in":
            return render(request, "site/opt_in.html")
        case "opt_in_confirmed":
            return record(visit, answers=OPT_IN, surface="opt_in", text=SALE_TEXT, back=back)
    raise UnreadableAnswer


def answers_in(request: HttpRequest, purposes: tuple[Purpose, ...]) -> dict[str, Answer]:
    """Return the answers of the form; what was left open stays as it was."""
    try:
        return {
            each.name: Answer(request.POST[each.name])
            for each in purposes
            if each.name in request.POST
        }
    except ValueError:
        raise UnreadableAnswer from None
