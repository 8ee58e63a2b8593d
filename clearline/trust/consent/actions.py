"""Recording what a person chose, so that it can be proved later, by them too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction

from clearline.kit.errors import Denied
from clearline.policy.choices import GPC_CLOSES, NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Answer, Category, Purpose, SubjectId, SubjectKind
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.consent.queries import ASKED_BY_PROMPT
from clearline.trust.gate import actions as gate
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


@dataclass(frozen=True, slots=True)
class ShownText:
    """What the person saw when they chose: where, under which edition, and the words."""

    surface: str
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


def record_choices(  # noqa: PLR0913  # a proof of choice is all of these
    *,
    answers: Mapping[str, Answer],
    before: ChosenOnDevice | None,
    shown: ShownText,
    method: str,
    gpc: bool,
    now: datetime,
    source_key: str = "",
) -> ChosenOnDevice:
    """Write the answers to the ledger and return all choices as they now stand.

    Answers not given stay as they were. With the signal (`gpc`), what it speaks to becomes a no
    that outlives it: "the business shall not interpret the absence of that signal … as consent"
    (11 CCR 7025(c)(5)). The entry has no subject: its random id, kept in the person's own cookie,
    is all that leads to it. What is told again under a `source_key` has its first entry.
    Source: GDPR 7(1); clause choices.keep.
    Raises SignalSaysNo, gate.UseDenied, NoEditionInForce.
    """
    if gpc and any(answers.get(name) is Answer.YES for name in GPC_CLOSES):
        raise SignalSaysNo
    said = (before.choices if before else NOTHING_CHOSEN).with_answers(answers)
    choices = said.under_gpc() if gpc else said

    permit = gate.ask(use=KEEP_CHOICE, choices=choices, now=now)

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
    return ChosenOnDevice(choices=choices, at=now, edition=shown.edition, proof=entry.id)


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
                method="no_cookie",
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
