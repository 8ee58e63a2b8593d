"""Proving an e-mail address by a code, and putting a new one in its place."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from clearline.config.init_command import make_instance
from clearline.kit.errors import Refusal
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.rights.my_data import actions as my_data
from clearline.service.accounts import emails
from clearline.service.accounts.emails import NoSuchAddress
from clearline.service.accounts.models import EmailAddress
from clearline.service.accounts.words import FieldWrong
from clearline.service.contacts import actions
from clearline.service.contacts.actions import (
    CODES_A_DAY_MAX,
    CODES_AN_HOUR_MAX,
    LETTERS_A_DAY_MAX,
    AddressConfirmed,
    CodeFor,
    CodeWrong,
    NoCodeWaits,
    SameAddress,
    TooManyCodes,
    TooManyCodesToday,
)
from clearline.service.contacts.models import EmailCode
from clearline.service.contacts.queries import CODE_WINDOW, TRIES_MAX, is_confirmed
from clearline.service.mail.models import Letter
from clearline.service.mail.template import State, Template
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from tests.instance import FIRST_DAY, NAMES, publish
from tests.promises.provider import rows
from tests.service.accounts.people import NOW, make_account, make_customer
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    SECOND,
    THIRD,
    confirmed,
    letters,
    newest_code,
    replace,
)
from tests.service.mail.letters import send
from tests.service.mail.post_office import Office

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def show(subject: SubjectId, after: timedelta = timedelta()) -> actions.Contacts:
    by = Actor(ActorKind.SUBJECT, subject)
    return actions.show_contacts(by=by, subject=subject, now=NOW + after)


def told(kind: str) -> list[dict[str, object]]:
    entries = Entry.objects.filter(kind=kind).order_by("number")
    return [ledger.fields_of(each, sealer()) for each in entries]


def wrong_for(code: str) -> str:
    return "000 000" if code != "000 000" else "111 111"


def test_a_code_from_the_letter_confirms_the_address_once() -> None:
    alice = make_customer()
    actions.send_code(subject=alice, now=NOW)
    ((to, filled),) = letters(Template.ADDRESS_CODE)

    did = actions.type_code(subject=alice, code=filled["code"], now=NOW)

    assert (to, did) == (FIRST, CodeFor.CONFIRM)
    assert is_confirmed(alice)
    assert show(alice).present.of_record_at == NOW + 30 * DAY
    assert (told("contact.code_sent"), told("contact.confirmed")) == ([{"what": "confirm"}], [{}])
    with pytest.raises(NoCodeWaits):
        actions.type_code(subject=alice, code=filled["code"], now=NOW)
    with pytest.raises(AddressConfirmed):
        actions.send_code(subject=alice, now=NOW)


def test_neither_the_code_nor_a_new_address_stands_readable_in_the_tables() -> None:
    alice = make_customer()
    actions.send_code_to_new(subject=alice, email=SECOND, now=NOW)

    kept = "\n".join(rows())

    assert SECOND not in kept
    assert newest_code() not in kept
    assert newest_code().replace(" ", "") not in kept


def test_a_new_address_counts_once_its_code_was_typed_and_not_before() -> None:
    alice = confirmed()
    actions.send_code_to_new(subject=alice, email=SECOND, now=NOW + 40 * DAY)
    before = show(alice, 40 * DAY)

    did = actions.type_code(subject=alice, code=newest_code(now=NOW + 40 * DAY), now=NOW + 40 * DAY)

    after = show(alice, 40 * DAY)
    assert before.waiting is not None
    assert (before.present.address, before.waiting.address) == (FIRST, SECOND)
    assert before.waiting.what is CodeFor.REPLACE
    assert (did, after.present.address, after.waiting) == (CodeFor.REPLACE, SECOND, None)
    assert after.earlier is not None
    assert (after.earlier.address, after.earlier.of_record_at) == (FIRST, None)
    assert after.present.of_record_at == NOW + 70 * DAY
    assert show(alice, 70 * DAY).earlier is None


@pytest.mark.parametrize("typed", ["{code}", " {code}\n", "{dashed}"])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    alice = make_customer()
    actions.send_code(subject=alice, now=NOW)
    code = newest_code()

    actions.type_code(
        subject=alice, code=typed.format(code=code, dashed=code.replace(" ", "-")), now=NOW
    )

    assert is_confirmed(alice)


def test_a_code_works_for_a_quarter_of_an_hour() -> None:
    alice = make_customer()
    actions.send_code(subject=alice, now=NOW)

    with pytest.raises(NoCodeWaits, match="ask for a new one"):
        actions.type_code(subject=alice, code=newest_code(), now=NOW + CODE_WINDOW)

    assert not is_confirmed(alice)


def test_a_code_is_over_after_five_wrong_tries() -> None:
    alice = make_customer()
    actions.send_code(subject=alice, now=NOW)
    code = newest_code()

    for _ in range(TRIES_MAX):
        with pytest.raises(CodeWrong):
            actions.type_code(subject=alice, code=wrong_for(code), now=NOW)

    with pytest.raises(NoCodeWaits):
        actions.type_code(subject=alice, code=code, now=NOW)


def test_a_new_code_ends_the_one_before_and_a_dropped_one_works_no_longer() -> None:
    alice = make_customer()
    actions.send_code(subject=alice, now=NOW)
    first = newest_code()
    actions.send_code_to_new(subject=alice, email=SECOND, now=NOW)

    with pytest.raises(CodeWrong):
        actions.type_code(subject=alice, code=first, now=NOW)
    actions.drop_code(subject=alice, now=NOW)
    with pytest.raises(NoCodeWaits):
        actions.type_code(subject=alice, code=newest_code(), now=NOW)

    assert show(alice).waiting is None


def test_a_code_of_one_person_does_nothing_for_another() -> None:
    alice, bob = make_customer("alice"), make_customer("bob")
    actions.send_code(subject=alice, now=NOW)

    with pytest.raises(NoCodeWaits):
        actions.type_code(subject=bob, code=newest_code(), now=NOW)


@pytest.mark.parametrize(
    ("email", "refused"),
    [
        ("", FieldWrong),
        ("alice", FieldWrong),
        ("a@b.example\nBcc: x@y.example", FieldWrong),
        (f"{'a' * 65}@b.example", FieldWrong),
        (FIRST, SameAddress),
        (" ALICE@Mail.Example ", SameAddress),
    ],
)
def test_what_cannot_be_a_new_address_gets_no_letter(email: str, refused: type[Refusal]) -> None:
    alice = make_customer()

    with pytest.raises(refused):
        actions.send_code_to_new(subject=alice, email=email, now=NOW)

    assert letters(Template.ADDRESS_CODE) == []
    assert not EmailCode.objects.exists()


def test_nobody_fills_a_mailbox_with_codes() -> None:
    alice = make_customer("alice")
    for _ in range(CODES_AN_HOUR_MAX):
        actions.send_code(subject=alice, now=NOW)
    with pytest.raises(TooManyCodes):
        actions.send_code(subject=alice, now=NOW)
    actions.send_code(subject=alice, now=NOW + HOUR)

    for number in range(LETTERS_A_DAY_MAX + 3):
        stranger = make_customer(f"stranger{number}")
        actions.send_code_to_new(subject=stranger, email=SECOND, now=NOW)

    assert len(going_to(SECOND)) == LETTERS_A_DAY_MAX


def test_who_asks_for_many_codes_to_one_address_waits_until_the_next_day() -> None:
    alice = make_customer()
    for number in range(CODES_A_DAY_MAX):
        at = NOW + number * HOUR
        actions.send_code_to_new(subject=alice, email=SECOND, now=at)

    with pytest.raises(TooManyCodesToday, match="tomorrow"):
        actions.send_code_to_new(subject=alice, email=SECOND, now=NOW + 11 * HOUR)
    actions.send_code_to_new(subject=alice, email=THIRD, now=NOW + 11 * HOUR)
    actions.send_code_to_new(subject=alice, email=SECOND, now=NOW + DAY)


def test_nothing_that_who_asks_reads_tells_whether_others_have_had_codes_sent_there(
    office: Office,
) -> None:
    flooded, quiet = make_customer("flooded"), make_customer("quiet")
    for number in range(LETTERS_A_DAY_MAX):
        stranger = make_customer(f"stranger{number}")
        actions.send_code_to_new(subject=stranger, email=SECOND, now=NOW)
    send(NOW)

    actions.send_code_to_new(subject=flooded, email=SECOND, now=NOW)
    actions.send_code_to_new(subject=quiet, email="new@quiet.example", now=NOW)
    send(NOW)

    assert office.to.count(SECOND) == LETTERS_A_DAY_MAX
    assert office.to.count("new@quiet.example") == 1
    assert read_by(flooded, SECOND) == read_by(quiet, "new@quiet.example")


def test_letters_that_were_kept_back_do_not_count_against_those_of_the_next_day() -> None:
    for number in range(LETTERS_A_DAY_MAX):
        stranger = make_customer(f"stranger{number}")
        actions.send_code_to_new(subject=stranger, email=SECOND, now=NOW)
    for number in range(LETTERS_A_DAY_MAX):
        stranger = make_customer(f"later{number}")
        actions.send_code_to_new(subject=stranger, email=SECOND, now=NOW + 23 * HOUR)

    alice = make_customer()
    replace(alice, now=NOW + DAY)

    assert show(alice, DAY).present.address == SECOND
    assert len(going_to(SECOND)) == LETTERS_A_DAY_MAX + 1


def going_to(address: str) -> list[str]:
    """Return the codes of the letters that wait to go to an address."""
    waiting = Letter.objects.filter(state=State.WAITING).values_list("pk", flat=True)
    rows = Letter.objects.filter(template=Template.ADDRESS_CODE).order_by("pk")
    told = zip(rows, letters(Template.ADDRESS_CODE), strict=True)
    return [words["code"] for row, (to, words) in told if to == address and row.pk in waiting]


def read_by(subject: SubjectId, address: str) -> tuple[object, ...]:
    """Return all that somebody reads of themselves: the page, their lines, and what is held."""
    by, page = Actor(ActorKind.SUBJECT, subject), show(subject)
    wanted = my_data.Wanted()
    lines = my_data.show_lines(by=by, subject=subject, wanted=wanted, limit=50, now=NOW).lines
    held = my_data.show_held(by=by, subject=subject, now=NOW)
    assert page.waiting is not None
    return (
        page.waiting.address == address,
        (page.waiting.what, page.waiting.until),
        [(each.kind, each.at, each.sentence, each.clause) for each in lines],
        [(each.category, each.sealed, len(each.values or ())) for each in held],
    )


def test_of_somebody_who_has_no_account_nothing_is_shown_or_sent() -> None:
    nobody = SubjectId("0" * 32)

    with pytest.raises(NoSuchAddress):
        show(nobody)
    with pytest.raises(NoSuchAddress):
        actions.send_code(subject=nobody, now=NOW)
    with pytest.raises(NoSuchAddress):
        actions.send_code_to_new(subject=nobody, email=SECOND, now=NOW)
    with pytest.raises(NoSuchAddress):
        emails.restore(nobody, 1)


def test_a_replaced_address_is_erased_once_the_new_one_is_of_record_and_codes_after_a_day() -> None:
    alice, bob = confirmed("alice"), confirmed("bob")
    replace(alice, now=NOW + 31 * DAY)
    replace(alice, THIRD, now=NOW + 45 * DAY)
    replace(bob, now=NOW + 60 * DAY)

    early = actions.erase_expired(now=NOW + 74 * DAY)
    left = EmailAddress.objects.filter(subject=alice).count()
    late = actions.erase_expired(now=NOW + 75 * DAY)

    assert early == 5  # codes
    assert (left, late) == (3, 2)
    assert show(alice, 75 * DAY).present.address == THIRD
    assert EmailAddress.objects.filter(subject=bob).count() == 2
    assert not EmailCode.objects.exists()


@pytest.mark.parametrize(("kept_days", "gone_after"), [(60, 60), (1, 30)])
def test_a_replaced_address_is_kept_for_as_long_as_the_clause_says_and_never_shorter_than_the_law(
    tmp_path: Path, settings: Settings, kept_days: int, gone_after: int
) -> None:
    """47 CFR 64.2003(b): until the new one is of record, whatever the clause says."""
    make_instance(tmp_path / "own", form="accept", effective=FIRST_DAY, names=NAMES)
    edition = tmp_path / "own" / "policy" / f"{FIRST_DAY}.toml"
    before, clause, after = edition.read_text(encoding="utf-8").partition('"account.contact"')
    after = after.replace('"30 days"', f'"{kept_days} days"', 1)
    edition.write_text(before + clause + after, encoding="utf-8")
    publish(edition.parent, FIRST_DAY)
    settings.ENV = settings.ENV.model_copy(update={"instance": tmp_path / "own"})
    alice, changed = confirmed(), NOW + 40 * DAY
    replace(alice, now=changed)

    actions.erase_expired(now=changed + gone_after * DAY - timedelta(seconds=1))
    left = len(emails.list_ties(alice))
    actions.erase_expired(now=changed + gone_after * DAY)

    assert (left, len(emails.list_ties(alice))) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_type_one_code_at_once_one_wins() -> None:
    alice = confirmed()
    actions.send_code_to_new(subject=alice, email=SECOND, now=NOW)
    code, won = newest_code(), []

    def type_it() -> None:
        try:
            won.append(actions.type_code(subject=alice, code=code, now=NOW))
        except (Refusal, OperationalError):
            pass  # SQLite may say that it is busy: then the person presses again
        finally:
            connection.close()

    at_once(type_it)

    assert won == [CodeFor.REPLACE]
    assert len(told("contact.replaced")) == 1
    assert [each.ended_at for each in emails.list_ties(alice)] == [None, NOW]


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_ask_for_a_code_at_once_one_code_works() -> None:
    alice = make_customer()

    def ask() -> None:
        try:
            actions.send_code(subject=alice, now=NOW)
        except (Refusal, OperationalError):
            pass  # as above
        finally:
            connection.close()

    at_once(ask)

    assert EmailCode.objects.filter(ended_at__isnull=True).count() == 1
    actions.type_code(subject=alice, code=newest_code(), now=NOW)
    assert is_confirmed(alice)


def at_once(act: Callable[[], None]) -> None:
    """Let fifty do the same at once."""
    threads = [threading.Thread(target=act) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_what_strangers_ask_to_send_to_an_address_does_not_keep_its_owner_from_proving_it() -> None:
    alice = SubjectId(make_account("alice", email=SECOND).signed_in.public_id)
    for number in range(LETTERS_A_DAY_MAX):
        stranger = make_customer(f"stranger{number}")
        actions.send_code_to_new(subject=stranger, email=SECOND, now=NOW)

    actions.send_code(subject=alice, now=NOW)

    assert EmailCode.objects.filter(subject=alice).count() == 1
    assert newest_code() in going_to(SECOND)
