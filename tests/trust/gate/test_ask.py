"""The gate: silence is a denial, a denial stands in the ledger, a permit is made nowhere else."""

import copy
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from clearline.kit.errors import Denied
from clearline.policy.choices import NOTHING_CHOSEN, Choices
from clearline.policy.retention import Retention
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    PROVIDER,
    Category,
    ChoiceName,
    ClauseId,
    Purpose,
    SubjectId,
    SubjectKind,
)
from clearline.trust.gate import actions as gate
from clearline.trust.gate.actions import AskedInsideTransaction, UseDenied
from clearline.trust.gate.permit import LIFETIME, Permit, PermitExpired, PermitForged
from tests.trust.ledger.log import count_kinds

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
ALICE = SubjectId("a" * 32)
YES = Choices(yes=frozenset({ChoiceName.MEASUREMENT}))
MEASURE = Use(
    by=Actor(ActorKind.JOB, "test"),
    subject=ALICE,
    categories=frozenset({Category.BEHAVIOR_BROWSING_HISTORY, Category.DEVICE_COOKIE_ID}),
    purpose=Purpose.ANALYTICS_REPORTING_POPULARITY,
    about=SubjectKind.VISITOR,
)
SILENT = Use(
    by=Actor(ActorKind.JOB, "test"),
    subject=ALICE,
    categories=frozenset({Category.CONTACT_EMAIL}),
    purpose=Purpose.MARKETING_COMMUNICATIONS_EMAIL,
    about=SubjectKind.VISITOR,
)


@pytest.fixture
def permit(db: None) -> Permit:
    return gate.ask(use=MEASURE, choices=YES, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_what_the_policy_does_not_say_is_denied_and_written_down() -> None:
    with pytest.raises(UseDenied, match="does not permit"):
        gate.ask(use=SILENT, choices=YES, now=NOW)

    assert count_kinds() == {"use.denied": 1}


@pytest.mark.django_db(transaction=True)
def test_a_missing_yes_is_told_in_the_words_of_the_clause() -> None:
    with pytest.raises(UseDenied, match="We count the visit without recognising you"):
        gate.ask(use=MEASURE, choices=NOTHING_CHOSEN, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_asking_inside_a_transaction_is_a_programmers_mistake_even_for_a_yes() -> None:
    with pytest.raises(AskedInsideTransaction), transaction.atomic():
        gate.ask(use=MEASURE, choices=YES, now=NOW)


@pytest.mark.django_db
def test_a_permit_names_clause_edition_subject_and_categories(permit: Permit) -> None:
    assert permit.clause == "visits.measure"
    assert permit.edition == "2026-01-01"
    assert permit.subject == ALICE
    assert permit.categories == MEASURE.categories


@pytest.mark.django_db
def test_a_permit_serves_what_it_was_given_for_and_nothing_else(permit: Permit) -> None:
    permit.demand(subject=ALICE, category=Category.BEHAVIOR_BROWSING_HISTORY, now=NOW)

    with pytest.raises(Denied, match="other data"):
        permit.demand(subject=ALICE, category=Category.CONTACT_EMAIL, now=NOW)
    with pytest.raises(Denied, match="other data"):
        permit.demand(
            subject=SubjectId("bob"), category=Category.BEHAVIOR_BROWSING_HISTORY, now=NOW
        )


@pytest.mark.django_db
@pytest.mark.parametrize("late", [LIFETIME + timedelta(milliseconds=1), timedelta(seconds=-1)])
def test_a_permit_lives_sixty_seconds_and_not_before_it_was_given(
    permit: Permit, late: timedelta
) -> None:
    with pytest.raises(PermitExpired):
        permit.demand(subject=ALICE, category=Category.BEHAVIOR_BROWSING_HISTORY, now=NOW + late)


def test_a_permit_built_elsewhere_is_a_forgery() -> None:
    with pytest.raises(PermitForged):
        Permit(
            clause=ClauseId("visits.measure"),
            edition="2026-01-01",
            kept=Retention.from_text("3 years"),
            subject=ALICE,
            categories=frozenset(Category),
            recipient=PROVIDER,
            issued_at=NOW,
            seal=object(),
        )


def test_a_permit_put_together_behind_its_back_opens_nothing() -> None:
    forged = object.__new__(Permit)
    told = {"subject": ALICE, "categories": frozenset(Category), "issued_at": NOW}
    for name, value in {**told, "seal": object()}.items():
        object.__setattr__(forged, name, value)

    with pytest.raises(PermitForged):
        forged.demand(subject=ALICE, category=Category.CONTACT_EMAIL, now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_permit_cannot_be_copied_or_stored(permit: Permit, take: object) -> None:
    with pytest.raises(PermitForged):
        take(permit)  # type: ignore[operator]  # three ways of one kind


def test_a_permit_has_no_other_kinds() -> None:
    with pytest.raises(PermitForged):
        type("Own", (Permit,), {})


@pytest.mark.django_db
def test_a_permit_cannot_be_changed(permit: Permit) -> None:
    with pytest.raises(AttributeError):
        permit.subject = SubjectId("bob")  # type: ignore[misc]  # that is the test


@pytest.mark.django_db(transaction=True)
def test_a_list_is_answered_in_order_and_its_denials_are_written_together() -> None:
    uses = [(MEASURE, YES), (SILENT, YES), (MEASURE, NOTHING_CHOSEN)] * 700

    answers = list(gate.ask_many(uses=uses, now=NOW))

    assert [each.permit is not None for each in answers[:3]] == [True, False, False]
    assert len(answers) == 2100
    assert count_kinds() == {"use.denied": 1400}


@pytest.mark.django_db(transaction=True)
def test_a_list_is_not_read_ahead_without_end() -> None:
    taken: list[int] = []

    def endless() -> Iterator[tuple[Use, Choices]]:
        while True:
            taken.append(1)
            yield MEASURE, YES

    answers = gate.ask_many(uses=endless(), now=NOW)

    assert next(answers).permit is not None
    assert len(taken) <= 1000
