"""Accounts whose age was told before every choice followed it: brought up to the clause, once."""

from datetime import timedelta

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import Answer, ChoiceName, ChoiceSurface, SubjectId
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.age_of_before import hear, hear_ages
from clearline.service.accounts.models import Holder
from clearline.trust.consent import actions as consent
from clearline.trust.consent.actions import ShownText
from clearline.trust.ledger.models import Entry
from tests.service.accounts.people import AGREED, NOW, make_account

pytestmark = pytest.mark.django_db
PAGE = ShownText(ChoiceSurface.CHOICES, AGREED.edition, "May we? [Save]")
SOME = dict.fromkeys(("ads", "sale_or_sharing", "third_party_marketing"), Answer.NO)
LATER = NOW + timedelta(days=1)


def of_before(age: AgeRange, answers: dict[str, Answer], user_id: str = "alice") -> SubjectId:
    """Return somebody whose account began as accounts did before every choice followed the age."""
    subject = SubjectId(make_account(user_id, age=age).signed_in.public_id)
    consent.erase_account(subject)
    Holder.objects.filter(subject=subject).update(is_age_heard=False)
    if answers:
        permit = consent.ask_to_keep(subject, NOW)
        consent.add_to_account(subject=subject, answers=answers, shown=PAGE, permit=permit, now=NOW)
    return subject


def answers(subject: SubjectId) -> dict[str, Answer]:
    by = Actor(ActorKind.SUBJECT, subject)
    said = consent.show_account(by=by, subject=subject, now=LATER)
    return {name: each.answer for name, each in said.items()}


def test_from_13_to_15_all_is_no_once_and_it_is_noted() -> None:
    alice = of_before(AgeRange.FROM_13_TO_15, SOME)

    looked = hear_ages(now=LATER)

    assert looked == 1
    assert answers(alice) == {name.value: Answer.NO for name in ChoiceName}
    assert Entry.objects.filter(kind="use.granted", subject=alice).count() == 1
    assert hear_ages(now=LATER) == 0


def test_a_yes_that_they_said_themselves_since_stands() -> None:
    alice = of_before(AgeRange.FROM_13_TO_15, SOME)
    consent.choose_for_account(
        subject=alice,
        answers={"measurement": Answer.YES},
        device=None,
        shown=PAGE,
        gpc=False,
        network="",
        now=NOW + timedelta(hours=1),
    )

    hear_ages(now=LATER)

    assert answers(alice)["measurement"] is Answer.YES
    assert answers(alice)["content"] is Answer.NO


def test_who_is_older_keeps_what_they_answered() -> None:
    alice = of_before(AgeRange.ADULT, {"measurement": Answer.YES})

    assert hear_ages(now=LATER) == 1

    assert answers(alice) == {"measurement": Answer.YES}
    assert Entry.objects.filter(kind="use.granted", subject=alice).count() == 1


def test_of_who_never_answered_no_age_is_opened() -> None:
    alice = of_before(AgeRange.ADULT, {})

    assert hear_ages(now=LATER) == 1
    hear(alice, LATER)

    assert answers(alice) == {}
    assert not Entry.objects.filter(kind="use.granted").exists()
    assert hear_ages(now=LATER) == 0


def test_who_begins_or_corrects_today_is_not_looked_at() -> None:
    make_account("bob", age=AgeRange.FROM_13_TO_15, email="bob@mail.example")

    assert hear_ages(now=LATER) == 0
