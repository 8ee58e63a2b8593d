"""An export verifies from its files alone, and no change to it goes unseen."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from clearline.trust.ledger import actions, exports, queries
from clearline.trust.ledger.body import SALT_BYTES, commit, hash_words, to_body, to_head
from clearline.trust.ledger.body import Footing as BodyFooting
from clearline.trust.ledger.checkpoint import Checkpoint, CheckpointBroken, Signer
from clearline.trust.ledger.keys import signer
from clearline.trust.ledger.models import Entry, LogState
from clearline.trust.ledger.tiles import Tiles
from clearline.trust.ledger.verify import LedgerBroken, verify_export
from tests.trust.ledger.log import KEPT, NOW, Footing, Log, later, make_entry


@pytest.fixture
def is_found(log: Log) -> Callable[[Path, str, Path, int, int], bool]:
    """Return a function that flips one byte, says whether that is found, and flips it back."""

    def flip(export: Path, vkey: str, path: Path, place: int, mask: int) -> bool:
        content = path.read_bytes()
        changed = bytes([content[place] ^ mask])
        path.write_bytes(content[:place] + changed + content[place + 1 :])
        try:
            verify_export(export, vkey, now=NOW)
        except LedgerBroken:
            return True
        else:
            return False
        finally:
            path.write_bytes(content)

    return flip


def places_of(export: Path) -> list[tuple[Path, int]]:
    paths = sorted(path for path in export.rglob("*") if path.is_file())
    return [(path, place) for path in paths for place in range(path.stat().st_size)]


def make_export(log: Log, count: int) -> Path:
    """Export a log of so many entries, one in a hundred of them expired."""
    log.append(count // 100, now=later(days=-2000))
    actions.expire_bodies(now=NOW)
    log.append(count - count // 100)
    log.integrate_all()
    return log.export()


@pytest.mark.django_db
def test_what_everybody_gets_and_the_words_opened_in_memory_verify_as_an_export_does(
    log: Log,
) -> None:
    whole = make_export(log, 300)
    public = log.folder / "public"

    size = exports.export_public(public).size

    held = {path.relative_to(public) for path in public.rglob("*") if path.is_file()}
    lines = exports.body_lines(size)
    assert Path("bodies") not in held
    assert verify_export(public, queries.vkey(), now=NOW, lines=lines) == verify_export(
        whole, queries.vkey(), now=NOW
    )


@pytest.mark.django_db
def test_a_log_is_published_from_its_first_signature_on(log: Log) -> None:
    log.append(3)
    before = queries.is_published()

    log.integrate_all()

    assert (before, queries.is_published()) == (False, True)


@pytest.mark.django_db
def test_an_export_says_what_it_proves(log: Log) -> None:
    export = make_export(log, 1_200)

    verified = verify_export(export, queries.vkey(), now=NOW)

    assert verified.size == 1_200
    assert (verified.readable, verified.expired) == (1_188, 12)
    assert verified.origin == "localhost/ledger"
    assert verified.grown_from is None


@pytest.mark.django_db
def test_500_random_flips_in_1_200_entries_are_all_found(
    log: Log, is_found: Callable[[Path, str, Path, int, int], bool]
) -> None:
    export, vkey = make_export(log, 1_200), queries.vkey()
    places, chance = places_of(export), random.Random(500)

    for _ in range(500):
        path, place = chance.choice(places)
        assert is_found(export, vkey, path, place, chance.randrange(1, 256)), (path, place)

    verify_export(export, vkey, now=NOW)


@pytest.mark.django_db
def test_a_sample_of_bytes_of_300_entries_is_found(
    log: Log, is_found: Callable[[Path, str, Path, int, int], bool]
) -> None:
    export, vkey = make_export(log, 300), queries.vkey()
    places = places_of(export)
    start = random.Random(300).randrange(151)

    sample = [each for each in places if each[0].name == "checkpoint"] + places[start::151]
    for path, place in sample:
        assert is_found(export, vkey, path, place, 1 << place % 8), (path, place)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.django_db
def test_every_byte_of_300_entries_is_found(
    log: Log, is_found: Callable[[Path, str, Path, int, int], bool]
) -> None:
    export, vkey = make_export(log, 300), queries.vkey()

    for path, place in places_of(export):
        assert is_found(export, vkey, path, place, 1 << place % 8), (path, place)


@pytest.mark.django_db
def test_a_missing_cut_or_added_file_is_named(log: Log) -> None:
    export, vkey = make_export(log, 300), queries.vkey()

    for path in [each for each in export.rglob("*") if each.is_file()]:
        name = path.relative_to(export).as_posix()
        content = path.read_bytes()
        for harm in (None, b"", content[:-1], content + b"\n", content * 3):
            path.unlink() if harm is None else path.write_bytes(harm)
            with pytest.raises(LedgerBroken) as broken:
                verify_export(export, vkey, now=NOW)
            assert broken.value.where.startswith(name)
            path.write_bytes(content)
    (export / "notes").write_text("added", encoding="utf-8")
    with pytest.raises(LedgerBroken, match="notes"):
        verify_export(export, vkey, now=NOW)


@pytest.mark.django_db
def test_a_log_rewritten_with_the_right_key_is_refused_against_an_older_checkpoint(
    log: Log,
) -> None:
    log.append(300)
    actions.integrate(now=NOW)
    older = queries.read_checkpoint()
    rewrite(log, log.append(10)[3])

    verify_export(log.export("first"), queries.vkey(), now=NOW)
    verify_export(log.export("second"), queries.vkey(), now=NOW, against=older)
    rewrite(log, Entry.objects.get(position=7).public_id)
    export = log.export("third")

    assert verify_export(export, queries.vkey(), now=NOW).size == 310
    with pytest.raises(LedgerBroken, match="rewritten") as broken:
        verify_export(export, queries.vkey(), now=NOW, against=older)
    assert broken.value.where == "the older checkpoint"


def rewrite(log: Log, entry_id: str) -> None:
    """Do what someone can who holds every key: change one entry and sign the whole log anew."""
    forged = actions.Writing.start(Footing(), NOW).to_row(make_entry(99), None)
    Entry.objects.filter(public_id=entry_id).update(
        public_id=forged.public_id,
        body_sealed=forged.body_sealed,
        key_wrapped=forged.key_wrapped,
        commitment=forged.commitment,
        kind=forged.kind,
        at=forged.at,
        expires_at=forged.expires_at,
        words_hash=forged.words_hash,
        subject=forged.subject,
    )
    Entry.objects.update(position=None)
    LogState.objects.all().delete()
    (log.tiles_dir / "checkpoint").unlink()
    log.integrate_all()


@pytest.mark.django_db
def test_entries_taken_from_the_end_are_seen_against_an_older_checkpoint(log: Log) -> None:
    log.append(10)
    actions.integrate(now=NOW)
    older = queries.read_checkpoint()
    Entry.objects.filter(position=9).delete()
    rewrite(log, Entry.objects.get(position=0).public_id)

    with pytest.raises(LedgerBroken, match="removed"):
        verify_export(log.export(), queries.vkey(), now=NOW, against=older)


@pytest.mark.django_db
def test_an_entry_taken_from_the_database_is_seen(log: Log) -> None:
    log.append(10)
    actions.integrate(now=NOW)
    Entry.objects.filter(position__in=[4, 9]).delete()

    with pytest.raises(LedgerBroken, match=r"line 5 \(position 4\).*missing"):
        verify_export(log.export(), queries.vkey(), now=NOW)


@pytest.mark.django_db
def test_words_changed_in_the_database_are_seen(log: Log) -> None:
    log.append(10)
    actions.integrate(now=NOW)
    row = Entry.objects.get(position=4)
    sealed = bytearray(row.body_sealed)
    sealed[20] ^= 1
    Entry.objects.filter(position=4).update(body_sealed=bytes(sealed))

    with pytest.raises(LedgerBroken, match=r"position 4"):
        verify_export(log.export(), queries.vkey(), now=NOW)


@pytest.mark.django_db
def test_words_destroyed_before_their_time_are_found(log: Log) -> None:
    log.append(10)
    actions.integrate(now=NOW)
    Entry.objects.filter(position=4).update(key_wrapped=None, body_sealed=b"", subject=None)
    due = KEPT.end(NOW)

    with pytest.raises(LedgerBroken, match=r"position 4\): its words were destroyed, though"):
        verify_export(log.export(), queries.vkey(), now=due - timedelta(seconds=1))
    assert verify_export(log.export("due"), queries.vkey(), now=due).expired == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "false",
    [
        {"expires_at": later(days=-1), "key_wrapped": None},
        {"words_hash": b"w" * 32, "expires_at": later(days=-1), "key_wrapped": None},
        {"commitment": b"c" * 32, "key_wrapped": None},
        {"expires_at": later(days=-1)},
        {"at": later(days=-1)},
        {"kind": "use.granted"},
        {"public_id": "0" * 32},
        {"subject": "someone-else"},
        {"subject": None},
    ],
    ids="+".join,
)
def test_a_column_that_says_what_was_not_signed_is_found(
    log: Log, false: dict[str, object]
) -> None:
    log.append(10)
    actions.integrate(now=NOW)
    Entry.objects.filter(position=4).update(**false)

    with pytest.raises(LedgerBroken, match=r"position 4"):
        verify_export(log.export(), queries.vkey(), now=later(days=5000))


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["words_hash", "commitment"])
def test_a_hash_that_is_not_that_of_the_words_is_found_while_the_words_are_kept(
    log: Log, column: str
) -> None:
    log.append(10)
    actions.integrate(now=NOW)
    Entry.objects.filter(position=4).update(**{column: b"x" * 32})

    with pytest.raises(
        LedgerBroken, match=r"position 4\): the database keeps another hash"
    ) as told:
        verify_export(log.export(), queries.vkey(), now=NOW)
    assert "restore the database from a backup in which this entry verifies" in str(told.value)


@pytest.mark.django_db
def test_a_log_signed_by_another_key_is_refused(log: Log) -> None:
    export = make_export(log, 5)
    own = signer()
    other = Signer(own.name, b"o" * 32)

    with pytest.raises(LedgerBroken, match="no signature"):
        verify_export(export, other.vkey(), now=NOW)
    with pytest.raises(CheckpointBroken, match="verifier key"):
        verify_export(export, own.vkey()[:-2], now=NOW)


@pytest.mark.django_db
def test_an_older_checkpoint_that_nobody_signed_proves_nothing(log: Log) -> None:
    export = make_export(log, 5)
    other = Signer(signer().name, b"o" * 32)
    forged = other.sign(Checkpoint(other.name, 3, b"r" * 32))

    for text in (forged, "", "rubbish\n\n", queries.read_checkpoint()[:-3]):
        with pytest.raises(LedgerBroken, match="the older checkpoint"):
            verify_export(export, queries.vkey(), now=NOW, against=text)


@pytest.mark.django_db
def test_the_same_checkpoint_and_the_empty_one_are_continued(log: Log) -> None:
    actions.integrate(now=NOW)
    empty = queries.read_checkpoint()
    export = make_export(log, 257)

    assert verify_export(export, queries.vkey(), now=NOW, against=empty).grown_from == 0
    same = queries.read_checkpoint()
    assert verify_export(export, queries.vkey(), now=NOW, against=same).grown_from == 257


@pytest.mark.django_db
def test_an_export_goes_into_an_empty_folder_only(log: Log) -> None:
    with pytest.raises(queries.NoCheckpoint):
        log.export("early")
    make_export(log, 5)

    with pytest.raises(exports.ExportRefused, match="not empty"):
        log.export()


@pytest.mark.django_db
def test_a_root_that_our_own_key_signed_over_other_entries_is_refused(log: Log) -> None:
    export = make_export(log, 5)
    signed = signer().sign(Checkpoint(signer().name, 5, b"r" * 32))
    (export / "checkpoint").write_text(signed, encoding="utf-8")

    with pytest.raises(LedgerBroken, match="the root that was signed: entries were changed"):
        verify_export(export, queries.vkey(), now=NOW)


def write_export(folder: Path, size: int, key: Signer) -> None:
    """Write a log of one entry said again and again, as an export has it."""
    salt, expires_at = b"s" * SALT_BYTES, KEPT.end(NOW)
    entry = make_entry(1)
    head = to_head(entry_id="e" * 32, kind=entry.kind, at=NOW, expires_at=expires_at)
    body = to_body(entry, subject=None, footing=BodyFooting())
    tree = Tiles(folder).grow(0, [commit(hash_words(salt, body), head)] * size)
    (folder / "bodies").write_bytes(b"%b %b %b\n" % (head, salt.hex().encode(), body) * size)
    signed = key.sign(Checkpoint(key.name, size, tree.root()))
    (folder / "checkpoint").write_text(signed, encoding="utf-8")


def test_a_log_with_a_third_level_of_tiles_verifies_and_a_flip_in_it_is_found(
    tmp_path: Path,
) -> None:
    key, size = Signer("localhost/ledger", b"k" * 32), 256 * 256 + 300
    write_export(tmp_path, size, key)

    assert verify_export(tmp_path, key.vkey(), now=NOW).readable == size
    top = tmp_path / "tile" / "2" / "000.p" / "1"
    top.write_bytes(top.read_bytes()[:-1] + b"!")
    with pytest.raises(LedgerBroken, match="not those of the entries below") as broken:
        verify_export(tmp_path, key.vkey(), now=NOW)
    assert broken.value.where == "tile/2/000.p/1"
