"""An erased person's data opens never again, and the master key changes under way."""

from pathlib import Path

import pytest

from clearline.policy.vocabulary import SubjectId
from clearline.trust.envelope import KeyBroken
from clearline.trust.vault import actions, masters
from clearline.trust.vault import queries as vault
from clearline.trust.vault.actions import MasterInUse
from clearline.trust.vault.keyring import WARM, PersonErased, key_to_seal
from clearline.trust.vault.models import PersonKey
from tests.trust.vault.notes import ALICE, BOB, NOW, Note, permit_for

pytestmark = pytest.mark.usefixtures("notes")


def write(subject: SubjectId, words: str = "the heron flies at seven") -> Note:
    note = Note(subject=subject, words=words)
    note.save()
    return note


def words_of(note: Note) -> str:
    return vault.open_sealed(note.words, permit=permit_for(SubjectId(note.subject)), now=NOW)


def hush(_done: int, _all: int) -> None:
    """Stand in for a progress bar."""


def test_what_an_erased_person_left_opens_no_more_and_others_data_does() -> None:
    alice, bob = write(ALICE), write(BOB)

    assert actions.erase_person(ALICE, now=NOW)

    with pytest.raises(PersonErased):
        words_of(alice)
    assert words_of(bob)
    assert not actions.erase_person(ALICE, now=NOW)
    with pytest.raises(PersonErased):
        write(ALICE, "again")


def test_erased_people_stand_on_the_list_once_for_the_owner_alone(keys: Path) -> None:
    erased = keys.parent / "data" / "erased"
    for subject in (ALICE, BOB):
        write(subject)
        actions.erase_person(subject, now=NOW)

    assert actions.list_erased() == 2
    assert actions.list_erased() == 0

    assert erased.read_text().split() == [ALICE, BOB]
    assert erased.stat().st_mode & 0o777 == 0o600


def test_a_restored_backup_brings_no_erased_person_back() -> None:
    note = write(ALICE)
    backup = PersonKey.objects.get(subject=ALICE)
    actions.erase_person(ALICE, now=NOW)
    actions.list_erased()
    backup.save()
    WARM.keys.clear()
    assert words_of(note)

    assert actions.replay_erasures(now=NOW) == 1

    WARM.keys.clear()
    with pytest.raises(PersonErased):
        words_of(note)
    assert actions.replay_erasures(now=NOW) == 0


def test_without_a_list_there_is_nobody_to_erase_again() -> None:
    write(ALICE)

    assert actions.replay_erasures(now=NOW) == 0


def test_many_erased_people_are_listed_and_replayed_in_lots() -> None:
    subjects = [SubjectId(f"{number:032x}") for number in range(actions.ROWS_AT_ONCE + 1)]
    for subject in subjects:
        key_to_seal(subject)
    backup = list(PersonKey.objects.all())
    for subject in subjects:
        actions.erase_person(subject, now=NOW)
    assert actions.list_erased() == len(subjects)
    PersonKey.objects.all().delete()
    PersonKey.objects.bulk_create(backup)

    assert actions.replay_erasures(now=NOW) == len(subjects)
    assert not PersonKey.objects.filter(key_wrapped__isnull=False).exists()


def test_after_a_rotation_all_opens_with_the_new_key_alone(keys: Path) -> None:
    note, told = write(ALICE), []
    for number in range(actions.ROWS_AT_ONCE):
        key_to_seal(SubjectId(f"{number:032x}"))

    rotated = actions.rotate(tell=lambda done, all_: told.append((done, all_)))

    everyone = actions.ROWS_AT_ONCE + 1
    assert (rotated.number, rotated.wrapped) == (2, everyone)
    assert told == [(actions.ROWS_AT_ONCE, everyone), (everyone, everyone)]
    assert (keys / "vault-2").stat().st_mode & 0o777 == 0o600
    assert actions.retire() == [1]
    assert not (keys / "vault").exists()
    WARM.keys.clear()
    assert words_of(note) == "the heron flies at seven"
    assert words_of(write(BOB))


def test_a_rotation_that_was_cut_short_goes_on_with_the_same_key(keys: Path) -> None:
    write(ALICE)
    masters.make_next(keys)
    with pytest.raises(MasterInUse, match="vault rotate"):
        actions.retire()

    assert actions.rotate(tell=hush).number == 2

    assert masters.numbers(keys) == [1, 2]
    assert actions.retire() == [1]


def test_an_erased_persons_key_holds_no_rotation_up() -> None:
    write(ALICE)
    actions.erase_person(ALICE, now=NOW)

    actions.rotate(tell=hush)

    assert actions.retire() == [1]


def test_an_instance_without_a_master_key_says_which_file_is_missing(keys: Path) -> None:
    (keys / "vault").unlink()

    with pytest.raises(KeyBroken, match="vault"):
        write(ALICE)
