"""Recording what a person chose, so that it can be proved later, by them too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from clearline.kit.errors import Denied, TooMany
from clearline.kit.window_counts import WindowCounts
from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Answer,
    Category,
    ChoiceMethod,
    ChoiceSurface,
    Purpose,
    SubjectId,
    SubjectKind,
)
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.consent.queries import ASKED_BY_PROMPT
from clearline.trust.gate import actions as gate
from clearline.trust.gate import queries as gate_queries
from clearline.trust.gate.decide import Outcome, decide
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger import queries as ledger_queries
from clearline.trust.ledger.entries import ChoiceRecorded

KEEP_CHOICE: Final = Use(
    by=Actor(ActorKind.SUBJECT, "visitor"),
    subject=SubjectId("visitor"),  # nobody knows who; the proof's number alone leads to it
    categories=frozenset({Category.PRIVACY_PREFERENCES, Category.DEVICE_COOKIE}),
    purpose=Purpose.FUNCTIONAL_STORAGE_PRIVACY_PREFERENCES,
    about=SubjectKind.VISITOR,
)
STOP_FLOODS: Final = Use(
    by=Actor(ActorKind.JOB, "choices"),
    subject=SubjectId("visitor"),
    categories=frozenset({Category.DEVICE_IP_ADDRESS}),
    purpose=Purpose.ESSENTIAL_SERVICE_SECURITY,
    about=SubjectKind.VISITOR,
)
# Answers of one network (/24, /48) that are written down in an hour. Some 30,000 people may leave
# a telephone company by one exit; asked once in twelve months they answer five times an hour, and
# twenty times as often on the day of a campaign.
ANSWERS_MAX: Final = 100
ANSWERS: Final = WindowCounts(window=timedelta(hours=1), keys_max=100_000)


@dataclass(frozen=True, slots=True)
class ShownText:
    """What the person saw when they chose: where, under which edition, and the words."""

    surface: ChoiceSurface
    edition: date
    text: str


class SignalSaysNo(Denied):
    """A yes to sale or sharing came together with Global Privacy Control."""

    code = "signal_says_no"

    def __init__(self) -> None:
        super().__init__(
            "Your browser sends Global Privacy Control, which says no to sale and sharing. So we "
            "did not record a yes. If you mean yes, turn the signal off first."
        )


class TooManyAnswers(TooMany):
    """A yes came after more answers from its network than are written down."""

    code = "too_many_answers"

    def __init__(self) -> None:
        super().__init__(
            "Very many answers came from your network within the hour, so yours was not kept, and "
            "you are treated as before. Say yes again in an hour. A no always counts at once."
        )


def record_choices(  # noqa: PLR0913  # a proof of choice is all of these
    *,
    answers: Mapping[str, Answer],
    before: ChosenOnDevice | None,
    shown: ShownText,
    method: ChoiceMethod,
    gpc: bool,
    now: datetime,
    network: str | None = None,
    source_key: str = "",
) -> ChosenOnDevice:
    """Write the answers to the ledger and return all choices as they now stand.

    Answers not given stay as they were. With the signal (`gpc`), what it speaks to becomes a no
    that outlives it: "the business shall not interpret the absence of that signal … as consent"
    (11 CCR 7025(c)(5)). The entry has no subject: its random id, kept in the person's own cookie,
    is all that leads to it. What is told again under a `source_key` has its first entry.
    `network` is the cut address: of one that floods us each no is honoured without an entry, and
    the signal alone is left to come again.
    Source: GDPR 7(1); clauses choices.keep, security.attempts.
    Raises SignalSaysNo, TooManyAnswers, gate.UseDenied, NoEditionInForce.
    """
    if gpc and any(answers.get(name) is Answer.YES for name in GPC_CLOSES):
        raise SignalSaysNo
    said = (before.choices if before else NOTHING_CHOSEN).with_answers(answers)
    choices = said.under_gpc() if gpc else said

    permit = gate.ask(use=KEEP_CHOICE, choices=choices, now=now)
    is_told_again = bool(source_key) and ledger_queries.find_by_source_key(source_key) is not None
    # Without an address nobody is held back: all of those would share one limit.
    if network and not is_told_again and is_flooding(network, now):
        return honour_no(answers=answers, before=before, shown=shown, gpc=gpc, now=now)

    with transaction.atomic():
        entry = ledger.append(
            ChoiceRecorded(
                yes=tuple(sorted(choices.yes)),
                no=tuple(sorted(choices.no)),
                method=method,
                surface=shown.surface,
                edition=shown.edition.isoformat(),
                text=shown.text,
                by_signal=tuple(sorted(choices.no - said.no)),
                before=before.proof if before else "",
            ),
            subject=None,
            permit=permit,
            now=now,
            source_key=source_key,
        )
    # A no without proof, said by form, is proved by no signal.
    unproved_at = before.unproved_at if before and not answers else None
    return ChosenOnDevice(choices, now, shown.edition, entry.id, unproved_at)


def is_flooding(network: str, now: datetime) -> bool:
    """Count one more answer of a network, if a clause lets us, and say whether it is too many."""
    policy = gate_queries.policy_in_force(now)
    verdict = decide(policy=policy, use=STOP_FLOODS, choices=NOTHING_CHOSEN)
    return verdict.outcome is Outcome.YES and ANSWERS.add(network, now) > ANSWERS_MAX


def honour_no(
    *,
    answers: Mapping[str, Answer],
    before: ChosenOnDevice | None,
    shown: ShownText,
    gpc: bool,
    now: datetime,
) -> ChosenOnDevice:
    """Return the choices with all that was said but a yes, for the browser to keep unproved.

    A no must count whatever others of its network do, and counting it needs only the browser's
    own cookie; a yes needs its proof (GDPR 7(1)), and one of before lasts no longer by this. The
    signal needs no cookie while it is sent. Raises TooManyAnswers when there is only a yes.
    """
    if before and not answers:
        return before
    kept = {name: answer for name, answer in answers.items() if answer is not Answer.YES}
    if answers and not kept:
        raise TooManyAnswers
    said = (before.choices if before else NOTHING_CHOSEN).with_answers(kept)
    return ChosenOnDevice(
        choices=said.under_gpc() if gpc else said,
        at=before.at if before else now,
        edition=before.edition if before else shown.edition,
        proof=before.proof if before else "",
        unproved_at=now,
    )


def take_back_unkept(*, proof: str, shown: ShownText, now: datetime) -> None:
    """Note once that the browser did not keep a yes, which so counts as declined.

    Nothing is noted for an id that is no choice. Raises gate.UseDenied, NoEditionInForce.
    """
    if not ledger_queries.is_choice(proof):
        return

    permit = gate.ask(use=KEEP_CHOICE, choices=NOTHING_CHOSEN, now=now)

    with transaction.atomic():
        ledger.append(
            ChoiceRecorded(
                yes=(),
                no=tuple(sorted(ASKED_BY_PROMPT)),
                method=ChoiceMethod.NO_COOKIE,
                surface=shown.surface,
                edition=shown.edition.isoformat(),
                text=shown.text,
                by_signal=(),
                before=proof,
            ),
            subject=None,
            permit=permit,
            now=now,
            source_key=f"choice.unkept:{proof}",
        )
