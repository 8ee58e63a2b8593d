"""Consistency proofs of RFC 9162: what an auditor makes and checks; the program compares roots."""

from collections.abc import Sequence

from clearline.trust.ledger.merkle import (
    PROOF_HASHES_MAX,
    Node,
    broken,
    climb,
    node_hash,
    range_root,
    split,
    trailing_zeros,
)


def consistency_path(old: int, new: int, node: Node) -> list[bytes]:
    """Return the proof that the first `old` of `new` leaves are unchanged; 0 < old ≤ new."""
    path: list[bytes] = []
    start, end = 0, new
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    if start:
        path.append(range_root(start, end, node))
    return path[::-1]


def verify_consistency(
    old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]
) -> None:
    """Return if the tree (size, root) `new` begins with the tree `old`. Raises ProofBroken.

    RFC 9162, 2.1.4.2.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 < old_size <= new_size or len(path) > PROOF_HASHES_MAX:
        raise broken()
    if old_size == new_size:
        if path or old_root != new_root:
            raise broken()
        return
    rest = list(path) if old_size & (old_size - 1) else [old_root, *path]
    if not rest:
        raise broken()
    shift = trailing_zeros(old_size)
    old_found = new_found = rest[0]
    for each, is_left in climb((old_size - 1) >> shift, (new_size - 1) >> shift, rest[1:]):
        if is_left:
            old_found, new_found = node_hash(each, old_found), node_hash(each, new_found)
        else:
            new_found = node_hash(new_found, each)
    if old_found != old_root or new_found != new_root:
        raise broken()
