"""The prompt's answer, the page of choices, and the proof of one's own choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clearline.edge.site.account.own_choices import answers_shown
from clearline.edge.site.answers import (
    SeeOther,
    UnreadableAnswer,
    find_just_said,
    record,
    safe_back,
    under_edition,
    with_mark,
)
from clearline.edge.site.visit import Kept, Visit, signer, visit_of
from clearline.kit.access import Audience, open_to
from clearline.kit.errors import Conflict
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.vocabulary import Answer, ChoiceName, ChoiceSurface
from clearline.rights.choices.asked import (
    BUTTONS,
    EACH,
    OPT_IN,
    SALE,
    Shown,
    answers_in_words,
    said,
    shown_on_choices,
    shown_prompt,
    shown_withdrawal,
)
from clearline.trust.consent import actions as consent_actions
from clearline.trust.consent import queries as consent
from clearline.trust.consent.actions import SignalSaysNo
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.ledger import queries as ledger

# What the prompt asks about, both at once; all else is asked by itself.
ACCEPT: Final[Mapping[str, Answer]] = {
    ChoiceName.MEASUREMENT: Answer.YES,
    ChoiceName.CONTENT: Answer.YES,
}
DECLINE: Final[Mapping[str, Answer]] = {
    ChoiceName.MEASUREMENT: Answer.NO,
    ChoiceName.CONTENT: Answer.NO,
}
ALL_AT_ONCE: Final[Mapping[str, Mapping[str, Answer]]] = {"accept": ACCEPT, "decline": DECLINE}
OPT_OUT: Final[Mapping[str, Answer]] = {ChoiceName.SALE_OR_SHARING: Answer.NO}
OPTED_IN: Final[Mapping[str, Answer]] = {ChoiceName.SALE_OR_SHARING: Answer.YES}
FIRST_STEP_S: Final = 600  # how long the first of the two steps of opting in stays good
FIRST_STEP: Final = "choices.opt_in"  # what its signature is for


class FirstStepMissing(Conflict):
    code = "first_step_missing"

    def __init__(self) -> None:
        super().__init__(
            "Allowing sale or sharing again takes two steps, and the first was not taken in this "
            "browser or is more than ten minutes ago. Nothing was changed: your no stands."
        )


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
        return look_for_cookie(request, visit)
    back = safe_back(request.POST.get("back", ""))
    match request.POST.get("answer"):
        case ("accept" | "decline") as pressed:
            shown = shown_prompt(pressed)
            return record(visit, answers=ALL_AT_ONCE[pressed], shown=shown, back=back)
        case "withdraw" if visit.policy is not None:
            shown = shown_withdrawal(visit.policy)
            return record(visit, answers=DECLINE, shown=shown, back=back)
    raise UnreadableAnswer


def look_for_cookie(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Lead back, saying what was saved; where the browser kept no cookie, take a yes back."""
    back = safe_back(request.GET.get("back", ""))
    if visit.chosen is not None or visit.subject is not None:
        kept = Kept.WITHOUT_YES if "without" in request.GET else Kept.SAVED
        return SeeOther(with_mark(back, kept))
    proof = find_just_said(request.GET.get("proof", ""))
    if request.method == "GET" and visit.policy is not None and proof is not None:
        shown = under_edition(Shown(ChoiceSurface.CHOICE, _("The browser kept no cookie.")), visit)
        consent_actions.take_back_unkept(proof=proof, shown=shown, now=visit.now)
    return SeeOther(with_mark(back, Kept.REFUSED))


@open_to(Audience.EVERYONE)
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """Show each choice with what a no loses, and take the answers one by one."""
    visit = visit_of(request)
    purposes = purposes_of(visit)
    if request.method == "POST":
        return act(request, visit, purposes)
    kept = visit.chosen.choices if visit.chosen else NOTHING_CHOSEN
    proved = ledger.list_choices(visit.chosen.proof) if visit.chosen else ()
    earlier = proved if visit.chosen and visit.chosen.unproved_at else proved[1:]
    shown = {
        "purposes": purposes,
        "chosen": visit.chosen,
        "answers": answers_in_words(kept),
        "earlier": [(each, answers_in_words(each.choices)) for each in earlier],
        "sale": SALE,
        "sale_answer": visit.choices.answer(ChoiceName.SALE_OR_SHARING),
        "is_no_kept": kept.answer(ChoiceName.SALE_OR_SHARING) is Answer.NO,
        "is_for_account": visit.subject is not None,
        "is_recognised": is_recognised_unasked(visit),
        "is_blank": visit.on_device is None,
        "of_account": tuple(answers_shown(request)),
    }
    return render(request, "site/choices.html", shown)


def is_recognised_unasked(visit: Visit) -> bool:
    """Say whether a browser without an answer is recognised, by the number that it still keeps.

    So it is under a policy that lets us until somebody declines, where what was chosen got lost.
    """
    name, device = ChoiceName.MEASUREMENT, visit.on_device
    if visit.policy is None or device is None or not device.id:
        return False
    is_unset = visit.choices.answer(name) is Answer.UNSET
    return is_unset and consent.holds_until_no(visit.policy, name)


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
        for name, wording in EACH.items()
        if name in used
    )


def act(request: HttpRequest, visit: Visit, purposes: tuple[Purpose, ...]) -> HttpResponse:
    """Do what the pressed button says. Taking an opt-out back takes two separate presses."""
    back = reverse("choices")
    asked = [EACH[each.name] for each in purposes]
    match request.POST.get("act"):
        case ("accept" | "decline") as pressed:
            shown = shown_on_choices(asked, BUTTONS[pressed])
            return record(visit, answers=ALL_AT_ONCE[pressed], shown=shown, back=back)
        case "save":
            shown = shown_on_choices(asked, _("Save my choices"))
            return record(visit, answers=answers_in(request, purposes), shown=shown, back=back)
        case "opt_out":
            shown = shown_on_choices([SALE], SALE.button)
            return record(visit, answers=OPT_OUT, shown=shown, back=back)
        case "opt_in":
            return ask_again(request, visit)
        case "opt_in_confirmed":
            refuse_without_first_step(request, visit)
            shown = Shown(ChoiceSurface.OPT_IN, said([OPT_IN], OPT_IN.button))
            return record(visit, answers=OPTED_IN, shown=shown, back=back)
    raise UnreadableAnswer


def ask_again(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take the first step of opting in: show the second. Raises SignalSaysNo, FirstStepMissing."""
    if visit.is_gpc:
        raise SignalSaysNo
    if visit.chosen is None:
        raise FirstStepMissing
    step = signing.dumps(step_of(visit.chosen), salt=FIRST_STEP)
    return render(request, "site/opt_in.html", {"opt_in": OPT_IN, "step": step})


def step_of(chosen: ChosenOnDevice) -> str:
    """Return what the first step is bound to: all that the browser held of its choices then."""
    return signer().write_choices(chosen)


def refuse_without_first_step(request: HttpRequest, visit: Visit) -> None:
    """Return if this browser took the first step with the choices that it still holds.

    Source: 11 CCR 7028(a), "a two-step opt-in process". Raises FirstStepMissing.
    """
    step = request.POST.get("step", "")
    try:
        taken = signing.loads(step, salt=FIRST_STEP, max_age=FIRST_STEP_S)
    except signing.BadSignature:
        raise FirstStepMissing from None
    if visit.chosen is None or taken != step_of(visit.chosen):
        raise FirstStepMissing


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


@open_to(Audience.EVERYONE)
@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """Say how anybody checks a proof without us, with the key and the program to do it."""
    return render(request, "site/receipts.html", {"vkey": ledger.vkey()})
