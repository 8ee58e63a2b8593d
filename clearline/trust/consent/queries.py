"""What a person's earlier answers mean today."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN
from clearline.policy.compile import CompiledPolicy
from clearline.policy.condition import choices_in, holds
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Answer,
    Category,
    ChoiceName,
    Purpose,
    SubjectId,
    SubjectKind,
)
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.consent.models import AccountChoices
from clearline.trust.gate.decide import Outcome, decide

# 11 CCR 7026(k): "shall wait at least 12 months" before asking again after a no. Twelve months
# have at most 366 days; two more let the same day of the next year pass in every time zone.
NO_ASK_WINDOW: Final = timedelta(days=368)
ASKED_BY_PROMPT: Final = (ChoiceName.MEASUREMENT, ChoiceName.CONTENT)

KEEP_FOR_ACCOUNT: Final = Use(
    by=Actor(ActorKind.SUBJECT, "customer"),
    subject=SubjectId("customer"),
    # Both, so that the clause of accounts answers and not that of browsers.
    categories=frozenset({Category.PRIVACY_PREFERENCES, Category.ACCOUNT}),
    purpose=Purpose.FUNCTIONAL_STORAGE_PRIVACY_PREFERENCES,
    about=SubjectKind.CUSTOMER,
)


def keeps_for_accounts(policy: CompiledPolicy) -> bool:
    """Say whether the policy lets us keep choices for accounts; without that, browsers alone do."""
    verdict = decide(policy=policy, use=KEEP_FOR_ACCOUNT, choices=NOTHING_CHOSEN)
    return verdict.outcome is Outcome.YES


def is_followed(*, subject: SubjectId, device: ChosenOnDevice | None, gpc: bool) -> bool:
    """Say whether a browser already shows what its customer's account holds, the signal in it."""
    proof = find_proof(subject)
    if device is None:
        return not proof and not gpc
    is_latched = not gpc or device.choices.no >= GPC_CLOSES
    return is_latched and device.unproved_at is None and bool(proof) and device.proof == proof


def find_proof(subject: SubjectId) -> str:
    """Return the entry of the last change of an account's choices, "" before the first."""
    proofs = AccountChoices.objects.filter(subject=subject).values_list("proof", flat=True)
    return proofs.first() or ""


def with_choices(subjects: Iterable[SubjectId]) -> frozenset[str]:
    """Return those of some people whose accounts hold any answer."""
    rows = AccountChoices.objects.filter(subject__in=list(subjects))
    return frozenset(rows.values_list("subject", flat=True))


def find_shown(subject: SubjectId, proof: str) -> ChosenOnDevice | None:
    """Return what an app showed of an account, if it still stands; None if something came since.

    What was chosen stays sealed: of the app it is only needed how far it has seen.
    """
    row = AccountChoices.objects.filter(subject=subject, proof=proof).first() if proof else None
    if row is None:
        return None
    return ChosenOnDevice(NOTHING_CHOSEN, row.changed_at, row.edition, row.proof)


def needs_prompt(chosen: ChosenOnDevice | None, policy: CompiledPolicy, now: datetime) -> bool:
    """Say whether to ask: something the policy asks about has no answer yet.

    A no keeps the prompt away for 12 months; so does any answer, while the cookie lives.
    """
    asked = [name for name in ASKED_BY_PROMPT if name in choices_used(policy)]
    if not asked:
        return False
    if chosen is None:
        return True
    answers = [chosen.choices.answer(name) for name in asked]
    if Answer.NO in answers and now - chosen.answered_at < NO_ASK_WINDOW:
        return False
    return Answer.UNSET in answers


def choices_used(policy: CompiledPolicy) -> frozenset[str]:
    """Return the choices that some clause of the policy rests on."""
    return frozenset().union(*(choices_in(c.requires) for c in policy.edition.clauses))


def holds_until_no(policy: CompiledPolicy, choice: ChoiceName) -> bool:
    """Say whether a clause that rests on a choice holds from before it is made until a no."""
    declined = NOTHING_CHOSEN.with_answers({choice: Answer.NO})
    rests = (clause.requires for clause in policy.edition.clauses)
    return any(holds(each, NOTHING_CHOSEN) and not holds(each, declined) for each in rests)


def what_is_lost(policy: CompiledPolicy, choice: str) -> tuple[str, ...]:
    """Return, in the policy's own words, what a no to this choice loses."""
    clauses = [c for c in policy.edition.clauses if choice in choices_in(c.requires)]
    return tuple(clause.otherwise for clause in clauses if clause.otherwise)


def clauses_resting_on(policy: CompiledPolicy, choice: str) -> tuple[str, ...]:
    return tuple(c.id for c in policy.edition.clauses if choice in choices_in(c.requires))
