"""A corrected age range: stricter for the young at once, and never a yes by itself."""

from datetime import date, datetime, timedelta

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import Answer, SubjectId
from clearline.service.accounts import actions, queries
from clearline.service.accounts.actions import AgreedTo, AlreadyClosed, NoSuchCustomer
from clearline.service.accounts.age import STRICT, AgeRange, ClosedForAge
from clearline.service.accounts.age_correction import correct_age
from clearline.service.accounts.models import Holder
from clearline.trust.consent import actions as consent
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import fields_of
from tests.promises.provider import rows
from tests.service.accounts.people import NOW, make_account
from tests.service.contacts.contacts import prove

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
SHOWN = AgreedTo(date(2026, 1, 1), "Your age: 13 to 15 [Correct it]")


def make(age: AgeRange) -> SubjectId:
    return SubjectId(make_account(age=age).signed_in.public_id)


def correct(subject: SubjectId, age: AgeRange, *, now: datetime = NOW) -> None:
    correct_age(by=by(subject), subject=subject, age=age, shown=SHOWN, now=now)


def by(subject: SubjectId) -> Actor:
    return Actor(ActorKind.SUBJECT, subject)


def answers(subject: SubjectId) -> dict[str, Answer]:
    said = consent.show_account(by=by(subject), subject=subject, now=NOW)
    return {name: each.answer for name, each in said.items()}


STRICTLY = {name.value: Answer.NO for name in STRICT}


@pytest.mark.parametrize("age", [AgeRange.ADULT, AgeRange.FROM_16_TO_17])
def test_who_is_13_to_15_after_all_has_no_to_what_needs_a_yes(age: AgeRange) -> None:
    alice = make(age)
    assert answers(alice) == {}

    correct(alice, AgeRange.FROM_13_TO_15)

    assert answers(alice) == STRICTLY
    held = actions.show_profile(by=by(alice), subject=alice, now=NOW)
    assert held.age is AgeRange.FROM_13_TO_15
    assert Entry.objects.filter(kind="account.changed", subject=alice).count() == 1
    assert "13_to_15" not in "\n".join(rows())
    kept = fields_of(Entry.objects.get(kind="choice.recorded", subject=alice), sealer())
    assert (kept["surface"], kept["text"]) == ("age", SHOWN.text)


def test_who_is_older_after_all_keeps_each_no_until_they_choose_anew() -> None:
    alice = make(AgeRange.FROM_13_TO_15)

    correct(alice, AgeRange.ADULT)

    assert answers(alice) == STRICTLY
    correct(alice, AgeRange.FROM_16_TO_17)
    assert answers(alice) == STRICTLY


def test_who_is_under_13_after_all_keeps_no_account() -> None:
    alice = make(AgeRange.ADULT)
    prove(alice)

    correct(alice, AgeRange.UNDER_13, now=LATER)

    assert queries.find_closed_at(alice) == LATER
    assert queries.is_closing_final(alice)
    assert answers(alice) == STRICTLY
    for age in (AgeRange.ADULT, AgeRange.UNDER_13):
        with pytest.raises(ClosedForAge, match="Ask a parent"):
            correct(alice, age, now=LATER)
    with pytest.raises(ClosedForAge):
        actions.reopen_account(by=by(alice), subject=alice, now=NOW)
    with pytest.raises(AlreadyClosed):
        actions.close_account(by=by(alice), subject=alice, now=NOW)
    assert Entry.objects.filter(kind="account.closed", subject=alice).count() == 1
    assert actions.erase_closed(policy_in_force(NOW), now=LATER + timedelta(days=31)) == 1
    assert not Holder.objects.exists()


@pytest.mark.parametrize("confirmed_at", [None, LATER + timedelta(hours=1)])
def test_where_no_letter_told_of_it_with_a_link_the_age_is_corrected_and_the_account_kept(
    confirmed_at: datetime | None,
) -> None:
    alice = make(AgeRange.ADULT)
    correct(alice, AgeRange.UNDER_13, now=LATER)
    if confirmed_at:
        prove(alice, now=confirmed_at)
    with pytest.raises(ClosedForAge, match="correct the age"):
        actions.reopen_account(by=by(alice), subject=alice, now=LATER)
    with pytest.raises(ClosedForAge):
        correct(alice, AgeRange.UNDER_13, now=LATER)

    correct(alice, AgeRange.FROM_16_TO_17, now=LATER + timedelta(days=2))
    is_closed = queries.find_closed_at(alice) == LATER
    actions.reopen_account(by=by(alice), subject=alice, now=LATER + timedelta(days=2))

    assert is_closed
    assert (queries.find_closed_at(alice), queries.is_closing_final(alice)) == (None, False)
    assert actions.show_profile(by=by(alice), subject=alice, now=NOW).age is AgeRange.FROM_16_TO_17
    assert answers(alice) == STRICTLY


def test_a_closed_account_stays_closed_since_when_it_was_and_it_is_told_that_it_is_for_good() -> (
    None
):
    alice = make(AgeRange.ADULT)
    actions.close_account(by=by(alice), subject=alice, now=NOW - timedelta(days=3))

    correct(alice, AgeRange.UNDER_13)

    assert queries.find_closed_at(alice) == NOW - timedelta(days=3)
    assert queries.is_closing_final(alice)
    assert Entry.objects.filter(kind="account.closed", subject=alice).count() == 2


def test_of_nobody_nothing_is_corrected() -> None:
    with pytest.raises(NoSuchCustomer):
        correct(SubjectId("0" * 32), AgeRange.ADULT)
