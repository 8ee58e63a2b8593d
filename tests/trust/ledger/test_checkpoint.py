"""Checkpoints: signed notes that only the log's key can write."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.trust.ledger.checkpoint import (
    Checkpoint,
    CheckpointBroken,
    Signer,
    open_checkpoint,
    parse_checkpoint,
    parse_vkey,
    split_note,
)

SIGNER = Signer("voice.example/ledger", bytes(range(32)))
CHECKPOINT = Checkpoint("voice.example/ledger", 700, b"r" * 32)
NOTE = SIGNER.sign(CHECKPOINT)

# The verifier key of another log, written by others.
OTHERS_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


def test_a_checkpoint_opens_under_its_verifier_key() -> None:
    assert open_checkpoint(NOTE, SIGNER.vkey()) == CHECKPOINT


def test_the_same_checkpoint_is_signed_alike() -> None:
    assert SIGNER.sign(CHECKPOINT) == NOTE


@pytest.mark.parametrize("place", range(len(NOTE.encode())))
def test_a_changed_byte_is_found(place: int) -> None:
    note = bytearray(NOTE.encode())
    for bit in range(8):
        note[place] ^= 1 << bit
        with pytest.raises(CheckpointBroken):
            open_checkpoint(note.decode(errors="replace"), SIGNER.vkey())
        note[place] ^= 1 << bit


def test_another_key_of_the_same_name_is_refused() -> None:
    other = Signer(SIGNER.name, b"o" * 32)

    with pytest.raises(CheckpointBroken, match="no signature"):
        open_checkpoint(other.sign(CHECKPOINT), SIGNER.vkey())


def test_a_checkpoint_of_another_log_is_refused() -> None:
    note = SIGNER.sign(Checkpoint("other.example/ledger", 700, b"r" * 32))

    with pytest.raises(CheckpointBroken):
        open_checkpoint(note, SIGNER.vkey())


def test_signatures_of_witnesses_are_let_by() -> None:
    witness = base64.b64encode(b"w" * 76).decode()
    note = f"{NOTE}\u2014 witness.example {witness}\n"

    assert open_checkpoint(note, SIGNER.vkey()) == CHECKPOINT
    assert len(split_note(note)[1]) == 2


@given(text=st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    with pytest.raises(CheckpointBroken):
        parse_checkpoint(text)
    with pytest.raises(CheckpointBroken):
        parse_vkey(text)


@given(lines=st.lists(st.text("0123456789=+/aAz", max_size=50), max_size=5))
def test_no_text_with_a_signature_breaks_the_reading(lines: list[str]) -> None:
    note = "\n".join(lines) + NOTE[NOTE.index("\n\n") :]

    with pytest.raises(CheckpointBroken):
        open_checkpoint(note, SIGNER.vkey())


@pytest.mark.parametrize("size", ["01", "-1", "1_0", "\u0663", "9" * 19, "9" * 20, ""])
def test_a_size_has_one_way_to_be_written(size: str) -> None:
    note = NOTE.replace("\n700\n", f"\n{size}\n")

    with pytest.raises(CheckpointBroken):
        parse_checkpoint(note)


def test_a_verifier_key_that_others_wrote_is_read() -> None:
    name, public = parse_vkey(OTHERS_VKEY)

    assert name == "sum.golang.org"
    assert len(public) == 32


@pytest.mark.parametrize("place", range(len(OTHERS_VKEY)))
def test_a_verifier_key_that_lost_a_character_is_refused(place: int) -> None:
    with pytest.raises(CheckpointBroken):
        parse_vkey(OTHERS_VKEY[:place] + OTHERS_VKEY[place + 1 :])


def test_a_checkpoint_that_another_key_signed_is_told_from_one_that_is_damaged() -> None:
    other = Signer(SIGNER.name, b"o" * 32)
    damaged = NOTE.replace("\n700\n", "\n701\n")

    assert SIGNER.is_stranger_to(other.sign(CHECKPOINT))
    for note in (NOTE, damaged, NOTE + other.sign(CHECKPOINT).split("\n\n")[1], "no note"):
        assert not SIGNER.is_stranger_to(note), note


def test_a_checkpoint_that_only_a_witness_signed_is_damaged_and_no_other_logs() -> None:
    text = NOTE.split("\n\n")[0]
    witness = base64.b64encode(b"w" * 76).decode()

    assert not SIGNER.is_stranger_to(f"{text}\n\n\u2014 witness.example {witness}\n")


def test_a_signer_prints_no_key() -> None:
    assert repr(SIGNER) == "Signer(…)"
