"""The person's choices as the app shows and sets them, and the signal that an app may send."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Router

from clearline.edge.api.bearer import AppToken, actor_of, bearer_of
from clearline.edge.api.described import ERRORS
from clearline.edge.api.shapes import (
    Choice,
    Choices,
    ChoicesSet,
    OptIn,
    OptInConfirmed,
    Problem,
    Sale,
    Signal,
)
from clearline.kit.errors import Conflict, Invalid
from clearline.policy.choices import GPC_CLOSES, says_gpc
from clearline.policy.compile import CompiledPolicy
from clearline.policy.vocabulary import Answer, ChoiceMethod, ChoiceName, ChoiceSurface, SubjectId
from clearline.rights.choices.asked import EACH, OPT_IN, SALE, SIGNAL, Shown, Wording, said
from clearline.service.accounts import queries as accounts
from clearline.trust.consent import actions as consent
from clearline.trust.consent import queries
from clearline.trust.consent.account import Said
from clearline.trust.consent.actions import ShownText, SignalSaysNo
from clearline.trust.gate import queries as gate
from clearline.trust.safeguards.origin import network_of

router: Final = Router(auth=AppToken())
SAVE: Final = _("Save my choices")
HONOURED: Final = _("Opt-Out Request Honored")
STEP_S: Final = 600  # how long the first of the two steps of opting in stays good
STEP: Final = "api.opt_in"  # what its signature is for
OPTED_IN: Final[Mapping[str, Answer]] = {ChoiceName.SALE_OR_SHARING: Answer.YES}


class NotAsked(Invalid):
    code = "choice_not_asked"

    def __init__(self, name: str) -> None:
        self.field = f"answers.{name}"
        super().__init__("Nothing in the privacy policy in force rests on this choice.")


class NothingAnswered(Invalid):
    code = "nothing_answered"

    def __init__(self) -> None:
        super().__init__("Say which choice is answered with what.")


class FirstStepMissing(Conflict):
    code = "first_step_missing"

    def __init__(self) -> None:
        super().__init__(
            "Allowing sale or sharing again takes two steps, and the first was not taken by this "
            "sign-in, is more than ten minutes ago, or came before another choice. Nothing was "
            "changed: your no stands."
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """One request about choices: whose, by which sign-in, when, under which policy, signalled."""

    subject: SubjectId
    family: str
    now: datetime
    policy: CompiledPolicy
    is_gpc: bool

    def held(self) -> Mapping[str, Said]:
        by = actor_of(self.subject)
        return consent.show_account(by=by, subject=self.subject, now=self.now)

    def under_edition(self, shown: Shown) -> ShownText:
        return ShownText(shown.surface, self.policy.edition.date, shown.text)


def asked_by(request: HttpRequest) -> Asked:
    """Return what a request about choices brings. Raises NoEditionInForce."""
    bearer, now = bearer_of(request), timezone.now()
    is_gpc = says_gpc(request.headers.get("Sec-GPC", ""))
    return Asked(bearer.subject, bearer.family, now, gate.policy_in_force(now), is_gpc)


def keep_signal(request: HttpRequest, subject: SubjectId) -> None:
    """Keep Global Privacy Control for the account, whatever else the app asked with it.

    Without a clause that lets us keep choices for accounts the signal holds for the request alone.
    Raises NoEditionInForce.
    """
    if not says_gpc(request.headers.get("Sec-GPC", "")):
        return
    now = timezone.now()
    policy = gate.policy_in_force(now)
    if queries.keeps_for_accounts(policy):
        shown = ShownText(SIGNAL.surface, policy.edition.date, SIGNAL.text)
        consent.keep_signal(subject=subject, shown=shown, now=now)


@router.get("/choices", response={200: Choices, ERRORS: Problem}, summary="Show the choices")
def choices(request: HttpRequest) -> Choices:
    """Show each choice with its words, what it holds, since when and where that came from.

    Also whether Global Privacy Control is honoured. A choice that was never made counts as a no.
    """
    return show(asked_by(request))


@router.post("/choices", response={200: Choices, ERRORS: Problem}, summary="Set choices")
def choose(request: HttpRequest, told: ChoicesSet) -> Choices:
    """Keep the answers given, for the account, in every browser and app; the others stay.

    Send the words that you showed: those of `GET choices`, with its `button`. `seen` is the
    `proof` that came with them: a yes takes back no no that was said elsewhere since. Sale or
    sharing is closed here, and allowed again by `opt-in`.
    """
    asked = asked_by(request)
    answers = answers_in(told, asked.policy)
    shown = Shown(ChoiceSurface.APP, said(wordings_of(answers), SAVE))
    keep(request, asked, answers, shown=shown, seen=told.seen)
    return show(asked)


@router.post(
    "/choices/opt-in",
    response={200: OptIn, ERRORS: Problem},
    summary="Begin to allow sale or sharing again",
)
def opt_in(request: HttpRequest) -> OptIn:
    """Take the first of two steps that allow sale or sharing again: get what to ask once more."""
    asked = asked_by(request)
    if asked.is_gpc:
        raise SignalSaysNo
    step = signing.dumps(step_of(asked), salt=STEP)
    return OptIn(
        step=step, title=str(OPT_IN.title), text=str(OPT_IN.text), button=str(OPT_IN.button)
    )


@router.post(
    "/choices/opt-in/confirm",
    response={200: Choices, ERRORS: Problem},
    summary="Confirm that sale or sharing is allowed",
)
def confirm_opt_in(request: HttpRequest, told: OptInConfirmed) -> Choices:
    """Take the second step, within ten minutes, by the same sign-in, with nothing chosen between.

    Source: 11 CCR 7028(a), "a two-step opt-in process".
    """
    asked = asked_by(request)
    step = step_of(asked)
    try:
        taken = signing.loads(told.step, salt=STEP, max_age=STEP_S)
    except signing.BadSignature:
        raise FirstStepMissing from None
    if taken != step:
        raise FirstStepMissing
    shown = Shown(ChoiceSurface.OPT_IN, said([OPT_IN], OPT_IN.button))
    keep(request, asked, OPTED_IN, shown=shown, seen=step[-1])
    return show(asked)


def step_of(asked: Asked) -> list[str]:
    """Return what the first step is bound to: the sign-in, and the choices as they stood then."""
    return [asked.family, queries.find_proof(asked.subject)]


def keep(
    request: HttpRequest, asked: Asked, answers: Mapping[str, Answer], *, shown: Shown, seen: str
) -> None:
    """Keep answers for the account, a yes only where it counts at the person's age.

    Raises AgeBeforeYes, SignalSaysNo, TooManyAnswers, gate.UseDenied.
    """
    consent.choose_for_account(
        subject=asked.subject,
        answers=accounts.answers_at_age(asked.subject, answers),
        device=queries.find_shown(asked.subject, seen),
        shown=asked.under_edition(shown),
        gpc=asked.is_gpc,
        network=network_of(request),
        now=asked.now,
        method=ChoiceMethod.APP,
    )


def answers_in(told: ChoicesSet, policy: CompiledPolicy) -> dict[str, Answer]:
    """Return what is answered. Raises NothingAnswered, NotAsked."""
    given = told.answers.model_dump(exclude_none=True)
    if not given:
        raise NothingAnswered
    used = {*queries.choices_used(policy), ChoiceName.SALE_OR_SHARING}
    for name in given:
        if name not in used:
            raise NotAsked(name)
    return {name: Answer(answer) for name, answer in given.items()}


def wordings_of(answers: Iterable[str]) -> Iterator[Wording]:
    words = {**EACH, ChoiceName.SALE_OR_SHARING: SALE}
    return (wording for name, wording in words.items() if name in set(answers))


def show(asked: Asked) -> Choices:
    proof = queries.find_proof(asked.subject)  # before the answers, so that it is never newer
    held, used = asked.held(), queries.choices_used(asked.policy)
    each = [
        to_choice(name, EACH[name], held.get(name), asked.policy) for name in EACH if name in used
    ]
    kept = held.get(ChoiceName.SALE_OR_SHARING)
    sale = Sale(
        **to_choice(ChoiceName.SALE_OR_SHARING, SALE, kept, asked.policy).model_dump(),
        button=str(SALE.button),
    )
    return Choices(
        items=each,
        sale_or_sharing=sale,
        button=str(SAVE),
        signal=to_signal(held),
        proof=proof or None,
    )


def to_choice(
    name: ChoiceName, wording: Wording, kept: Said | None, policy: CompiledPolicy
) -> Choice:
    return Choice(
        name=name,
        title=str(wording.title),
        text=str(wording.text),
        answer=kept.answer if kept else Answer.UNSET,
        since=kept.at if kept else None,
        came_from=kept.method if kept else None,
        proof=kept.proof if kept else None,
        lost=list(queries.what_is_lost(policy, name)),
        clauses=list(queries.clauses_resting_on(policy, name)),
    )


def to_signal(held: Mapping[str, Said]) -> Signal:
    kept = [held[name] for name in GPC_CLOSES if name in held]
    signalled = [
        each.at for each in kept if each.answer is Answer.NO and each.method is ChoiceMethod.GPC
    ]
    is_honoured = bool(signalled) and all(each.answer is Answer.NO for each in kept)
    return Signal(
        is_honoured=is_honoured,
        since=min(signalled) if is_honoured else None,
        words=str(HONOURED) if is_honoured else "",
    )
