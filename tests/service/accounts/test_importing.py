"""Customers of an earlier system come in once, sealed, with their own numbers."""

import hashlib
import io
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
from django.db import connection

from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Answer,
    Category,
    ChoiceMethod,
    Purpose,
    SubjectId,
    SubjectKind,
)
from clearline.service.accounts import actions, importing
from clearline.service.accounts.age import STRICT
from clearline.service.accounts.customer_file import CustomerFile, CustomerRow, Encoding
from clearline.service.accounts.importing import Batch, ImportedMeanwhile, SeenInFile
from clearline.service.accounts.models import (
    Account,
    EmailAddress,
    Holder,
    ImportedCustomer,
    ImportedLine,
    Member,
)
from clearline.service.accounts.queries import account_index, email_index
from clearline.trust.consent import actions as consent
from clearline.trust.gate import actions as gate
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.vault import queries as vault
from clearline.trust.vault.models import PersonKey
from tests.meanwhile import Meanwhile
from tests.promises.provider import rows as all_rows
from tests.service.accounts.people import NOW, make_account

pytestmark = pytest.mark.django_db
OPERATOR = Actor(ActorKind.JOB, "operator")
HEAD = "name,email,account,balance,lines,age,choices,proof,user id\n"
DATED = "name,email,account,choices,proof,proof date,age\n"
ZOE = "Zoë Ray,zoe@old.example,OLD-1,1250,+12075550100,18+,ads=no,letter 7,zoe.old\n"
YAN = "Yan Wu,yan@old.example,OLD-2,,+12075550101;+12075550102,,,,\n"


def rows_of(text: str, head: str = HEAD) -> list[CustomerRow]:
    file = CustomerFile(io.BytesIO((head + text).encode()), encoding=Encoding.UTF_8, mapping={})
    return [row for row in file.rows() if isinstance(row, CustomerRow)]


def bring(text: str) -> Batch:
    return importing.import_customers(rows_of(text), by=OPERATOR, seen=SeenInFile(), now=NOW)


def test_a_customer_comes_in_with_their_own_number_and_all_that_was_known() -> None:
    assert bring(ZOE + YAN) == Batch(2, 0, ())

    account = Account.objects.get(number_index=account_index("OLD-1"))
    subject = SubjectId(account.owner)
    held = actions.show_profile(by=Actor(ActorKind.SUBJECT, subject), subject=subject, now=NOW)
    assert (held.name, held.email, held.account_number) == ("Zoë Ray", "zoe@old.example", "OLD-1")
    assert held.age == "18_or_over"
    assert EmailAddress.objects.get(address_index=email_index("ZOE@old.example")).subject == subject
    assert Member.objects.get(subject=subject).account == account
    assert ImportedCustomer.objects.get(subject=subject).balance is not None
    assert ImportedLine.objects.count() == 3


def test_an_age_that_nobody_knew_is_told_so() -> None:
    bring(YAN)

    subject = SubjectId(Holder.objects.get().subject)
    held = actions.show_profile(by=Actor(ActorKind.SUBJECT, subject), subject=subject, now=NOW)

    assert held.age is None


def test_nothing_of_it_stands_readable_in_the_tables() -> None:
    bring(ZOE)

    kept = "\n".join(all_rows()).casefold()

    words = ("zoë", "old.example", "old-1", "5550100", "letter 7", "zoe.old", "ads=no")
    assert all(word not in kept for word in words)


def test_the_same_again_brings_nobody_twice_and_writes_nothing() -> None:
    bring(ZOE)

    again = bring(ZOE + YAN)

    assert again == Batch(1, 1, ())
    assert bring(ZOE + YAN) == Batch(0, 2, ())
    assert (Account.objects.count(), Holder.objects.count(), PersonKey.objects.count()) == (2, 2, 2)
    assert Entry.objects.filter(kind="customers.imported").count() == 2


def bring_dated(choices: str, day: str, age: str = "") -> Batch:
    rows = rows_of(f"Zoë Ray,zoe@old.example,OLD-1,{choices},letter 7,{day},{age}\n", DATED)
    return importing.import_customers(rows, by=OPERATOR, seen=SeenInFile(), now=NOW)


def zoes_answers(now: datetime = NOW) -> dict[str, Answer]:
    zoe = SubjectId(Account.objects.get(number_index=account_index("OLD-1")).owner)
    return {
        name: each.answer
        for name, each in consent.show_account(by=OPERATOR, subject=zoe, now=now).items()
    }


