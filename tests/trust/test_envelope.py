"""Sealed bytes open under their own key and context, and nothing else opens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.trust.envelope import (
    OVERHEAD_BYTES,
    PLAIN_BYTES_MAX,
    KeyBroken,
    SealBroken,
    Sealer,
    key_from_hex,
    new_key,
    unwrap_key,
    wrap_key,
)

KEY = bytes(range(32))


@given(plain=st.binary(max_size=300), context=st.binary(max_size=50))
def test_what_is_sealed_opens_to_the_same(plain: bytes, context: bytes) -> None:
    sealed = Sealer(KEY).seal(plain, context=context)

    assert Sealer(KEY).open(sealed, context=context) == plain
    assert len(sealed) == len(plain) + OVERHEAD_BYTES


@given(plain=st.binary(min_size=1, max_size=60), data=st.data())
def test_a_flipped_bit_opens_nothing(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(Sealer(KEY).seal(plain, context=b"c"))
    place = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[place // 8] ^= 1 << place % 8

    with pytest.raises(SealBroken):
        Sealer(KEY).open(bytes(sealed), context=b"c")


@given(sealed=st.binary(max_size=100))
def test_no_bytes_break_the_opening(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        Sealer(KEY).open(sealed, context=b"c")


def test_another_context_or_key_opens_nothing() -> None:
    sealed = Sealer(KEY).seal(b"words", context=b"alice")

    with pytest.raises(SealBroken):
        Sealer(KEY).open(sealed, context=b"bob")
    with pytest.raises(SealBroken):
        Sealer(new_key()).open(sealed, context=b"alice")


def test_the_same_words_are_sealed_differently_each_time() -> None:
    sealer = Sealer(KEY)

    assert len({sealer.seal(b"words", context=b"") for _ in range(100)}) == 100


def test_a_wrapped_key_is_the_same_key_again() -> None:
    master, key = Sealer(new_key()), new_key()
    sealed = Sealer(key).seal(b"words", context=b"c")

    wrapped = wrap_key(key, master=master, context=b"c")

    assert unwrap_key(wrapped, master=master, context=b"c").open(sealed, context=b"c") == b"words"
    assert key not in wrapped
    with pytest.raises(SealBroken):
        unwrap_key(wrapped, master=master, context=b"d")


def test_a_wrapped_key_is_not_taken_for_a_sealed_value() -> None:
    master = Sealer(KEY)

    with pytest.raises(SealBroken):
        master.open(wrap_key(new_key(), master=master, context=b"c"), context=b"c")


@pytest.mark.parametrize("key", [b"", b"k" * 16, b"k" * 31, b"k" * 33])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(KeyBroken):
        Sealer(key)
    with pytest.raises(KeyBroken):
        wrap_key(key, master=Sealer(KEY), context=b"")


@pytest.mark.parametrize("text", ["", "00" * 31, "zz" * 32, "00" * 33])
def test_a_broken_key_file_is_named(text: str) -> None:
    with pytest.raises(KeyBroken, match="keys/ledger_seal"):
        key_from_hex(text, name="ledger_seal")


def test_a_key_file_gives_its_key() -> None:
    assert key_from_hex(KEY.hex(), name="ledger_seal") == KEY


def test_a_sealer_prints_no_key() -> None:
    assert repr(Sealer(KEY)) == "Sealer(…)"


def test_too_much_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="At most"):
        Sealer(KEY).seal(bytes(PLAIN_BYTES_MAX + 1), context=b"")
