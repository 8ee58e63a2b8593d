"""Who closes an account is told where the proof of its erasure will stand, and there it stands."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models
from pydantic import SecretStr
from pytest_django import Settings

from clearline.edge.jobs.worker import erase_closed_accounts
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions, inviting, taken_back
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.age_correction import correct_age
from clearline.service.accounts.closing_proof import (
    ClosingTakenBack,
    NothingErased,
    find_address,
    refuse_unerased,
)
from clearline.service.contacts import notices
from clearline.service.mail.template import Template
from clearline.trust.ledger import actions as log
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import NoSuchEntry, NotInTree
from clearline.trust.vault.models import PersonKey
from tests.service.accounts.invited import bring_in, invite_all, link_of
from tests.service.accounts.people import AGREED, NOW, make_customer
from tests.service.contacts.contacts import DAY, LATER, confirmed, key_in, letters, tell
from tests.trust.ledger.log import sign_log
from tests.trust.ledger.test_receipt import verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
OPERATOR = Actor(ActorKind.JOB, "operator")


def by(subject: SubjectId) -> Actor:
    return Actor(ActorKind.SUBJECT, subject)


def close(subject: SubjectId) -> str:
    """Close an account and return the number in the address that is told."""
    actions.close_account(by=by(subject), subject=subject, now=LATER)
    return number_of(subject)


def number_of(subject: SubjectId) -> str:
    return find_address(subject).rstrip("/").rpartition("/")[2]


def by_its_owner(subject: SubjectId) -> None:
    actions.reopen_account(by=by(subject), subject=subject, now=LATER)


def by_the_operator(subject: SubjectId) -> None:
    taken_back.reopen_by_word(by=OPERATOR, subject=subject, now=LATER)


def by_the_letter(subject: SubjectId) -> None:
    del subject
    tell(now=LATER)
    ((_, words),) = letters(Template.CLOSING_NOTICE, now=LATER)
    notices.take_back(token=key_in(words["link"]), now=LATER)


def tables_with(subject: SubjectId) -> set[type[models.Model]]:
    """Return the tables in which a person's random number stands."""
    return {
        model
        for model in apps.get_models()
        for column in model._meta.concrete_fields  # noqa: SLF001  # Django's own name for it
        if isinstance(column, models.CharField | models.TextField)
        and model._default_manager.filter(**{f"{column.attname}__contains": subject}).exists()  # noqa: SLF001  # as above
    }


def test_until_it_is_erased_the_number_says_when_that_will_be() -> None:
    number = close(confirmed())

    with pytest.raises(NothingErased, match="to be erased on 9 February 2027"):
        refuse_unerased(number, now=LATER + 29 * DAY)
    with pytest.raises(NoSuchEntry):
        ledger.open_receipt(number)


def test_after_that_it_gives_a_receipt_that_verifies_offline_once_it_is_signed() -> None:
    alice = confirmed()
    number = close(alice)
    erase_closed_accounts(LATER + 30 * DAY)
    refuse_unerased(number, now=LATER + 30 * DAY)
    with pytest.raises(NotInTree):
        ledger.open_receipt(number)

    sign_log(now=LATER + 30 * DAY)
    receipt = ledger.open_receipt(number)

    said = verify(ledger.receipt_file(receipt), ledger.vkey())
    assert said.startswith("Proved: ")
    assert '"kind": "account.erased"' in said
    assert receipt["head"]["id"] == number
    assert receipt["body"]["subject"] == alice
    assert receipt["body"]["fields"] == {}


def test_when_its_words_are_over_too_the_receipt_still_proves_the_erasure() -> None:
    number = close(confirmed())
    erase_closed_accounts(LATER + 30 * DAY)
    sign_log(now=LATER + 30 * DAY)
    over = LATER + timedelta(days=4 * 366)
    log.expire_bodies(now=over)

    receipt = ledger.receipt_file(ledger.open_receipt(number))

    assert b"account.erased" in receipt
    assert b"words_hash" in receipt
    assert verify(receipt, ledger.vkey(), over).startswith("Proved: ")


def test_the_random_number_in_it_leads_to_nothing_but_a_key_that_is_gone() -> None:
    alice = confirmed()
    assert len(tables_with(alice)) > 2
    close(alice)
    tell(now=LATER)

    erase_closed_accounts(LATER + 30 * DAY)

    assert tables_with(alice) == {Entry, PersonKey}
    assert PersonKey.objects.get(subject=alice).key_wrapped is None


@pytest.mark.parametrize("take_back", [by_its_owner, by_the_operator, by_the_letter])
def test_a_closing_that_is_taken_back_ends_its_number_and_the_next_has_another(
    take_back: Callable[[SubjectId], None],
) -> None:
    alice = confirmed()
    first = close(alice)

    take_back(alice)

    assert find_address(alice) == ""
    second = close(alice)
    assert second != first
    erase_closed_accounts(LATER + 30 * DAY)
    sign_log(now=LATER + 30 * DAY)
    with pytest.raises(ClosingTakenBack):
        refuse_unerased(first, now=LATER + 30 * DAY)
    with pytest.raises(NoSuchEntry):
        ledger.open_receipt(first)
    assert ledger.open_receipt(second)["head"]["kind"] == "account.erased"


def test_the_number_of_no_closing_is_refused_as_none() -> None:
    make_customer()
    opened = Entry.objects.get(kind="account.opened").public_id
    sign_log(now=NOW)

    for number in (opened, "0" * 32, "", "x" * 32):
        refuse_unerased(number, now=NOW)
        with pytest.raises(NoSuchEntry):
            ledger.open_receipt(number)


def test_a_closing_that_becomes_one_for_good_keeps_its_number() -> None:
    alice = confirmed()
    number = close(alice)

    correct_age(by=by(alice), subject=alice, age=AgeRange.UNDER_13, shown=AGREED, now=LATER)

    assert number_of(alice) == number


def test_who_is_under_13_by_the_link_of_an_invitation_is_told_it_too(settings: Settings) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
    (zoe,) = bring_in("zoe")
    invite_all()
    token = link_of(zoe)

    inviting.close_child(token=token, shown=AGREED, now=NOW)

    found = inviting.find_closed(token, now=NOW)
    assert found is not None
    assert found.proof == find_address(zoe)
    number = number_of(zoe)
    inviting.correct_child(token=token, age=AgeRange.ADULT, shown=AGREED, now=NOW)
    with pytest.raises(ClosingTakenBack):
        refuse_unerased(number, now=NOW)
