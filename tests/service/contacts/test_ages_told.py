"""A corrected age is told at once, and who did not correct it is asked again."""

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import Answer, SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import queries
from clearline.service.accounts.actions import AgreedTo
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.age_correction import correct_age
from clearline.service.contacts.notices import take_back
from clearline.service.mail.template import Template
from clearline.trust.consent import actions as consent
from clearline.trust.gate.queries import policy_in_force
from tests.service.contacts.contacts import DAY, FIRST, LATER, confirmed, key_in, letters, tell
from tests.service.contacts.test_notices import change_password

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]


def correct(subject: SubjectId, age: AgeRange) -> None:
    by = Actor(ActorKind.SUBJECT, subject)
    shown = AgreedTo(policy_in_force(LATER).edition.date, "Your age [Correct it]")
    correct_age(by=by, subject=subject, age=age, shown=shown, now=LATER)


@pytest.mark.parametrize("age", [AgeRange.FROM_13_TO_15, AgeRange.FROM_16_TO_17, AgeRange.ADULT])
def test_a_correction_that_closes_nothing_is_told_with_the_link(age: AgeRange) -> None:
    alice = confirmed()
    correct(alice, age)

    told = tell(now=LATER)

    assert [(to, list(words)) for to, words in told] == [(FIRST, ["link", "until"])]


def test_one_that_closes_the_account_is_told_by_the_letter_about_that_alone() -> None:
    alice = confirmed()
    correct(alice, AgeRange.UNDER_13)

    assert tell(now=LATER) == []
    assert len(letters(Template.CLOSING_NOTICE, now=LATER)) == 1


def test_who_takes_it_back_is_asked_again_and_each_no_stays() -> None:
    alice = confirmed()
    correct(alice, AgeRange.FROM_13_TO_15)
    ((_, words),) = tell(now=LATER)
    assert not queries.asks_age(alice)

    take_back(token=key_in(words["link"]), now=LATER + DAY)

    by = Actor(ActorKind.SUBJECT, alice)
    assert queries.asks_age(alice)
    assert accounts.show_profile(by=by, subject=alice, now=LATER + DAY).age is None
    said = consent.show_account(by=by, subject=alice, now=LATER + DAY)
    assert {each.answer for each in said.values()} == {Answer.NO}


def test_an_age_of_long_before_the_change_stays() -> None:
    alice = confirmed()
    change_password(alice)
    ((_, words),) = tell(now=LATER)

    take_back(token=key_in(words["link"]), now=LATER + DAY)

    assert not queries.asks_age(alice)
