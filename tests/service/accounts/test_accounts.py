"""Accounts: opened by those who may, shown to whom they are about, and readable by nobody else."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clearline.kit.errors import Denied
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import Answer, ChoiceName, SubjectId
from clearline.service.accounts import actions, queries
from clearline.service.accounts.actions import NewAccount, NoFreeNumber, NoSuchCustomer
from clearline.service.accounts.age import AgeRange, TooYoung, choices_at_start
from clearline.service.accounts.models import Account, Agreement, EmailAddress, Holder, Member
from clearline.service.accounts.roles import AccountKind, MemberRole
from clearline.service.accounts.words import FieldWrong
from clearline.service.desk.actions import use_as_support
from clearline.trust.gate.actions import ask
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.actions import UserIdRefused, UserIdTaken, sign_in
from clearline.trust.safeguards.models import Login
from clearline.trust.safeguards.passwords import PasswordRefused
from clearline.trust.safeguards.roles import LoginKind, Role
from tests.browser_client import make_staff
from tests.promises.provider import rows
from tests.service.accounts.people import AGREED, NOW, PASSWORD, make_account, make_customer

pytestmark = pytest.mark.django_db


def actor(subject: SubjectId) -> Actor:
    return Actor(ActorKind.SUBJECT, subject)


def read(subject: SubjectId) -> actions.Profile:
    return actions.show_profile(by=actor(subject), subject=subject, now=NOW)


def told(kind: str) -> dict[str, object]:
    return ledger.fields_of(Entry.objects.get(kind=kind), sealer())


def test_an_account_holds_what_was_typed_for_the_person_alone() -> None:
    subject = SubjectId(make_account(screen_name="Al").signed_in.public_id)

    held = read(subject)

    assert (held.name, held.screen_name, held.email) == ("Alice Quill", "Al", "alice@mail.example")
    assert (held.age, held.is_email_confirmed) == (AgeRange.ADULT, False)
    assert len(held.account_number) == 10
    assert held.account_number.isdecimal()


def test_nothing_of_it_stands_readable_in_the_tables() -> None:
    subject = make_customer()
    number = read(subject).account_number

    kept = "\n".join(rows()).casefold()

    for word in ("alice", "quill", "mail.example", number, "18_or_over", PASSWORD):
        assert word not in kept


def test_the_way_in_works_at_once_and_only_as_a_customer() -> None:
    subject = make_customer("Alice.Q")

    signed_in = sign_in(
        kind=LoginKind.CUSTOMER, user_id="alice.q", password=PASSWORD, network="n", now=NOW
    )

    assert signed_in.public_id == subject
    with pytest.raises(Denied, match="wrong"):
        sign_in(kind=LoginKind.STAFF, user_id="alice.q", password=PASSWORD, network="n", now=NOW)


def test_what_was_agreed_to_is_written_with_the_words_and_has_a_receipt() -> None:
    opened = make_account()

    agreed = queries.find_agreed(SubjectId(opened.signed_in.public_id))

    assert agreed == queries.Agreed(AGREED.edition, NOW, opened.proof)
    assert told("account.opened") == {"edition": "2026-01-01", "text": AGREED.text}
    assert Entry.objects.get(public_id=opened.proof).subject == opened.signed_in.public_id


def test_each_opening_is_noted_under_the_persons_number_without_what_was_seen() -> None:
    subject = make_customer()

    read(subject)

    entry = Entry.objects.get(kind="account.shown")
    assert entry.subject == subject
    assert told("account.shown") == {
        "fields": ["account_number", "age_range", "email", "name", "screen_name"],
        "by": f"subject:{subject}",
    }


def test_a_child_opens_no_account_and_leaves_no_trace() -> None:
    with pytest.raises(TooYoung, match="Nothing you typed was kept"):
        make_account(age=AgeRange.UNDER_13)

    for model in (Login, Holder, EmailAddress, Account, Agreement, Entry):
        assert not model.objects.exists()


def test_an_account_of_someone_from_13_to_15_begins_with_no() -> None:
    starts = choices_at_start(AgeRange.FROM_13_TO_15)
    assert starts == dict.fromkeys(ChoiceName, Answer.NO)
    assert choices_at_start(AgeRange.ADULT) == {}


@pytest.mark.parametrize("user_id", ["al", "a b c", "x" * 65, "tab\tid", ""])
def test_a_user_id_that_cannot_be_one_is_refused_and_nothing_is_kept(user_id: str) -> None:
    with pytest.raises(UserIdRefused):
        make_account(user_id)

    assert not Holder.objects.exists()


def test_a_user_id_that_is_taken_is_refused_in_any_case_and_nothing_is_kept() -> None:
    make_customer("alice")

    with pytest.raises(UserIdTaken):
        make_account("ALICE", name="Someone Else")

    assert Holder.objects.count() == 1
    assert Entry.objects.filter(kind="account.opened").count() == 1


def test_the_same_user_id_may_be_of_staff_and_of_a_customer() -> None:
    make_customer("dana")

    make_staff("dana", Role.MARKETER)

    assert Login.objects.count() == 2


def test_a_weak_password_opens_no_account() -> None:
    weak = NewAccount("alice", "short", "Alice", "a@b.example", AgeRange.ADULT)

    with pytest.raises(PasswordRefused):
        actions.open_account(told=weak, agreed=AGREED, now=NOW)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("X", "X"),
        ("n" * 200, "n" * 200),
        ("  Ana   María\tde la  Cruz ", "Ana María de la Cruz"),
        ("مريم", "مريم"),
        ("می\u200cرویم", "می\u200cرویم"),
        ("李小龍", "李小龍"),
        ("O'Brien-Søren Jr. 3rd", "O'Brien-Søren Jr. 3rd"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_people_are_called_what_they_are_called(name: str, kept: str) -> None:
    subject = SubjectId(make_account(name=name).signed_in.public_id)

    assert read(subject).name == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " \t "),
        ("name", "n" * 201),
        ("name", "Alice\u202eecila"),
        ("name", "Ali\x00ce"),
        ("screen_name", "s" * 41),
        ("screen_name", "a\u200bb"),
        ("email", ""),
        ("email", "alice"),
        ("email", "alice@localhost"),
        ("email", "alice@mail.example\nBcc: x@y.example"),
        ("email", "a b@mail.example"),
        ("email", '"<a>"@mail.example'),
        ("email", f"{'a' * 65}@mail.example"),
        ("email", f"a@{'b.' * 130}example"),
    ],
)
def test_a_field_that_cannot_be_taken_is_named_and_nothing_is_kept(field: str, value: str) -> None:
    typed = {"name": "Alice", "email": "alice@mail.example", "screen_name": "", field: value}
    told = NewAccount("alice", PASSWORD, age=AgeRange.ADULT, **typed)

    with pytest.raises(FieldWrong) as refused:
        actions.open_account(told=told, agreed=AGREED, now=NOW)

    assert refused.value.field == field
    assert not Login.objects.exists()


def test_names_are_corrected_and_that_is_noted_without_the_names() -> None:
    subject = make_customer()

    actions.change_names(
        by=actor(subject), subject=subject, name="Alice Reed", screen_name="Ali", now=NOW
    )

    held = read(subject)
    assert (held.name, held.screen_name) == ("Alice Reed", "Ali")
    assert told("account.changed") == {
        "fields": ["name", "screen_name"],
        "by": f"subject:{subject}",
    }
    actions.change_names(
        by=actor(subject), subject=subject, name="Alice Reed", screen_name=" ", now=NOW
    )
    assert read(subject).screen_name == ""


def test_of_someone_who_has_no_account_nothing_is_shown_or_changed() -> None:
    nobody = SubjectId("0" * 32)

    with pytest.raises(NoSuchCustomer):
        read(nobody)
    with pytest.raises(NoSuchCustomer):
        actions.change_names(by=actor(nobody), subject=nobody, name="N", screen_name="", now=NOW)


def test_an_account_has_its_holder_as_its_one_owner() -> None:
    subject = make_customer()

    member = Member.objects.get()

    assert (member.subject, member.role, member.since) == (subject, MemberRole.OWNER, NOW)
    assert member.account.owner == subject


def test_a_number_that_is_taken_is_not_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    make_customer("alice")
    taken = read(make_customer("bob")).account_number
    monkeypatch.setattr("secrets.randbelow", lambda _: int(taken))

    with pytest.raises(NoFreeNumber, match="Try again"):
        make_account("charlie")

    assert Holder.objects.count() == 2


def test_an_email_address_is_found_by_its_code_in_any_case() -> None:
    subject = make_customer()

    found = EmailAddress.objects.get(address_index=queries.email_index(" ALICE@Mail.Example "))

    assert (found.subject, found.added_at, found.ended_at) == (subject, NOW, None)
    assert found.confirmed_at is None


def test_only_its_owner_names_a_business_and_nobody_a_persons_own_account() -> None:
    told = NewAccount("alice", PASSWORD, "Alice", "a@b.example", AgeRange.ADULT)
    business = replace(told, business_name="Quill & Daughters")
    alice = SubjectId(
        actions.open_account(told=business, agreed=AGREED, now=NOW).signed_in.public_id
    )
    bob = make_customer("bob")
    owned, own = queries.list_owned(alice)[0].account, queries.list_owned(bob)[0].account

    for account in (owned, own):
        with pytest.raises(actions.NoSuchAccount):
            actions.name_business(by=actor(bob), subject=bob, account=account, name="X", now=NOW)
    actions.name_business(by=actor(alice), subject=alice, account=owned, name="Quill Ltd", now=NOW)

    (held,) = read(alice).accounts
    assert (held.kind, held.business_name) == (AccountKind.BUSINESS, "Quill Ltd")
    assert read(bob).accounts[0].business_name == ""
    assert told_of_change(alice) == {"fields": ["business_name"], "by": f"subject:{alice}"}


def told_of_change(subject: SubjectId) -> dict[str, object]:
    entry = Entry.objects.get(kind="account.changed", subject=subject)
    return ledger.fields_of(entry, sealer())


def test_an_account_for_a_business_without_a_name_is_not_opened() -> None:
    told = NewAccount("alice", PASSWORD, "Alice", "a@b.example", AgeRange.ADULT, "", " ")

    with pytest.raises(FieldWrong, match="name of the business"):
        actions.open_account(told=told, agreed=AGREED, now=NOW)

    assert not Holder.objects.exists()


def test_a_name_that_was_changed_stays_sealed_for_thirty_days_with_the_first_at_the_top() -> None:
    """Who renames a holder lately cannot come to the desk with a document of their own."""
    subject = make_customer()
    for name in ("Alice Quill", "Mallory Pike", "Mallory Pikes"):
        actions.change_names(
            by=actor(subject), subject=subject, name=name, screen_name="Al", now=NOW
        )

    kept = "\n".join(rows()).casefold()

    assert names_of_before(subject, now=NOW + timedelta(days=29)) == ["Alice Quill", "Mallory Pike"]
    assert "quill" not in kept
    assert "pike" not in kept
    assert Entry.objects.filter(kind="account.renamed", subject=subject).count() == 2
    assert names_of_before(subject, now=NOW + timedelta(days=30)) == []
    assert actions.erase_earlier_names(now=NOW + timedelta(days=29)) == 0
    assert actions.erase_earlier_names(now=NOW + timedelta(days=30)) == 2


def names_of_before(subject: SubjectId, *, now: datetime) -> list[str]:
    by = Actor(ActorKind.STAFF, "someone")
    permit = ask(use=use_as_support(by, subject), choices=NOTHING_CHOSEN, now=now)
    return [name for name, _ in queries.open_earlier_names(subject, permit=permit, now=now)]
