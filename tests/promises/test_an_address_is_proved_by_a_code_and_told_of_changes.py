"""P14, clause account.contact.

"To know that an e-mail address is yours we send a code there, which works once and for fifteen
minutes; we keep only a keyed code of it, for a day. To an address that you do not have yet at most
ten such letters go in a day, whoever asks for them; a further one is kept back, and you are not
told, so that nobody learns what others had sent there. A new address waits sealed until its code
was typed. The one that it replaces is kept, sealed, until the new one has been yours for thirty
days: until then the notices of changes go there, and from there you may lock the account and have
that address back. It is kept on while the link of a letter that went there works. Other addresses
that you had confirmed before a change hear of it too, without a link: the present one, and one that
was replaced less than thirty days before or where such a link still works, at most six. That a
change was taken back they are told too, and so is the address whose link it was. Of an invitation,
an offer, a handing over, a closing and what is asked at our desk the one that was present then has
a link too, which works thirty days after that address became yours, even if another one took its
place since. A link works for thirty days after the change, also one that begins later, or until
another one has given an earlier address back; the letter says until when. An address that you never
confirmed hears of changes only once it has been yours for thirty days, and without a link. What you
sign in with beside the password stays even then: where the address is given back, only what was
added since the day before the first change goes of which a link there still works, a day later, and
not if you say that it is yours or your password is too short to sign in by alone."
"""

from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr
from pytest_django import Settings

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import emails
from clearline.service.accounts.addresses import current
from clearline.service.accounts.models import EmailAddress
from clearline.service.contacts import actions, factor_wait
from clearline.service.contacts.actions import NoCodeWaits
from clearline.service.contacts.models import EmailCode
from clearline.service.contacts.notices import take_back
from clearline.service.contacts.queries import is_confirmed
from clearline.service.mail.template import Template
from clearline.trust.factors.queries import Factors, factors_of
from clearline.trust.ledger.models import Entry
from tests.promises.provider import everything, work
from tests.service.accounts.people import NOW, make_customer
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    SECOND,
    confirmed,
    key_in,
    letters,
    newest_code,
    replace,
)
from tests.service.mail.letters import send
from tests.service.mail.post_office import open_office
from tests.trust.factors.people import add_app, add_passkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
CHANGED = NOW + 40 * DAY


def notices(at: datetime) -> list[tuple[str, dict[str, str]]]:
    work(at)
    work(at)  # the ledger is signed at one turn and read at the next
    return letters(Template.CHANGE_NOTICE, now=at)


def test_a_code_works_once_for_fifteen_minutes_and_is_kept_for_a_day_as_a_keyed_code() -> None:
    alice = make_customer()
    actions.send_code(subject=alice, now=NOW)
    code = newest_code()
    kept = everything()
    assert code not in kept
    assert code.replace(" ", "") not in kept

    with pytest.raises(NoCodeWaits):
        actions.type_code(subject=alice, code=code, now=NOW + timedelta(minutes=15))
    actions.type_code(subject=alice, code=code, now=NOW + timedelta(minutes=14))
    with pytest.raises(NoCodeWaits):
        actions.type_code(subject=alice, code=code, now=NOW + timedelta(minutes=14))

    assert is_confirmed(alice)
    work(NOW + DAY)
    assert not EmailCode.objects.exists()


def test_ten_letters_with_codes_go_to_a_new_address_in_a_day_and_nobody_is_told_of_a_further_one(
    settings: Settings,
) -> None:
    people = [make_customer(f"person{number}") for number in range(12)]
    with open_office() as office:
        url = SecretStr(office.url)
        settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
        for each in people:
            actions.send_code_to_new(subject=each, email=SECOND, now=NOW)
        send(NOW)

    assert office.to == [SECOND] * 10
    told = [
        list(Entry.objects.filter(subject=each).order_by("number").values_list("kind", flat=True))
        for each in people
    ]
    assert told == [told[0]] * 12
    assert told[0][-1] == "contact.code_sent"


def test_a_new_address_waits_sealed_and_the_old_one_is_kept_sealed_for_thirty_days() -> None:
    alice = confirmed()
    actions.send_code_to_new(subject=alice, email=SECOND, now=CHANGED)
    assert SECOND not in everything()
    replace(alice, now=CHANGED)
    kept = everything()
    assert FIRST not in kept
    assert SECOND not in kept

    work(CHANGED + 30 * DAY - timedelta(minutes=1))
    before = EmailAddress.objects.count()
    work(CHANGED + 30 * DAY + timedelta(hours=1))

    assert (before, EmailAddress.objects.count()) == (2, 1)


def test_the_old_address_is_told_and_may_take_the_change_back() -> None:
    alice = confirmed()
    replace(alice, now=CHANGED)
    ((to, filled),) = notices(CHANGED)
    assert to == FIRST

    take_back(token=key_in(filled["link"]), now=CHANGED + 29 * DAY)

    assert present(alice) == FIRST
    assert letters(Template.CHANGE_NOTICE, now=CHANGED)[1:] == [(FIRST, {}), (SECOND, {})]


def test_the_new_address_hears_of_what_comes_after_it_without_a_link() -> None:
    alice = confirmed()
    replace(alice, now=CHANGED)
    notices(CHANGED)
    add_app(alice, now=CHANGED + DAY)

    (first, newer) = notices(CHANGED + DAY)[1:]

    assert (first[0], "link" in first[1]) == (FIRST, True)
    assert newer == (SECOND, {})


def test_a_second_factor_stays_and_what_was_added_around_the_change_goes_a_day_later_or_not() -> (
    None
):
    alice, bob = confirmed("alice"), confirmed("bob")
    for each in (alice, bob):
        add_passkey(each)  # long before
        add_app(each, now=CHANGED)
        replace(each, now=CHANGED)
    for _, filled in notices(CHANGED):
        take_back(token=key_in(filled["link"]), now=CHANGED)
    factor_wait.keep(subject=bob, now=CHANGED)

    work(CHANGED + timedelta(hours=23))
    before = factors_of(alice)
    work(CHANGED + DAY)

    assert before == factors_of(bob) == Factors(has_app=True, passkeys=1, codes_left=0)
    assert factors_of(alice) == Factors(has_app=False, passkeys=1, codes_left=0)


def present(subject: SubjectId) -> str:
    tie = current(emails.list_ties(subject))
    assert tie is not None
    permit = actions.ask_for_contacts(subject, CHANGED)
    return emails.open_address(subject, tie.row, permit=permit, now=CHANGED)
