"""Correcting in which range somebody's age lies, with what follows from it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor
from clearline.policy.vocabulary import ChoiceSurface, SubjectId
from clearline.service.accounts import emails
from clearline.service.accounts.actions import (
    KEEP_AGE,
    AgreedTo,
    begin_closing,
    lock_holder,
)
from clearline.service.accounts.age import AgeRange, ClosedForAge, choices_at_start
from clearline.service.accounts.queries import find_closed_at
from clearline.trust.consent import actions as consent
from clearline.trust.consent.actions import ShownText
from clearline.trust.gate import actions as gate
from clearline.trust.gate.permit import Permit
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.accounts import AccountClosed, AgeChanged, ProfileChanged
from clearline.trust.safeguards import actions as safeguards


def correct_age(
    *, by: Actor, subject: SubjectId, age: AgeRange, shown: AgreedTo, now: datetime
) -> None:
    """Set in which range somebody's age lies. `shown` is the edition and the words they saw.

    From 13 to 15, what needs a yes is no from now on. Who grows out of that keeps each no until
    they choose anew: nothing of it becomes a yes by itself. Under 13 the account closes for good,
    also one that was closed before. A letter tells of each, with the link that takes it back. Where
    that could bring none, the age may be corrected still, and then the closing taken back.
    Raises NoSuchCustomer, ClosedForAge, gate.UseDenied, NoEditionInForce.
    Source: 16 CFR 312.2; Cal. Civ. Code 1798.120(c); clause account.age.
    """
    may = ask_to_set_age(subject, now)

    with transaction.atomic():
        set_age(may, by=by, age=age, shown=shown, now=now)


@dataclass(frozen=True, slots=True)
class MaySetAge:
    """Whose age may be set, with the permits to note it and to set what follows from it.

    `is_told` is whether a letter with a link tells of a closing for good.
    """

    subject: SubjectId
    is_told: bool
    to_note: Permit
    to_choose: Permit


def ask_to_set_age(subject: SubjectId, now: datetime) -> MaySetAge:
    gate.ask(use=KEEP_AGE, choices=NOTHING_CHOSEN, now=now)
    return MaySetAge(
        subject,
        is_told_of_closing(subject, now=now),
        safeguards.ask_to_note_customer(now),
        consent.ask_to_keep(subject, now),
    )


def is_told_of_closing(subject: SubjectId, *, now: datetime) -> bool:
    """Say whether the letter about a closing, one of now or the one that was, can bring a link.

    Raises gate.UseDenied, NoEditionInForce.
    """
    closed_at = find_closed_at(subject)
    return emails.is_told_with_link(subject, changed_at=closed_at or now, now=now)


def set_age(may: MaySetAge, *, by: Actor, age: AgeRange, shown: AgreedTo, now: datetime) -> None:
    """Do what `correct_age` says, in the caller's transaction. Raises as it does."""
    is_child = age is AgeRange.UNDER_13
    holder = lock_holder(may.subject)
    if holder.is_final and (is_child or may.is_told):
        raise ClosedForAge
    holder.age_range, holder.is_final, holder.is_age_heard = age.value, is_child, True
    if is_child and holder.closed_at is None:
        begin_closing(holder, now)
    closing = ("closed_at", "closing_proof")
    holder.save(update_fields=["age_range", "is_final", "is_age_heard", *closing])
    entry = ProfileChanged(fields=("age_range",), by=str(by))
    ledger.append(entry, subject=may.subject, permit=may.to_note, now=now)
    consent.add_to_account(
        subject=may.subject,
        answers={name.value: answer for name, answer in choices_at_start(age).items()},
        shown=ShownText(ChoiceSurface.AGE, shown.edition, shown.text),
        permit=may.to_choose,
        now=now,
    )
    # Whoever is to be told of it is told by notices.py, which reads these entries.
    told = AccountClosed(by=str(by)) if is_child else AgeChanged(by=str(by))
    ledger.append(told, subject=may.subject, permit=may.to_note, now=now)
