"""A protected column seals what is written, opens with the right permit, and with no other."""

import logging
import pickle
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import serializers
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from clearline.kit.errors import Denied
from clearline.policy.vocabulary import Category, SubjectId
from clearline.trust.envelope import KeyBroken, SealBroken, Sealer
from clearline.trust.gate.permit import PermitExpired
from clearline.trust.vault import masters
from clearline.trust.vault import queries as vault
from clearline.trust.vault.fields import LENGTH_MAX, Personal
from clearline.trust.vault.keyring import WARM, WARM_MAX, NoKey, Warm, key_to_seal
from clearline.trust.vault.models import PersonKey
from clearline.trust.vault.sealed import (
    BLOCK_BYTES,
    Sealed,
    SealedUnknown,
    TooLong,
    open_text,
    seal_text,
)
from tests.trust.vault.notes import ALICE, BOB, NOW, Note, permit_for

WORDS = "the heron flies at seven"
KEY = Sealer(b"k" * 32)
COLUMN, CATEGORY = "vault_tests.note.words", Category.CONTENT_PRIVATE


def save(subject: SubjectId = ALICE, words: str = WORDS, email: str | None = None) -> Note:
    note = Note(subject=subject, words=words, email=email)
    note.save()
    return note


def stored() -> bytes:
    """Return all that the database holds of notes and keys, as bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject, words, email FROM vault_tests_note")
        rows = cursor.fetchall()
        cursor.execute("SELECT key_wrapped FROM vault_personkey")
        rows += cursor.fetchall()
    return b"\n".join(
        each.encode() if isinstance(each, str) else bytes(each or b"")
        for row in rows
        for each in row
    )


@pytest.mark.usefixtures("notes")
def test_what_is_written_is_read_as_a_seal_and_opened_with_a_permit() -> None:
    pk = save(email="alice@example.test").pk

    note = Note.objects.get(pk=pk)

    assert repr(note.words) == "Sealed(…)"
    assert WORDS.encode() not in stored()
    assert b"alice" not in stored()
    assert note.email is not None
    opened = vault.open_all((note.words, note.email), permit=permit_for(ALICE), now=NOW)
    assert opened == (WORDS, "alice@example.test")


@pytest.mark.usefixtures("notes")
def test_the_row_in_memory_forgets_the_clear_text_when_it_is_saved() -> None:
    note = save()

    assert isinstance(note.words, Sealed)
    assert WORDS not in repr(vars(note))
    assert vault.open_sealed(note.words, permit=permit_for(ALICE), now=NOW) == WORDS


@pytest.mark.usefixtures("notes")
def test_rows_written_together_are_sealed_each_under_its_persons_key() -> None:
    Note.objects.bulk_create([Note(subject=ALICE, words="a"), Note(subject=BOB, words="b")])

    alice, bob = Note.objects.order_by("pk")

    assert vault.open_sealed(alice.words, permit=permit_for(ALICE), now=NOW) == "a"
    assert vault.open_sealed(bob.words, permit=permit_for(BOB), now=NOW) == "b"
    assert PersonKey.objects.count() == 2


@pytest.mark.usefixtures("notes")
def test_another_persons_permit_another_category_and_an_old_permit_open_nothing() -> None:
    note = save()
    save(subject=BOB)

    with pytest.raises(SealBroken):
        vault.open_sealed(note.words, permit=permit_for(BOB), now=NOW)
    with pytest.raises(Denied):
        vault.open_sealed(note.words, permit=permit_for(ALICE, Category.CONTACT_EMAIL), now=NOW)
    with pytest.raises(PermitExpired):
        vault.open_sealed(note.words, permit=permit_for(ALICE), now=NOW + timedelta(seconds=61))


@pytest.mark.usefixtures("notes")
def test_a_value_moved_to_another_column_or_person_does_not_open() -> None:
    note = save(email="alice@example.test")
    bob = save(subject=BOB)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE vault_tests_note SET words = %s, email = %s WHERE id = %s",
            [note.words.stored, note.words.stored, bob.pk],
        )
        cursor.execute("UPDATE vault_tests_note SET words = email WHERE id = %s", [note.pk])

    moved, mixed = Note.objects.get(pk=bob.pk), Note.objects.get(pk=note.pk)

    for value, subject in ((moved.words, BOB), (moved.email, BOB), (mixed.words, ALICE)):
        assert value is not None
        with pytest.raises(SealBroken):
            vault.open_sealed(value, permit=permit_for(subject), now=NOW)


@pytest.mark.usefixtures("notes")
def test_text_reaches_the_column_by_assignment_and_save_alone() -> None:
    note = save(email="alice@example.test")
    assert Note.objects.filter(email__isnull=False).exists()

    with pytest.raises(TypeError, match="assignment and save"):
        Note.objects.filter(pk=note.pk).update(words="in clear")
    with pytest.raises(TypeError, match="blind index"):
        Note.objects.filter(words="in clear").exists()
    with pytest.raises(TypeError, match="never written out"):
        serializers.serialize("json", [note])
    with pytest.raises(TypeError, match="assignment and save"):
        Note(subject=ALICE, words=note.email).save()


@pytest.mark.usefixtures("notes")
def test_a_seal_that_was_read_is_saved_again_as_it_is() -> None:
    before = Note.objects.get(pk=save().pk)

    before.save()

    after = Note.objects.get(pk=before.pk)
    assert after.words == before.words
    assert after.email is None


@pytest.mark.usefixtures("notes")
def test_text_that_is_too_long_is_refused_in_words() -> None:
    with pytest.raises(TooLong, match="At most 120 characters"):
        save(words="x" * 121)
    with pytest.raises(ValueError, match="1 to 4000"):
        Personal(category=Category.CONTENT_PRIVATE, max_length=LENGTH_MAX + 1)


def test_a_migration_writes_the_column_as_it_was_declared() -> None:
    plain = Personal(category=Category.CONTACT_EMAIL, max_length=80)
    other = Personal(category=Category.NAME, max_length=90, of="owner", null=True)

    for column in (plain, other):
        _, path, arguments, options = column.deconstruct()
        again = Personal(*arguments, **options)
        assert path == "clearline.trust.vault.fields.Personal"
        assert again.deconstruct() == column.deconstruct()
        assert (again.category, again.of, again.characters_max, again.null) == (
            column.category,
            column.of,
            column.characters_max,
            column.null,
        )


@pytest.mark.usefixtures("notes")
def test_a_key_made_in_a_transaction_that_is_rolled_back_seals_nothing_later() -> None:
    with transaction.atomic():
        save()
        transaction.set_rollback(True)

    note = save()

    assert vault.open_sealed(note.words, permit=permit_for(ALICE), now=NOW) == WORDS
    assert PersonKey.objects.filter(subject=ALICE).count() == 1


@pytest.mark.usefixtures("notes")
def test_a_person_of_whom_nothing_was_sealed_has_no_key() -> None:
    value = seal_text(WORDS, key=KEY, subject=ALICE, column=COLUMN, category=CATEGORY)

    with pytest.raises(NoKey):
        vault.open_sealed(value, permit=permit_for(ALICE), now=NOW)


@pytest.mark.usefixtures("notes")
def test_a_seal_tells_nothing_in_logs_errors_and_pickles(caplog: pytest.LogCaptureFixture) -> None:
    note = save()
    logging.getLogger("test").warning("%s %r", note.words, vars(note))

    with pytest.raises(SealBroken) as broken:
        open_text(note.words, key=KEY, subject=ALICE)

    assert WORDS not in caplog.text
    assert WORDS not in str(broken.value)
    assert WORDS.encode() not in pickle.dumps(note)


def test_the_length_of_a_seal_tells_blocks_only() -> None:
    lengths = {
        len(
            seal_text("x" * length, key=KEY, subject=ALICE, column=COLUMN, category=CATEGORY).stored
        )
        for length in range(BLOCK_BYTES)
    }

    assert len(lengths) == 1


@given(st.text(max_size=200))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    value = seal_text(text, key=KEY, subject=ALICE, column=COLUMN, category=CATEGORY)

    assert open_text(value, key=KEY, subject=ALICE) == text


@given(st.binary(max_size=120))
def test_bytes_that_are_no_seal_are_refused_in_words(stored: bytes) -> None:
    with pytest.raises((SealBroken, SealedUnknown)):
        open_text(Sealed(stored, column=COLUMN, category=CATEGORY), key=KEY, subject=ALICE)


def test_a_sealed_text_without_its_padding_is_refused() -> None:
    context = b"value\n%s\n%s\n%s" % (
        ALICE.encode(),
        COLUMN.encode(),
        CATEGORY.encode(),
    )
    for plain in (b"", b"no mark", b"mark \x80 and more"):
        value = Sealed(b"\x01" + KEY.seal(plain, context=context), column=COLUMN, category=CATEGORY)
        with pytest.raises(SealedUnknown):
            open_text(value, key=KEY, subject=ALICE)


def test_keys_stay_warm_for_a_minute_and_only_so_many() -> None:
    clock = [0.0]
    warm = Warm(clock=lambda: clock[0])
    for number in range(WARM_MAX + 1):
        warm.put(SubjectId(str(number)), KEY)

    assert warm.get(SubjectId("0")) is None
    assert warm.get(SubjectId(str(WARM_MAX))) is KEY
    clock[0] = 60.0
    assert warm.get(SubjectId(str(WARM_MAX))) is None


@pytest.mark.usefixtures("notes")
def test_a_lost_master_key_is_told_with_its_file(keys: Path) -> None:
    note = save()
    WARM.keys.clear()
    masters.opened.cache_clear()
    (keys / "vault").rename(keys / "elsewhere")

    with pytest.raises(KeyBroken, match="vault"):
        vault.open_sealed(note.words, permit=permit_for(ALICE), now=NOW)


@pytest.mark.django_db(transaction=True)
def test_one_person_sealed_for_by_many_at_once_gets_one_key(keys: Path) -> None:
    del keys
    seals, together = [], threading.Barrier(6)

    def seal() -> None:
        together.wait()
        key = key_to_seal(ALICE)
        seals.append(key.seal(b"words", context=b"here"))
        connection.close()

    threads = [threading.Thread(target=seal) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    key = key_to_seal(ALICE)
    assert [key.open(each, context=b"here") for each in seals] == [b"words"] * 6
    assert PersonKey.objects.count() == 1