@pytest.mark.parametrize(
    ("day", "undated", "old"),
    [
        ("", 2, 0),
        ("2021-03-01", 0, 2),
        ("0001-01-01", 0, 2),
        ("2099-01-01", 2, 0),
        ("9999-12-31", 2, 0),
    ],
)
def test_a_yes_without_a_day_or_older_than_a_yes_lasts_does_not_come_in_and_a_no_does(
    day: str, undated: int, old: int
) -> None:
    found = bring_dated("measurement=yes;content=yes;ads=no", day)

    assert (found.taken, found.wrong) == (1, ())
    assert (found.yeses_undated, found.yeses_old) == (undated, old)
    assert zoes_answers() == {"ads": Answer.NO}
    held = ImportedCustomer.objects.get()
    use = Use(
        by=OPERATOR,
        subject=SubjectId(held.subject),
        categories=frozenset({Category.PRIVACY_PREFERENCES}),
        purpose=Purpose.ESSENTIAL_SERVICE,
        about=SubjectKind.CUSTOMER,
    )
    permit = gate.ask(use=use, choices=NOTHING_CHOSEN, now=NOW)
    assert held.choices is not None
    assert vault.open_sealed(held.choices, permit=permit, now=NOW) == "ads=no"


def test_who_said_nothing_but_an_old_yes_begins_like_who_said_nothing() -> None:
    bring_dated("measurement=yes", "2021-03-01")

    assert zoes_answers() == {}
    assert not Entry.objects.filter(kind="choice.recorded").exists()


def test_a_yes_counts_from_the_day_on_which_it_was_said() -> None:
    said_on = (NOW - timedelta(days=300)).date()

    found = bring_dated("measurement=yes;ads=no", said_on.isoformat())

    assert (found.yeses_undated, found.yeses_old) == (0, 0)
    zoe = SubjectId(Account.objects.get().owner)
    said = consent.show_account(by=OPERATOR, subject=zoe, now=NOW)
    assert said["measurement"].at == datetime.combine(said_on, time(), UTC)
    assert said["ads"].at == NOW
    assert zoes_answers(NOW + timedelta(days=99)) == {"measurement": Answer.YES, "ads": Answer.NO}
    assert zoes_answers(NOW + timedelta(days=101)) == {"ads": Answer.NO}


@pytest.mark.parametrize(("days", "comes_in"), [(399, True), (400, False)])
def test_the_last_day_of_a_yes_is_that_of_the_choices_of_a_browser(
    days: int, *, comes_in: bool
) -> None:
    bring_dated("measurement=yes", (NOW - timedelta(days=days)).date().isoformat())

    assert ("measurement" in zoes_answers()) == comes_in


def test_trying_a_list_tells_of_the_same_yeses() -> None:
    rows = rows_of("Zoë Ray,zoe@old.example,OLD-1,ads=yes,letter 7,2021-03-01,\n", DATED)

    looked = importing.look_through(rows, seen=SeenInFile(), now=NOW)

    assert looked == bring_dated("ads=yes", "2021-03-01")
    assert looked.yeses_old == 1


def test_the_same_list_is_here_already_though_its_yes_has_grown_too_old() -> None:
    bring_dated("ads=yes", (NOW - timedelta(days=10)).date().isoformat())
    rows = rows_of(
        f"Zoë Ray,zoe@old.example,OLD-1,ads=yes,letter 7,{(NOW - timedelta(days=10)).date()},\n",
        DATED,
    )

    again = importing.look_through(rows, seen=SeenInFile(), now=NOW + timedelta(days=500))

    assert again == Batch(0, 1, ())


def test_choices_hold_from_the_first_day_on_as_brought_in() -> None:
    bring_dated("ads=no;measurement=yes", NOW.date().isoformat())
    bring(YAN)
    zoe = SubjectId(Account.objects.get(number_index=account_index("OLD-1")).owner)
    yan = SubjectId(Account.objects.get(number_index=account_index("OLD-2")).owner)

    said = consent.show_account(by=OPERATOR, subject=zoe, now=NOW)

    assert {name: (each.answer, each.method) for name, each in said.items()} == {
        "ads": (Answer.NO, ChoiceMethod.IMPORT),
        "measurement": (Answer.YES, ChoiceMethod.IMPORT),
    }
    assert consent.show_account(by=OPERATOR, subject=yan, now=NOW) == {}
    assert Entry.objects.get(kind="choice.recorded").subject == zoe


