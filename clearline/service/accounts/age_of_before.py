"""Ages told before every choice followed them: those accounts are made to follow the clause."""

from datetime import date, datetime
from typing import Final

from django.db import transaction

from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Category,
    ChoiceSurface,
    Purpose,
    SubjectId,
    SubjectKind,
)
from clearline.service.accounts.age import AgeRange, choices_at_start
from clearline.service.accounts.models import Holder
from clearline.trust.consent import actions as consent
from clearline.trust.consent import queries as consent_queries
from clearline.trust.consent.actions import ShownText
from clearline.trust.gate import actions as gate
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.uses import UseGranted
from clearline.trust.vault import queries as vault

BY: Final = Actor(ActorKind.JOB, "ages")
LOOKED_AT_ONCE: Final = 500


def hear_ages(*, now: datetime) -> int:
    """Let accounts of before say no to what their age asks; return how many were looked at.

    At most 500 at once. Whoever never answered anything began with no no, so their age is not
    opened. Raises gate.UseDenied, NoEditionInForce. Source: clause account.age.
    """
    rows = Holder.objects.filter(is_age_heard=False, age_range__isnull=False).order_by("pk")
    holders = list(rows[:LOOKED_AT_ONCE])
    answered = consent_queries.with_choices(SubjectId(each.subject) for each in holders)
    others = [each.pk for each in holders if each.subject not in answered]
    Holder.objects.filter(pk__in=others).update(is_age_heard=True)
    for each in holders:
        if each.subject in answered:
            hear(SubjectId(each.subject), now)
    return len(holders)


def hear(subject: SubjectId, now: datetime) -> None:
    """Let one account say no to what its age asks; a yes said since by its holder stands."""
    use = Use(
        by=BY,
        subject=subject,
        categories=frozenset({Category.DEMOGRAPHIC_AGE_RANGE}),
        purpose=Purpose.ESSENTIAL_LEGAL_OBLIGATION,
        about=SubjectKind.CUSTOMER,
    )
    permit = gate.ask(use=use, choices=NOTHING_CHOSEN, now=now)
    permit_to_choose = consent.ask_to_keep(subject, now)

    with transaction.atomic():
        rows = Holder.objects.select_for_update().filter(subject=subject, is_age_heard=False)
        holder = rows.first()
        if holder is None or holder.age_range is None:
            return  # corrected or erased in this moment
        age = AgeRange(vault.open_sealed(holder.age_range, permit=permit, now=now))
        looked = UseGranted(
            purpose=use.purpose,
            categories=tuple(use.categories),
            recipient=str(use.recipient),
            by=str(BY),
        )
        ledger.append(looked, subject=subject, permit=permit, now=now)
        starts = choices_at_start(age)
        if starts:
            consent.decline_unsaid(
                subject=subject,
                names=[name.value for name in starts],
                shown=ShownText(ChoiceSurface.AGE, date.fromisoformat(permit.edition), ""),
                permit=permit_to_choose,
                now=now,
            )
        rows.update(is_age_heard=True)
