"""Sealing and opening for many people at once: as for one, in few statements."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from clearline.kit.errors import Denied
from clearline.policy.vocabulary import Category, SubjectId
from clearline.trust.envelope import SealBroken
from clearline.trust.gate.permit import PermitExpired
from clearline.trust.vault import actions, keyring
from clearline.trust.vault import queries as vault
from clearline.trust.vault.keyring import PersonErased
from clearline.trust.vault.models import PersonKey
from clearline.trust.vault.sealed import Sealed, TooLong
from tests.trust.vault.notes import ALICE, BOB, NOW, Note, permit_for

pytestmark = pytest.mark.usefixtures("notes")
PEOPLE = [SubjectId(f"{number:032x}") for number in range(1_200)]


def write(subjects: list[SubjectId]) -> None:
    notes = [Note(subject=each, words=f"words of {each}", email=None) for each in subjects]
    with transaction.atomic():
        actions.seal_many(notes)
        Note.objects.bulk_create(notes)


def test_what_is_sealed_together_opens_for_each_and_for_all() -> None:
    write(PEOPLE)
    rows = Note.objects.order_by("pk")

    found = vault.open_people(
        [(permit_for(SubjectId(r.subject)), [r.words]) for r in rows], now=NOW
    )

    assert found == {each: (f"words of {each}",) for each in PEOPLE}
    first = rows[0]
    assert (
        vault.open_sealed(first.words, permit=permit_for(PEOPLE[0]), now=NOW) == found[PEOPLE[0]][0]
    )


def test_many_people_cost_few_statements() -> None:
    with CaptureQueriesContext(
        connection,
    ) as writing:
        write(PEOPLE)
    rows = list(Note.objects.all())
    asked = [(permit_for(SubjectId(row.subject)), [row.words]) for row in rows]

    with CaptureQueriesContext(connection) as reading:
        vault.open_people(asked, now=NOW)

    assert len(reading) == 3
    assert len(writing) < 20


def test_who_has_a_key_keeps_it() -> None:
    write([ALICE])
    before = bytes(PersonKey.objects.get().key_wrapped or b"")

    write([ALICE, BOB, ALICE])

    assert bytes(PersonKey.objects.get(subject=ALICE).key_wrapped or b"") == before
    assert PersonKey.objects.count() == 2
    rows = Note.objects.filter(subject=ALICE)
    opened = [vault.open_sealed(row.words, permit=permit_for(ALICE), now=NOW) for row in rows]
    assert opened == [f"words of {ALICE}"] * 3


def test_what_is_sealed_already_stays() -> None:
    write([ALICE])
    note = Note.objects.get()
    before = note.words

    actions.seal_many([note])

    assert note.words == before


def test_keys_go_with_a_transaction_that_is_rolled_back() -> None:
    with transaction.atomic():
        actions.seal_many([Note(subject=ALICE, words="words")])
        transaction.set_rollback(True)

    assert not PersonKey.objects.exists()
    assert keyring.WARM.get(ALICE) is None


def test_for_an_erased_person_nothing_is_sealed() -> None:
    write([ALICE])
    actions.erase_person(ALICE, now=NOW)

    with pytest.raises(PersonErased):
        write([BOB, ALICE])

    assert Note.objects.count() == 1


def test_who_was_erased_meanwhile_is_left_out_of_a_list() -> None:
    write([ALICE, BOB])
    actions.erase_person(ALICE, now=NOW)
    rows = Note.objects.all()

    found = vault.open_people(
        [(permit_for(SubjectId(r.subject)), [r.words]) for r in rows], now=NOW
    )

    assert found == {BOB: (f"words of {BOB}",)}


def test_each_person_of_a_list_needs_a_permit_of_their_own() -> None:
    write([ALICE, BOB])
    words = {row.subject: row.words for row in Note.objects.all()}

    with pytest.raises(SealBroken):
        vault.open_people([(permit_for(ALICE), [words[BOB]])], now=NOW)
    with pytest.raises(PermitExpired):
        vault.open_people([(permit_for(ALICE), [words[ALICE]])], now=NOW + timedelta(seconds=61))
    other = permit_for(ALICE, Category.CONTACT_EMAIL)
    with pytest.raises(Denied):
        vault.open_people([(other, [words[ALICE]])], now=NOW)


def test_a_text_that_is_too_long_is_refused_before_anything_is_written() -> None:
    note = Note(subject=ALICE, words="x" * 121)

    with pytest.raises(TooLong), transaction.atomic():
        actions.seal_many([note])

    assert not isinstance(note.words, Sealed)
