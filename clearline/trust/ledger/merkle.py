"""The hash tree of RFC 9162, section 2.1: roots, proofs and their checks. Pure.

`Node` gives the hash of a complete subtree of 2**height leaves, the index-th of its size from the
left. Whoever holds the hashes (tiles on the disk, lists in memory) passes one.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from clearline.kit.errors import Invalid

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
PROOF_HASHES_MAX: Final = 64

Node = Callable[[int, int], bytes]


class ProofBroken(Invalid):
    """The proof does not lead to the root."""

    code = "proof_broken"


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over 2**n hashes, n ≥ 0."""
    sha256 = hashlib.sha256
    row = hashes
    while len(row) > 1:
        row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
    return row[0]


def range_root(start: int, end: int, node: Node) -> bytes:
    """Return the root over the leaves start..end-1, where start is aligned as in RFC 9162 trees."""
    size = end - start
    if size == 0:
        return EMPTY_ROOT
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        return node(height, start >> height)
    middle = start + split(size)
    return node_hash(range_root(start, middle, node), range_root(middle, end, node))


def split(size: int) -> int:
    """Return the largest power of two that is smaller than `size`; size ≥ 2."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """Return the audit path of one leaf in the tree of `size` leaves, from the leaf upwards."""
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Return if the path leads from the leaf's hash to the root. Raises ProofBroken.

    RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size or len(path) > PROOF_HASHES_MAX:
        raise broken()
    found = leaf
    for each, is_left in climb(index, size - 1, path):
        found = node_hash(each, found) if is_left else node_hash(found, each)
    if found != root:
        raise broken()


def climb(place: int, last: int, path: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each hash of a path with whether it stands on the left. Raises ProofBroken."""
    for each in path:
        if last == 0:
            raise broken()
        is_left = bool(place & 1) or place == last
        yield each, is_left
        shift = 1 if place & 1 or not is_left else 1 + trailing_zeros(place)
        place, last = place >> shift, last >> shift
    if last != 0:
        raise broken()


def trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1 if number else 0


def broken() -> ProofBroken:
    return ProofBroken("The proof does not lead to the root.")
