"""The tree of RFC 9162: published vectors, and properties against the plain definition."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.trust.ledger.merkle import (
    EMPTY_ROOT,
    ProofBroken,
    fold,
    inclusion_path,
    leaf_hash,
    range_root,
    verify_inclusion,
)
from tests.oracles.consistency import consistency_path, verify_consistency

# The inputs and roots that the reference logs of RFC 6962 publish; RFC 9162 hashes alike.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


class Leaves:
    """A tree in memory."""

    def __init__(self, count: int) -> None:
        self.hashes = [leaf_hash(str(number).encode()) for number in range(count)]

    def node(self, height: int, index: int) -> bytes:
        return fold(self.hashes[index << height : (index + 1) << height])

    def root(self, size: int) -> bytes:
        return defined_root(self.hashes[:size])


def defined_root(hashes: list[bytes]) -> bytes:
    """Return MTH as RFC 9162 2.1.1 writes it, without cleverness."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    left, right = defined_root(hashes[:split]), defined_root(hashes[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_come_out(size: int) -> None:
    hashes = [leaf_hash(each) for each in INPUTS]

    root = range_root(0, size, lambda height, index: fold(hashes[index << height :][: 1 << height]))

    assert root.hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert range_root(0, 0, Leaves(0).node) == EMPTY_ROOT == hashlib.sha256().digest()


@pytest.mark.parametrize("size", range(1, 40))
def test_every_leaf_of_every_small_tree_is_proved(size: int) -> None:
    leaves = Leaves(size)
    root = leaves.root(size)

    for index in range(size):
        path = inclusion_path(index, size, leaves.node)
        verify_inclusion(leaves.hashes[index], index, size, path, root)


@pytest.mark.parametrize("new", range(1, 40))
def test_every_small_tree_is_proved_to_begin_every_larger(new: int) -> None:
    leaves = Leaves(new)

    for old in range(1, new + 1):
        path = consistency_path(old, new, leaves.node)
        verify_consistency((old, leaves.root(old)), (new, leaves.root(new)), path)


@given(size=st.integers(1, 3_000), data=st.data())
def test_a_proof_holds_for_its_own_leaf_place_size_and_root_only(
    size: int, data: st.DataObject
) -> None:
    leaves = Leaves(size)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size))
    path = inclusion_path(index, size, leaves.node)
    root, leaf = leaves.root(size), leaves.hashes[index]

    verify_inclusion(leaf, index, size, path, root)
    wrong = [
        (leaf_hash(b"other"), index, size, path, root),
        (leaf, index, size, [*path, root], root),
        (leaf, index, size, path, leaf_hash(root)),
    ]
    wrong += [(leaf, other, size, path, root)] if other != index else []
    wrong += [(leaf, index, size, path[:-1], root)] if path else []
    wrong += [(leaf, index, size, flipped(path, data), root)] if path else []
    for case in wrong:
        with pytest.raises(ProofBroken):
            verify_inclusion(*case)


@given(new=st.integers(2, 3_000), data=st.data())
def test_another_past_is_not_proved_to_begin_a_tree(new: int, data: st.DataObject) -> None:
    leaves = Leaves(new)
    old = data.draw(st.integers(1, new - 1))
    path = consistency_path(old, new, leaves.node)
    before, after = (old, leaves.root(old)), (new, leaves.root(new))

    verify_consistency(before, after, path)
    for old_tree, new_tree, proof in (
        ((old, leaf_hash(b"other")), after, path),
        (before, (new, leaf_hash(b"other")), path),
        (before, after, path[:-1]),
        (before, after, [*path, after[1]]),
        (before, after, flipped(path, data)),
        (after, before, path),
        ((0, EMPTY_ROOT), after, path),
        (after, after, path),
    ):
        with pytest.raises(ProofBroken):
            verify_consistency(old_tree, new_tree, proof)


def test_the_same_tree_needs_no_proof() -> None:
    root = Leaves(5).root(5)

    verify_consistency((5, root), (5, root), [])
    with pytest.raises(ProofBroken):
        verify_consistency((5, root), (5, leaf_hash(root)), [])


def test_a_power_of_two_needs_a_proof_to_begin_a_larger_tree() -> None:
    leaves = Leaves(5)

    with pytest.raises(ProofBroken):
        verify_consistency((4, leaves.root(4)), (5, leaves.root(5)), [])
    with pytest.raises(ProofBroken):
        verify_consistency((3, leaves.root(3)), (5, leaves.root(5)), [])


def flipped(path: list[bytes], data: st.DataObject) -> list[bytes]:
    place = data.draw(st.integers(0, len(path) * 256 - 1))
    each = bytearray(path[place // 256])
    each[place % 256 // 8] ^= 1 << place % 8
    return [*path[: place // 256], bytes(each), *path[place // 256 + 1 :]]
