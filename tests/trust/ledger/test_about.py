"""A person is told of the entries about them, each with its proof, and of nobody else's."""

import pytest
from django.db import connection

from clearline.policy.vocabulary import SubjectId
from clearline.trust.ledger import actions, queries
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.logins import CustomerRefused, CustomerSignedIn
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import NoSuchEntry
from tests.trust.ledger.log import NOW, Footing, Log, later

pytestmark = pytest.mark.django_db
ALICE, BOB = SubjectId("a" * 32), SubjectId("b" * 32)


def note(subject: SubjectId | None, *, minutes: int = 0, entry: LedgerEntry | None = None) -> str:
    told = entry or CustomerSignedIn()
    at = later(minutes=minutes)
    return actions.append(told, subject=subject, permit=Footing("account.acts"), now=at).id


def ids(found: queries.OwnEntries) -> list[str]:
    return [each.id for each in found.entries]


def test_only_ones_own_entries_are_told_the_newest_first(log: Log) -> None:
    first, _other, _nobody, last = note(ALICE), note(BOB), note(None), note(ALICE)

    found = queries.list_about(ALICE)

    assert ids(found) == [last, first]
    assert found.older == ""
    assert found.entries[0].clause == "account.acts"
    assert found.entries[0].edition == "2026-12-01"
    assert found.entries[0].fields == {}


def test_further_ones_are_asked_for_by_the_last_that_was_told(log: Log) -> None:
    made = [note(ALICE) for _ in range(5)]

    newest = queries.list_about(ALICE, limit=2)
    older = queries.list_about(ALICE, limit=2, before=newest.older)
    oldest = queries.list_about(ALICE, limit=2, before=older.older)

    assert ids(newest) + ids(older) + ids(oldest) == made[::-1]
    assert oldest.older == ""


def test_whether_something_happened_to_somebody_is_told_from_a_moment_on(log: Log) -> None:
    note(ALICE, minutes=5)
    kind = CustomerSignedIn.kind

    assert queries.has_happened(kind, ALICE, since=later(minutes=5))
    assert not queries.has_happened(kind, ALICE, since=later(minutes=6))
    assert not queries.has_happened(kind, BOB, since=later())
    assert not queries.has_happened("account.closed", ALICE, since=later())


@pytest.mark.parametrize("before", ["of_bob", "0" * 32, "x"])
def test_nobody_pages_from_an_entry_of_another(log: Log, before: str) -> None:
    note(ALICE)
    of_bob = note(BOB)

    with pytest.raises(NoSuchEntry):
        queries.list_about(ALICE, before=of_bob if before == "of_bob" else before)


def test_they_are_narrowed_by_kind_and_by_moments(log: Log) -> None:
    refused = note(ALICE, entry=CustomerRefused(page="account_sign_in"))
    early, late = note(ALICE, minutes=1), note(ALICE, minutes=9)

    assert ids(queries.list_about(ALICE, kinds={"customer.refused"})) == [refused]
    assert ids(queries.list_about(ALICE, within=(later(minutes=1), later(minutes=9)))) == [early]
    assert ids(queries.list_about(ALICE, within=(later(minutes=2), None))) == [late]
    assert ids(queries.list_about(ALICE, within=(None, later(minutes=1)))) == [refused]


def test_an_entry_is_told_as_signed_once_a_checkpoint_covers_it(log: Log) -> None:
    note(ALICE)
    before = queries.list_about(ALICE).entries[0].is_signed

    actions.integrate(now=NOW)

    assert not before
    assert queries.list_about(ALICE).entries[0].is_signed


def test_an_entry_moved_to_another_person_is_not_told_to_them(log: Log) -> None:
    moved = note(BOB)
    actions.integrate(now=NOW)
    Entry.objects.filter(public_id=moved).update(subject=ALICE)

    assert queries.list_about(ALICE).entries == ()
    with pytest.raises(NoSuchEntry):
        queries.receipt_about(moved, ALICE)


def test_damaged_words_are_told_as_such(log: Log) -> None:
    note(ALICE)
    Entry.objects.update(body_sealed=b"x" * 90)

    (entry,) = queries.list_about(ALICE).entries

    assert entry.fields is None
    assert entry.clause == ""


def test_a_receipt_is_given_to_the_person_alone(log: Log) -> None:
    made = note(ALICE)
    actions.integrate(now=NOW)

    receipt = queries.receipt_about(made, ALICE)

    assert receipt == queries.receipt(made)
    with pytest.raises(NoSuchEntry):
        queries.receipt_about(made, BOB)


def test_one_persons_entries_are_found_by_their_index(log: Log) -> None:
    note(ALICE)
    for _ in range(300):
        note(BOB)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE ledger_entry")
            cursor.execute("SET LOCAL enable_seqscan = off")  # 300 rows are soon read whole

    plan = Entry.objects.filter(subject=ALICE).order_by("-number")[:51].explain()

    assert "ledger_entry_subject" in plan
    assert "TEMP B-TREE" not in plan


def test_who_reads_the_tree_on_from_a_place_misses_nothing_and_sees_nothing_twice(
    log: Log,
) -> None:
    kinds = {"customer.signed_in"}
    assert queries.list_signed(after=-1, limit=10, kinds=kinds) == queries.SignedEntries((), -1)
    for subject in (ALICE, BOB, None, ALICE):
        note(subject)
    note(BOB, entry=CustomerRefused(page="account_sign_in"))
    log.integrate_all()
    note(BOB)  # not signed yet

    first = queries.list_signed(after=-1, limit=3, kinds=kinds)
    second = queries.list_signed(after=first.last, limit=3, kinds=kinds)
    third = queries.list_signed(after=second.last, limit=3, kinds=kinds)

    assert [each.subject for each in first.entries] == [ALICE, BOB, None]
    assert [(each.position, each.subject) for each in second.entries] == [(3, ALICE)]
    assert (first.last, second.last) == (2, 4)
    assert third == queries.SignedEntries((), 4)


def test_an_entry_is_signed_once_it_stands_in_the_tree(log: Log) -> None:
    entry_id = note(ALICE)
    before = queries.is_signed(entry_id)

    actions.integrate(now=NOW)

    assert (before, queries.is_signed(entry_id)) == (False, True)
    assert not queries.is_signed("x")
