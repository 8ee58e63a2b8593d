"""CP-45: a closing is told at once, and who did not close the account opens it again."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import Answer, SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import emails, queries
from clearline.service.accounts.actions import AgreedTo
from clearline.service.accounts.addresses import current, trusted
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.age_correction import correct_age
from clearline.service.accounts.closing_proof import find_address
from clearline.service.accounts.models import EmailAddress
from clearline.service.contacts import actions as contacts
from clearline.service.contacts.notices import (
    NoSuchNotice,
    NoticeTooNew,
    find_start,
    take_back,
    works,
)
from clearline.service.mail.models import Letter
from clearline.service.mail.template import Template
from clearline.trust.consent import actions as consent
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger.models import Entry
from tests.service.accounts.people import make_customer
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    LATER,
    SECOND,
    THIRD,
    confirmed,
    key_in,
    letters,
    replace,
    tell,
)
from tests.service.mail.letters import send
from tests.service.mail.post_office import Office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
MINUTE = timedelta(minutes=1)
ERASED_ON = (LATER + 30 * DAY).strftime("%-d %B %Y")


def by(subject: SubjectId) -> Actor:
    return Actor(ActorKind.SUBJECT, subject)


def close(subject: SubjectId, now: datetime = LATER) -> None:
    accounts.close_account(by=by(subject), subject=subject, now=now)


def say_under_13(subject: SubjectId, now: datetime = LATER) -> None:
    shown = AgreedTo(policy_in_force(LATER).edition.date, "Your age: under 13 [Correct it]")
    correct_age(by=by(subject), subject=subject, age=AgeRange.UNDER_13, shown=shown, now=now)


def told_of_closing() -> list[tuple[str, dict[str, str]]]:
    tell(now=LATER)
    return letters(Template.CLOSING_NOTICE, now=LATER)


def present(subject: SubjectId) -> str:
    tie = current(emails.list_ties(subject))
    assert tie is not None
    permit = contacts.ask_for_contacts(subject, LATER)
    return emails.open_address(subject, tie.row, permit=permit, now=LATER)


def link_in(told: list[tuple[str, dict[str, str]]]) -> str:
    ((_, words),) = told
    return key_in(words["link"])


@pytest.mark.parametrize(
    ("end", "more"), [(close, {"may_keep": "yes"}), (say_under_13, {"is_child": "yes"})]
)
def test_a_closing_is_told_with_the_day_of_erasure_and_where_its_proof_will_stand(
    end: Callable[[SubjectId], None], more: dict[str, str]
) -> None:
    alice = confirmed()
    end(alice)

    ((to, words),) = told_of_closing()

    link = words.pop("link")
    until = {"until": "9 February 2027, 12:00 UTC"}
    proof = {"proof": find_address(alice)}
    assert (to, words) == (FIRST, {"when": ERASED_ON, **proof, **until, **more})
    assert works(key_in(link), now=LATER)


def test_the_operators_closing_is_told_too() -> None:
    alice = confirmed()
    accounts.close_account(by=Actor(ActorKind.STAFF, "0" * 16), subject=alice, now=LATER)

    assert [to for to, _ in told_of_closing()] == [FIRST]


def test_a_new_address_hears_of_a_closing_and_takes_nothing_back_before_it_is_of_record() -> None:
    """The old mailbox may be a dead one."""
    alice = confirmed()
    replace(alice, now=LATER - 25 * DAY)
    close(alice)

    told = dict(told_of_closing())

    shown = {to: sorted(words) for to, words in told.items()}
    assert shown == {
        FIRST: ["link", "may_keep", "proof", "until", "when"],
        SECOND: ["link", "may_keep", "proof", "starts", "until", "when"],
    }
    key = key_in(told[SECOND]["link"])
    assert not works(key, now=LATER + 5 * DAY - MINUTE)
    assert find_start(key, now=LATER + DAY) == LATER + 5 * DAY
    with pytest.raises(NoticeTooNew):
        take_back(token=key, now=LATER + DAY)
    assert queries.find_closed_at(alice) == LATER


def test_once_the_new_address_is_of_record_its_link_opens_the_account_again() -> None:
    """Else nobody takes a closing for good back whose old mailbox is a dead one."""
    alice = confirmed()
    replace(alice, now=LATER - 25 * DAY)
    say_under_13(alice)
    words = dict(told_of_closing())[SECOND]

    take_back(token=key_in(words["link"]), now=LATER + 5 * DAY)

    assert sorted(words) == ["link", "proof", "starts", "until", "when"]  # and not the age
    assert (queries.find_closed_at(alice), queries.is_closing_final(alice)) == (None, False)
    assert present(alice) == SECOND


def test_whoever_replaces_the_address_once_more_does_not_kill_the_link_that_waits_there() -> None:
    """Addresses count as they stood when it was closed; the letter says from when it works."""
    alice = confirmed()
    replace(alice, now=LATER - 25 * DAY)
    close(alice)
    key = key_in(dict(told_of_closing())[SECOND]["link"])
    replace(alice, THIRD, now=LATER + DAY)
    contacts.erase_expired(now=LATER + 5 * DAY)

    with pytest.raises(NoticeTooNew):
        take_back(token=key, now=LATER + 5 * DAY - MINUTE)
    take_back(token=key, now=LATER + 5 * DAY)

    assert queries.find_closed_at(alice) is None
    assert present(alice) == SECOND


def test_whoever_replaces_the_address_before_the_letter_is_written_gets_none_of_it() -> None:
    alice = confirmed()
    replace(alice, now=LATER - 25 * DAY)
    close(alice)
    replace(alice, THIRD, now=LATER + MINUTE)

    told = {to: sorted(words) for to, words in told_of_closing()}

    shown = ["link", "may_keep", "proof", "starts", "until", "when"]
    assert told == {FIRST: ["link", "may_keep", "proof", "until", "when"], SECOND: shown}


def test_the_old_address_has_the_last_word_over_one_that_was_replaced_since() -> None:
    """A thief whose address was taken out again gets in by no link while the owner has one."""
    alice = confirmed()
    replace(alice, now=LATER - DAY)
    close(alice)
    told = dict(told_of_closing())
    replace(alice, THIRD, now=LATER + DAY)
    take_back(token=key_in(told[SECOND]["link"]), now=LATER + 29 * DAY)

    take_back(token=key_in(told[FIRST]["link"]), now=LATER + 29 * DAY)

    assert present(alice) == FIRST


def test_the_letter_says_until_when_the_link_in_it_works_be_it_for_minutes(office: Office) -> None:
    """The one that begins later ends thirty days after the change too, as the account is erased."""
    alice = confirmed()
    replace(alice, now=LATER - 3 * MINUTE)
    close(alice)
    told = dict(told_of_closing())
    send(LATER)

    letters_sent = {each["To"]: " ".join(each.as_string().split()) for each in office.letters}

    starts, until = told[SECOND]["starts"], told[SECOND]["until"]
    assert (starts, until) == ("9 February 2027, 11:57 UTC", "9 February 2027, 12:00 UTC")
    assert told[FIRST]["until"] == until
    assert f"From {starts} on" in letters_sent[SECOND]
    for to in (FIRST, SECOND):
        assert f"until {until}" in letters_sent[to]
        assert "thirty days." not in letters_sent[to]
    key = key_in(told[SECOND]["link"])
    assert works(key, now=LATER + 30 * DAY - MINUTE)
    assert not works(key, now=LATER + 30 * DAY)


def test_an_address_that_came_after_a_change_neither_hears_of_it_nor_takes_it_back() -> None:
    """Who closes an account and replaces the address before the letter was written."""
    alice = confirmed()
    close(alice, LATER - MINUTE)
    replace(alice, now=LATER)

    told = {to: sorted(words) for to, words in told_of_closing()}

    assert told == {FIRST: ["link", "may_keep", "proof", "until", "when"]}


def test_a_new_address_and_one_that_may_not_be_theirs_are_not_told_the_age(office: Office) -> None:
    """Whoever reads there may be somebody else: it says that the account closed, and not why."""
    alice, bob = confirmed(), make_customer("bob")
    replace(alice, now=LATER - DAY)
    for each in (alice, bob):
        say_under_13(each)
    told = sorted((to, sorted(words)) for to, words in told_of_closing())
    send(LATER)

    closed = [each for each in office.letters if "was closed" in str(each["Subject"])]
    bodies = [(each["To"], each.as_string()) for each in closed]
    plain = [text for to, text in bodies if to == SECOND or "/account/not-me/" not in text]
    assert told == [
        (FIRST, ["is_child", "link", "proof", "until", "when"]),
        (FIRST, ["proof", "when"]),
        (SECOND, ["link", "proof", "starts", "until", "when"]),
    ]
    assert len(plain) == 2
    for text in plain:
        assert ERASED_ON in text
        assert "under 13" not in text
        assert "Keep my account" not in text


def test_a_link_to_a_new_address_is_dead_once_the_old_one_took_the_change_of_it_back() -> None:
    alice = confirmed()
    replace(alice, now=LATER - DAY)
    close(alice)
    told = dict(told_of_closing())

    take_back(token=key_in(told[FIRST]["link"]), now=LATER)

    key = key_in(told[SECOND]["link"])
    assert not works(key, now=LATER + 29 * DAY)
    with pytest.raises(NoSuchNotice):
        take_back(token=key, now=LATER + 29 * DAY)


def test_a_child_is_offered_no_way_to_keep_the_account(office: Office) -> None:
    """KD-01: nothing is asked of who is known to be under 13."""
    child = confirmed()
    say_under_13(child)
    told_of_closing()
    send(LATER)

    (letter,) = (each for each in office.letters if "was closed" in str(each["Subject"]))

    for kind in ("plain", "html"):
        body = letter.get_body((kind,))
        assert body is not None
        text = " ".join(body.get_content().split())
        assert "under 13" in text
        assert ERASED_ON in text
        assert "/account/not-me/?key=" in text
        assert f"from {ERASED_ON} on the proof that all was erased stands there" in text
        assert find_address(child) in text
        assert "Keep my account" not in text


def test_a_closing_that_was_taken_back_before_it_was_told_is_a_change_like_others() -> None:
    alice = confirmed()
    close(alice)
    accounts.reopen_account(by=by(alice), subject=alice, now=LATER)

    assert [to for to, _ in tell(now=LATER)] == [FIRST, FIRST]
    assert letters(Template.CLOSING_NOTICE, now=LATER) == []


def test_who_did_not_close_it_opens_it_again() -> None:
    alice = confirmed()
    close(alice)

    take_back(token=link_in(told_of_closing()), now=LATER + DAY)

    assert queries.find_closed_at(alice) is None
    assert accounts.erase_closed(policy_in_force(LATER), now=LATER + 40 * DAY) == 0
    assert Entry.objects.filter(kind="account.reopened", subject=alice).count() == 1


def test_who_was_called_a_child_by_another_has_the_account_back_without_that_age() -> None:
    """KD-01: unless who reads the address that hears of changes says that it was another."""
    alice = confirmed()
    say_under_13(alice)

    take_back(token=link_in(told_of_closing()), now=LATER + DAY)

    assert (queries.find_closed_at(alice), queries.is_closing_final(alice)) == (None, False)
    profile = accounts.show_profile(by=by(alice), subject=alice, now=LATER + DAY)
    assert profile.age is None
    said = consent.show_account(by=by(alice), subject=alice, now=LATER + DAY)
    assert {each.answer for each in said.values()} == {Answer.NO}


def test_a_closing_for_good_of_a_closed_account_is_taken_back_too() -> None:
    alice = confirmed()
    accounts.close_account(by=by(alice), subject=alice, now=LATER - 9 * DAY)
    say_under_13(alice)

    take_back(token=link_in(told_of_closing()), now=LATER + DAY)

    assert (queries.find_closed_at(alice), queries.is_closing_final(alice)) == (None, False)


@pytest.mark.parametrize("end", [close, say_under_13])
def test_a_closing_of_long_before_the_change_stays(
    end: Callable[[SubjectId, datetime], None],
) -> None:
    alice = confirmed()
    end(alice, LATER - 9 * DAY)
    replace(alice, now=LATER)
    words = tell(now=LATER)[-1][1]

    take_back(token=key_in(words["link"]), now=LATER + DAY)

    assert queries.find_closed_at(alice) == LATER - 9 * DAY


def test_the_address_that_goes_by_a_take_back_hears_of_it() -> None:
    """An old mailbox may be a thief's: the newer address may be the owner's."""
    alice = confirmed()
    replace(alice, now=LATER)
    ((_, words),) = tell(now=LATER)

    take_back(token=key_in(words["link"]), now=LATER + timedelta(hours=1))

    assert letters(Template.CHANGE_NOTICE, now=LATER)[1:] == [(FIRST, {}), (SECOND, {})]


def test_once_it_is_erased_no_letter_opens_it() -> None:
    alice = confirmed()
    close(alice)
    link = link_in(told_of_closing())
    accounts.erase_closed(policy_in_force(LATER), now=LATER + 30 * DAY)

    with pytest.raises(NoSuchNotice):
        take_back(token=link, now=LATER + 30 * DAY)


def test_a_link_whose_address_is_gone_is_shown_as_one_that_works_no_longer() -> None:
    alice = confirmed()
    replace(alice, now=LATER)
    link = key_in(tell(now=LATER)[0][1]["link"])
    assert works(link, now=LATER + 29 * DAY)
    contacts.erase_expired(now=LATER + 30 * DAY)

    assert not works(link, now=LATER + 29 * DAY)


def test_who_replaces_the_address_over_and_over_stays_not_the_one_of_record() -> None:
    """CP-06: it takes thirty days, however many come between."""
    alice = confirmed()
    for number in range(120):
        emails.replace(alice, f"m{number}@else.example", now=LATER + number * MINUTE)
    ties = emails.list_ties(alice)

    found = trusted(ties, LATER + DAY)

    assert found is not None
    permit = contacts.ask_for_contacts(alice, LATER + DAY)
    assert emails.open_address(alice, found.row, permit=permit, now=LATER + DAY) == FIRST
    assert current(ties) == ties[0]
    assert [each.added_at for each in ties] == sorted((e.added_at for e in ties), reverse=True)


def test_an_address_that_no_letter_goes_to_keeps_nobody_elses_from_going() -> None:
    alice, bob = confirmed(), confirmed("bob")
    row = EmailAddress.objects.get(subject=alice)
    row.address = f"a\u200b{FIRST}"
    row.save()
    for each in (alice, bob):
        close(each)

    assert len(told_of_closing()) == 1
    assert {each.subject for each in Letter.objects.filter(template=Template.CLOSING_NOTICE)} == {
        bob
    }
