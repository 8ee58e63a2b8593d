"""Recording what a person chose, so that it can be proved later, by them too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction

from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Answer, Category, Purpose, SubjectId, SubjectKind
from clearline.trust.consent.cookie import ChosenOnDevice
from clearline.trust.gate import actions as gate
from clearline.trust.ledger import actions as ledger
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
    """What the person saw when they chose: where, under which edition, and a hash of the words."""

    surface: str
    edition: date
    text_sha256: str


def record_choices(  # a proof of choice is all of these
    *,
    answers: Mapping[str, Answer],
    before: ChosenOnDevice | None,
    shown: ShownText,
    method: str,
    gpc: bool,
    now: datetime,
) -> ChosenOnDevice:
    """Write the answers to the ledger and return all choices as they now stand.

    Answers not given stay as they were. The entry has no subject: its random id, kept in the
    person's own cookie, is all that leads to it. Source: GDPR 7(1); clause choices.keep.
    Raises gate.UseDenied, NoEditionInForce.
    """
    choices = (before.choices if before else NOTHING_CHOSEN).with_answers(answers)

    permit = gate.ask(use=KEEP_CHOICE, choices=choices, now=now)

    with transaction.atomic():
        entry = ledger.append(
            ChoiceRecorded(
                yes=tuple(sorted(choices.yes)),
                no=tuple(sorted(choices.no)),
                method=method,
                surface=shown.surface,
                edition=shown.edition.isoformat(),
                text_sha256=shown.text_sha256,
                gpc=gpc,
            ),
            subject=None,
            permit=permit,
            now=now,
        )
    return ChosenOnDevice(choices=choices, at=now, edition=shown.edition, proof=entry.id)
