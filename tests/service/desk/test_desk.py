"""The desk: found by the whole of one thing, opened once for one contact, and shut in time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import Category, SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import details, emails, members
from clearline.service.accounts.queries import find_owned
from clearline.service.accounts.roles import AccountKind, AddressKind, MemberRole
from clearline.service.accounts.words import Postal
from clearline.service.desk import actions, queries
from clearline.service.desk.actions import (
    CONTACT_MAX,
    KEPT,
    OPEN_WINDOW,
    SEARCHES_MAX,
    SEARCHES_WINDOW,
    USES,
    ContactTooLong,
    ContactUsed,
    NotFoundHere,
    NothingToLookFor,
    Shown,
    TooManySearches,
)
from clearline.service.desk.contact import Channel, Contact, ContactWrong
from clearline.service.desk.duties import ADDRESSES, DUTIES, SEALED, Field, fields_of, roles_at_desk
from clearline.service.desk.models import Search, Sighting
from clearline.service.desk.queries import FOUND_MAX, FOUND_WINDOW
from clearline.service.desk.terms import Term, terms_in
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.roles import Role
from tests.promises.provider import rows
from tests.service.accounts.people import NOW, make_account, make_customer
from tests.service.teams.test_teams import at_once

pytestmark = pytest.mark.django_db
DANA = Actor(ActorKind.STAFF, "d" * 32)
SAM = Actor(ActorKind.STAFF, "5" * 32)
CALL = Contact(Channel.CALL, "C-1042")
SECOND = timedelta(seconds=1)
MANY = 50
POSTAL = Postal("", "Portland", "ME", "04101", "USA")


def search(text: str, by: Actor = DANA) -> tuple[SubjectId, ...]:
    return actions.search(by=by, text=text, now=NOW)


def open_one(
    subject: SubjectId,
    *roles: Role,
    contact: Contact = CALL,
    by: Actor = DANA,
    later: timedelta = timedelta(),
) -> None:
    given = roles or (Role.SUPPORT,)
    actions.open_customer(by=by, roles=given, subject=subject, contact=contact, now=NOW + later)


def show(
    subject: SubjectId, *roles: Role, by: Actor = DANA, later: timedelta = timedelta()
) -> Shown:
    given = roles or (Role.SUPPORT,)
    return actions.show_customer(by=by, roles=given, subject=subject, now=NOW + later)


def alice_found() -> SubjectId:
    alice = make_customer("alice")
    search("alice")
    return alice


def noted(kind: str) -> list[dict[str, object]]:
    entries = Entry.objects.filter(kind=kind).order_by("number")
    return [ledger.fields_of(each, sealer()) for each in entries]


def confirm_address(subject: SubjectId) -> None:
    (tie,) = emails.list_ties(subject)
    with transaction.atomic():
        emails.confirm(subject, tie.row, now=NOW)


def number_of(subject: SubjectId) -> str:
    by = Actor(ActorKind.SUBJECT, subject)
    return accounts.show_profile(by=by, subject=subject, now=NOW).account_number


def test_a_customer_is_found_by_the_whole_of_one_thing_in_whatever_case() -> None:
    alice = make_customer("alice")
    make_account("bob", email="bob@mail.example")

    for text in ("alice@mail.example", " ALICE@Mail.example ", "Alice", number_of(alice)):
        assert search(text) == (alice,)


@pytest.mark.parametrize(
    "text", ["alic", "alice@mail.exampl", "@mail.example", "Alice Quill", "%", "alice*", "12345"]
)
def test_a_part_of_it_or_a_name_finds_nobody(text: str) -> None:
    make_customer("alice")

    try:
        assert search(text) == ()
    except NothingToLookFor:
        assert " " in text or len(text) < 3


@pytest.mark.parametrize(
    "text", ["", "  ", "a b", "\x00", "x" * 255, "\N{RIGHT-TO-LEFT OVERRIDE} a"]
)
def test_what_can_be_nothing_of_the_four_is_not_looked_for(text: str) -> None:
    with pytest.raises(NothingToLookFor):
        search(text)

    assert not Search.objects.exists()


def test_each_thing_is_looked_for_as_all_that_it_may_be() -> None:
    assert set(terms_in("a@b.example")) == {Term.EMAIL, Term.USER_ID}
    assert terms_in("+1 (207) 555-0100") == {Term.TELEPHONE: "+12075550100"}
    assert set(terms_in("0123456789")) == {Term.USER_ID, Term.ACCOUNT_NUMBER}
    assert terms_in("207 555 0100") == {Term.TELEPHONE: "+12075550100"}


def test_customers_who_share_an_address_are_all_found_and_told_apart_by_nothing_of_theirs() -> None:
    alice, bob = make_customer("alice"), make_customer("bob")

    assert search("alice@mail.example") == (alice, bob)

    found = queries.list_found(DANA.name, now=NOW)
    assert [(each.subject, each.since, each.is_closing) for each in found] == [
        (alice, NOW, False),
        (bob, NOW, False),
    ]


def test_who_proved_an_address_is_found_first_and_told_from_who_only_said_it() -> None:
    alice, bob = make_customer("alice"), make_customer("bob")
    confirm_address(bob)

    assert search("alice@mail.example") == (bob, alice)

    found = {each.subject: each.is_proved for each in queries.list_found(DANA.name, now=NOW)}
    assert found == {alice: False, bob: True}
    open_one(alice)
    assert not show(alice).opened.is_proved


def test_a_number_that_somebody_gave_finds_them_however_it_is_typed_and_proves_nothing() -> None:
    alice = make_customer("alice")
    by = Actor(ActorKind.SUBJECT, alice)
    details.set_phone(by=by, subject=alice, phone="+1 207 555 0100", now=NOW)

    for text in ("2075550100", "(207) 555-0100", "+12075550100"):
        assert search(text) == (alice,)
        assert not queries.is_proved(DANA.name, alice, now=NOW)
    search("alice")
    assert queries.is_proved(DANA.name, alice, now=NOW)


def test_there_is_an_end_to_those_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "FOUND_MAX", 1)
    make_customer("alice"), make_customer("bob")

    assert FOUND_MAX == 20
    assert len(search("alice@mail.example")) == 1


def test_a_search_is_noted_by_its_kind_and_number_never_by_what_it_was() -> None:
    make_customer("alice")

    search("alice@mail.example")
    search("nobody@mail.example")

    by = {"terms": ["email", "user_id"], "by": f"staff:{DANA.name}"}
    assert noted("customer.searched") == [{**by, "found": 1}, {**by, "found": 0}]
    assert all(each.subject is None for each in Entry.objects.filter(kind="customer.searched"))
    assert "mail.example" not in "\n".join(rows())


def test_after_sixty_searches_in_an_hour_one_of_the_staff_waits_and_the_others_do_not() -> None:
    for _ in range(SEARCHES_MAX):
        search("nobody")

    with pytest.raises(TooManySearches, match="60 times within an hour"):
        search("nobody")

    assert Search.objects.count() == SEARCHES_MAX
    assert search("nobody", by=SAM) == ()
    assert actions.search(by=DANA, text="nobody", now=NOW + SEARCHES_WINDOW) == ()


def test_what_is_opened_is_what_the_role_may_see_for_a_quarter_of_an_hour() -> None:
    alice = alice_found()

    open_one(alice)

    told = show(alice, later=OPEN_WINDOW - SECOND)
    assert told.fields == DUTIES[Role.SUPPORT]
    assert told.values[Category.NAME] == ("Alice Quill",)
    assert told.values[Category.CONTACT_EMAIL] == ("alice@mail.example",)
    assert Category.DEMOGRAPHIC_AGE_RANGE not in told.values
    assert (told.opened.contact, told.opened.shuts_at) == (CALL, NOW + OPEN_WINDOW)
    with pytest.raises(NotFoundHere):
        show(alice, later=OPEN_WINDOW)


def test_the_opening_is_an_entry_of_the_customer_with_who_when_why_and_which_fields() -> None:
    """CP-08: an audit row has actor, customer, reason, fields and time."""
    alice = alice_found()

    open_one(alice, Role.BILLING)

    (entry,) = Entry.objects.filter(kind="customer.opened")
    assert (entry.subject, entry.at) == (alice, NOW)
    assert noted("customer.opened") == [
        {
            "by": f"staff:{DANA.name}",
            "channel": "call",
            "reference": "C-1042",
            "fields": [
                *("name", "email", "account_number", "account_kind", "business_name"),
                *("billing_address", "state"),
            ],
            "roles": ["billing"],
        }
    ]


@pytest.mark.parametrize("role", DUTIES)
def test_a_role_opens_what_its_duty_says_and_nothing_else(role: Role) -> None:
    made = make_account(screen_name="Al", business_name="Quill & Co.")
    alice = SubjectId(made.signed_in.public_id)
    by = Actor(ActorKind.SUBJECT, alice)
    for kind in AddressKind:
        details.set_address(by=by, subject=alice, kind=kind, typed=POSTAL, now=NOW)
    search("alice")
    open_one(alice, role)

    told = show(alice, role)

    sealed = {SEALED[field] for field in DUTIES[role] if field in SEALED}
    by_parts = {
        Category.CONTACT_ADDRESS_STREET,
        Category.CONTACT_ADDRESS_CITY,
        Category.CONTACT_ADDRESS_STATE,
        Category.CONTACT_ADDRESS_POSTAL_CODE,
        Category.CONTACT_ADDRESS_COUNTRY,
    }
    addresses = set(ADDRESSES) & set(DUTIES[role])
    assert USES[role](DANA, alice).categories == sealed | (by_parts if addresses else set())
    assert set(told.addresses) == addresses
    unheld = {Category.CONTACT_PHONE_NUMBER, Category.PRIVACY_PREFERENCES}
    assert set(told.values) == sealed - unheld
    assert (told.agreed is not None) == (Field.AGREEMENT in DUTIES[role])
    assert told.kinds == ((AccountKind.BUSINESS,) if Field.ACCOUNT_KIND in DUTIES[role] else None)
    assert (told.team is not None) == (Field.TEAM in DUTIES[role])
    assert (told.choices is not None) == (Field.CHOICES in DUTIES[role])


def test_roles_of_one_person_add_up_and_others_have_no_place_here() -> None:
    everyone = [Role.PRIVACY_OFFICER, Role.BILLING, Role.SUPPORT, Role.MARKETER]
    assert fields_of(everyone) == tuple(Field)
    assert roles_at_desk([Role.ADMINISTRATOR, Role.AUDITOR]) == ()
    alice = alice_found()

    with pytest.raises(NotFoundHere):
        open_one(alice, Role.ADMINISTRATOR)


def test_a_role_that_is_given_later_shows_no_more_and_one_that_is_taken_shows_nothing() -> None:
    alice = alice_found()
    open_one(alice, Role.SUPPORT)

    told = show(alice, Role.SUPPORT, Role.PRIVACY_OFFICER)

    assert told.fields == DUTIES[Role.SUPPORT]
    with pytest.raises(NotFoundHere):
        show(alice, Role.PRIVACY_OFFICER)


def test_nobody_opens_whom_they_did_not_find_within_a_quarter_of_an_hour() -> None:
    alice = make_customer("alice")

    with pytest.raises(NotFoundHere):
        open_one(alice)
    search("alice", by=SAM)
    with pytest.raises(NotFoundHere):
        open_one(alice)
    search("alice")
    with pytest.raises(NotFoundHere):
        open_one(alice, later=FOUND_WINDOW)
    open_one(alice, later=FOUND_WINDOW - SECOND)
    with pytest.raises(NotFoundHere):
        show(alice, by=SAM)
    assert not Entry.objects.filter(kind="use.denied").exists()


def test_opened_again_while_it_is_open_it_stays_one_opening() -> None:
    alice = alice_found()
    open_one(alice)

    open_one(alice, later=timedelta(minutes=5))
    open_one(alice, contact=Contact(Channel.VISIT, "V-1"), later=timedelta(minutes=6))

    assert len(noted("customer.opened")) == 1
    assert show(alice).opened.shuts_at == NOW + OPEN_WINDOW


def test_one_contact_opens_a_customer_once_and_another_opens_them_again() -> None:
    alice = alice_found()
    open_one(alice)
    actions.shut_now(by=DANA, subject=alice, now=NOW + SECOND)
    actions.search(by=DANA, text="alice", now=NOW + 2 * SECOND)

    with pytest.raises(ContactUsed, match="opened already today"):
        open_one(alice, contact=Contact.read("call", "c-1042"), later=3 * SECOND)
    with pytest.raises(NotFoundHere):
        show(alice, later=3 * SECOND)
    open_one(alice, contact=Contact(Channel.CALL, "C-1043"), later=4 * SECOND)

    assert [each["reference"] for each in noted("customer.opened")] == ["C-1042", "C-1043"]


def test_opened_for_another_contact_the_first_ends_and_the_customer_sees_both() -> None:
    alice, visit = alice_found(), Contact(Channel.VISIT, "V-7")
    open_one(alice)
    later = NOW + timedelta(minutes=10)

    def for_another(contact: Contact, by: Actor = DANA) -> None:
        roles = [Role.SUPPORT]
        actions.open_for_another(by=by, roles=roles, subject=alice, contact=contact, now=later)

    for _ in range(2):  # who presses twice opens once
        for_another(visit)

    (opened,) = queries.list_open(DANA.name, now=later)
    assert (opened.contact, opened.shuts_at) == (visit, later + OPEN_WINDOW)
    assert opened.is_proved
    assert [each["reference"] for each in noted("customer.opened")] == ["C-1042", "V-7"]
    with pytest.raises(ContactUsed):
        for_another(CALL)
    with pytest.raises(NotFoundHere):
        for_another(Contact(Channel.CALL, "C-2000"), by=SAM)


@pytest.mark.parametrize("minutes", [0, 15])
def test_nobody_opens_for_another_contact_whom_they_have_not_open(minutes: int) -> None:
    alice = alice_found()
    if minutes:
        open_one(alice)

    with pytest.raises(NotFoundHere):
        actions.open_for_another(
            by=DANA,
            roles=[Role.SUPPORT],
            subject=alice,
            contact=Contact(Channel.VISIT, "V-7"),
            now=NOW + timedelta(minutes=minutes),
        )

    assert len(noted("customer.opened")) == (1 if minutes else 0)


@pytest.mark.django_db(transaction=True)
def test_of_many_other_contacts_at_once_one_is_open_in_the_end_and_each_has_its_entry() -> None:
    alice = alice_found()
    open_one(alice)

    def opening(number: int) -> Callable[[], None]:
        contact = Contact(Channel.VISIT, f"V-{number}")
        return lambda: actions.open_for_another(
            by=DANA, roles=[Role.SUPPORT], subject=alice, contact=contact, now=NOW + SECOND
        )

    at_once([opening(number) for number in range(6)])

    opened = queries.list_open(DANA.name, now=NOW + SECOND)
    done = Sighting.objects.filter(channel=Channel.VISIT).count()
    assert len(opened) == 1
    assert opened[0].contact.channel is Channel.VISIT
    assert len(noted("customer.opened")) == 1 + done


def test_shut_by_hand_it_is_shut_at_once_and_stays_so() -> None:
    alice = alice_found()
    open_one(alice)

    actions.shut_now(by=DANA, subject=alice, now=NOW + SECOND)

    with pytest.raises(NotFoundHere):
        show(alice, later=SECOND)
    for by in (DANA, SAM):
        with pytest.raises(NotFoundHere):
            actions.shut_now(by=by, subject=alice, now=NOW + SECOND)


def test_a_contact_that_goes_on_keeps_it_open_up_to_an_hour_each_time_with_an_entry() -> None:
    alice = alice_found()
    open_one(alice)

    def keep(minutes: int) -> None:
        now = NOW + timedelta(minutes=minutes)
        actions.keep_open(by=DANA, roles=[Role.SUPPORT], subject=alice, now=now)

    for minutes in (10, 20, 30, 44):
        keep(minutes)
    with pytest.raises(ContactTooLong, match="an hour at most"):
        keep(45)

    assert timedelta(minutes=45) == CONTACT_MAX
    assert len(noted("customer.opened")) == 5
    assert show(alice, later=timedelta(minutes=58)).opened.opened_at == NOW
    with pytest.raises(NotFoundHere):
        keep(59)
    with pytest.raises(NotFoundHere):
        actions.keep_open(by=SAM, roles=[Role.SUPPORT], subject=alice, now=NOW)


def test_the_list_names_who_is_open_now_and_to_whom() -> None:
    alice = alice_found()
    bob = SubjectId(make_account("bob", name="Bob Reed").signed_in.public_id)
    search("bob")
    open_one(alice, later=SECOND)
    open_one(bob)

    named = actions.name_open(by=DANA, roles=[Role.SUPPORT], now=NOW + SECOND)

    assert [(each.subject, name) for each, name in named] == [
        (bob, "Bob Reed"),
        (alice, "Alice Quill"),
    ]
    assert actions.name_open(by=DANA, roles=[Role.MARKETER], now=NOW + SECOND) == ()
    assert actions.name_open(by=SAM, roles=[Role.SUPPORT], now=NOW + SECOND) == ()


def test_a_closing_account_its_agreement_its_team_and_its_choices_are_told() -> None:
    alice, bob = make_customer("alice"), make_customer("bob")
    by = Actor(ActorKind.SUBJECT, alice)
    account = find_owned(alice) or 0
    with transaction.atomic():
        members.add_member(account=account, subject=bob, role=MemberRole.BILLING, now=NOW)
    accounts.close_account(by=by, subject=alice, now=NOW)
    search("alice")
    open_one(alice, Role.SUPPORT, Role.PRIVACY_OFFICER)

    told = show(alice, Role.SUPPORT, Role.PRIVACY_OFFICER)

    assert told.erased_on == (NOW + timedelta(days=30)).date()
    assert told.agreed is not None
    assert [each.role for each in told.team or ()] == [MemberRole.OWNER, MemberRole.BILLING]
    assert told.choices == {}


def test_an_account_that_is_erased_meanwhile_is_not_there() -> None:
    alice = alice_found()
    open_one(alice)
    with transaction.atomic():
        accounts.erase(alice, NOW)

    with pytest.raises(NotFoundHere):
        show(alice)
    assert queries.list_found(DANA.name, now=NOW) == ()
    assert actions.name_open(by=DANA, roles=[Role.SUPPORT], now=NOW)[0][1] == ""


@pytest.mark.parametrize(
    ("channel", "reference", "field"),
    [
        ("letter", "C-1", "channel"),
        ("", "C-1", "channel"),
        ("call", "", "reference"),
        ("call", "Alice Quill", "reference"),
        ("call", "a@b.example", "reference"),
        ("call", "-", "reference"),
        ("call", "C--1", "reference"),
        ("call", "\N{ARABIC-INDIC DIGIT ONE}", "reference"),
        ("call", "C-1\n2", "reference"),
        ("call", "x" * 41, "reference"),
        ("call", "12075550100", "reference"),
        ("call", "0123456789", "reference"),
    ],
)
def test_a_contact_has_a_kind_and_a_number_and_nothing_of_a_person(
    channel: str, reference: str, field: str
) -> None:
    with pytest.raises(ContactWrong) as refused:
        Contact.read(channel, reference)

    assert refused.value.field == field
    assert not reference or reference not in str(refused.value).replace("dashes", "")


def test_a_contact_is_the_same_however_its_number_is_typed() -> None:
    assert Contact.read("call", " c-1042 ") == CALL
    assert Contact.read("message", "2026-11-28-0012").reference == "2026-11-28-0012"


def test_searches_go_after_an_hour_who_was_only_found_after_a_quarter_and_the_rest_next_day() -> (
    None
):
    alice = alice_found()
    open_one(alice)
    make_customer("bob")
    search("bob")

    assert actions.erase_expired(now=NOW + FOUND_WINDOW - SECOND) == 0
    assert actions.erase_expired(now=NOW + FOUND_WINDOW) == 1
    assert actions.erase_expired(now=NOW + SEARCHES_WINDOW) == 2
    assert actions.erase_expired(now=NOW + KEPT - SECOND) == 0
    assert actions.erase_expired(now=NOW + KEPT) == 1
    assert not Sighting.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_openings_at_once_there_is_one_and_all_are_content() -> None:
    alice = alice_found()

    def opening(number: int) -> Callable[[], None]:
        contact = Contact(Channel.CALL, f"C-{number % 2}")
        return lambda: open_one(alice, contact=contact)

    outcomes = at_once([opening(number) for number in range(MANY)])

    assert outcomes == [None] * MANY
    assert Sighting.objects.filter(opened_at__isnull=False).count() == 1
    assert len(noted("customer.opened")) == 1


@pytest.mark.django_db(transaction=True)
def test_many_searches_at_once_are_never_more_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "SEARCHES_MAX", 3)

    outcomes = at_once([lambda: search("nobody") for _ in range(6)])

    assert outcomes.count(None) <= 3
    assert Search.objects.count() == len(noted("customer.searched")) == outcomes.count(None)
