"""An age and a name corrected by fifty at once: one holds, each is noted, and a child stays out."""

from functools import partial

import pytest

from clearline.service.accounts import actions
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.age_correction import correct_age
from clearline.service.accounts.models import EarlierName, Holder
from clearline.trust.ledger.models import Entry
from clearline.trust.vault import queries as vault
from tests.service.accounts.people import NOW, make_customer
from tests.service.accounts.test_age_correction import LATER, SHOWN, STRICTLY, answers, by
from tests.service.contacts.contacts import confirmed
from tests.trust.factors.test_races import MANY, race

pytestmark = pytest.mark.django_db(transaction=True)


def count(kind: str) -> int:
    return Entry.objects.filter(kind=kind).count()


def test_of_fifty_ages_told_at_once_one_holds_with_all_that_follows_from_it() -> None:
    alice = make_customer()
    tell = partial(correct_age, by=by(alice), subject=alice, shown=SHOWN, now=NOW)
    ages = (AgeRange.FROM_13_TO_15, AgeRange.ADULT)

    ends = race(*(partial(tell, age=each) for each in ages * (MANY // 2)))

    assert ends == {"done": MANY}
    assert count("account.changed") == MANY
    assert actions.show_profile(by=by(alice), subject=alice, now=NOW).age in ages
    assert answers(alice) == STRICTLY  # whoever was 13 to 15 keeps each no


def test_of_fifty_ages_told_at_once_the_child_s_closes_the_account_once_and_is_the_last() -> None:
    alice = confirmed()
    tell = partial(correct_age, by=by(alice), subject=alice, shown=SHOWN, now=LATER)
    ages = (AgeRange.ADULT, AgeRange.UNDER_13)

    ends = race(*(partial(tell, age=each) for each in ages * (MANY // 2)))

    assert ends["done"] + ends["ClosedForAge"] == MANY
    assert ends["ClosedForAge"] >= MANY // 2 - 1
    assert count("account.changed") == ends["done"]
    assert count("account.closed") == 1
    holder = Holder.objects.get(subject=alice)
    assert (holder.is_final, holder.closed_at) == (True, LATER)


def test_of_fifty_names_told_at_once_one_holds_and_each_before_it_is_kept_once() -> None:
    alice = make_customer()
    was = actions.show_profile(by=by(alice), subject=alice, now=NOW).name
    names = {f"Alice {chr(ord('A') + number // 26)}{number % 26}" for number in range(MANY)}
    tell = partial(actions.change_names, by=by(alice), subject=alice, screen_name="Ali", now=NOW)

    ends = race(*(partial(tell, name=each) for each in names))

    assert ends == {"done": MANY}
    now = actions.show_profile(by=by(alice), subject=alice, now=NOW).name
    assert now in names
    assert count("account.changed") == MANY
    permit = actions.ask_for_name(by(alice), alice, NOW)
    before = [
        vault.open_sealed(each.name, permit=permit, now=NOW) for each in EarlierName.objects.all()
    ]
    assert sorted([*before, now]) == sorted([was, *names])
    assert count("account.renamed") == MANY