def test_who_is_under_sixteen_begins_with_no_whatever_a_list_says() -> None:
    bring(ZOE.replace("18+,ads=no", "13_to_15,ads=yes"))
    zoe = SubjectId(Account.objects.get().owner)

    said = consent.show_account(by=OPERATOR, subject=zoe, now=NOW)

    assert {name for name, each in said.items() if each.answer is Answer.NO} == set(STRICT)
    assert {each.method for each in said.values()} == {ChoiceMethod.START}


def test_a_batch_has_one_entry_that_commits_to_it_without_a_name() -> None:
    bring(ZOE + YAN)

    entry = Entry.objects.get(kind="customers.imported")
    told = ledger.fields_of(entry, sealer())
    lines = ImportedCustomer.objects.order_by("pk").values_list("subject", "row_index")
    manifest = "".join(f"{subject} {bytes(index).hex()}\n" for subject, index in lines)
    assert entry.subject is None
    assert told == {
        "customers": 2,
        "sha256": hashlib.sha256(manifest.encode()).hexdigest(),
        "by": "job:operator",
    }


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (ZOE.replace("1250", "9"), "with other data"),
        (YAN.replace("yan@", "Zoe@"), "this e-mail address is here"),
        (YAN.replace("5550102", "5550100"), "telephone number of this customer is here"),
    ],
)
def test_what_is_here_as_another_is_told_by_row(second: str, reason: str) -> None:
    bring(ZOE)

    found = bring(second)

    assert found.taken == 0
    assert [(each.line, reason in each.reason) for each in found.wrong] == [(2, True)]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (ZOE, "account number stands in a row above"),
        (YAN.replace("yan@", "zoe@"), "e-mail address stands in a row above"),
        (YAN.replace("5550102", "5550100"), "telephone number of this customer stands in a row"),
    ],
)
def test_what_stands_twice_in_a_file_is_told_and_the_first_comes_in(
    second: str, reason: str
) -> None:
    looked = importing.look_through(rows_of(ZOE + second), seen=SeenInFile(), now=NOW)
    found = bring(ZOE + second)

    assert found == looked
    assert found.taken == 1
    assert [(each.line, reason in each.reason) for each in found.wrong] == [(3, True)]


def test_a_customer_of_this_site_is_not_brought_in_again() -> None:
    make_account(email="zoe@old.example")

    found = bring(ZOE)

    assert (found.taken, len(found.wrong)) == (0, 1)


def test_looking_through_writes_nothing() -> None:
    looked = importing.look_through(rows_of(ZOE + YAN), seen=SeenInFile(), now=NOW)

    assert looked.taken == 2

    assert not Entry.objects.exists()
    assert not Account.objects.exists()
    assert not PersonKey.objects.exists()


def test_a_number_taken_in_this_moment_leaves_nothing_of_the_batch() -> None:
    another = Meanwhile("SAVEPOINT", partial(bring, ZOE))

    with (
        connection.execute_wrapper(another),
        pytest.raises(ImportedMeanwhile, match="Run the same again"),
    ):
        bring(YAN + ZOE)

    assert another.is_over
    assert Account.objects.get().number_index == account_index("OLD-1")
    assert PersonKey.objects.count() == 1


def test_erasing_takes_all_that_came_along() -> None:
    bring(ZOE)
    subject = SubjectId(Holder.objects.get().subject)

    actions.erase(subject, NOW)

    for model in (Holder, Account, EmailAddress, ImportedCustomer, ImportedLine, Member):
        assert not model.objects.exists()
    assert PersonKey.objects.get().key_wrapped is None


def test_a_business_comes_in_with_its_name_and_who_owns_it() -> None:
    file = CustomerFile(
        io.BytesIO(b"name,email,account,company\nZoe Ray,zoe@old.example,OLD-1,Ray Boats\n"),
        encoding=Encoding.UTF_8,
        mapping={},
    )
    found = [row for row in file.rows() if isinstance(row, CustomerRow)]

    assert importing.import_customers(found, by=OPERATOR, seen=SeenInFile(), now=NOW).taken == 1

    subject = SubjectId(Account.objects.get().owner)
    held = actions.show_profile(by=Actor(ActorKind.SUBJECT, subject), subject=subject, now=NOW)
    assert [(each.kind, each.business_name) for each in held.accounts] == [
        ("business", "Ray Boats")
    ]
    again = importing.import_customers(found, by=OPERATOR, seen=SeenInFile(), now=NOW)
    assert again == Batch(0, 1, ())
