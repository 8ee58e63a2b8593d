"""A set of hashes that is small: every key is new once."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from clearline.kit.seen import Seen


@given(st.lists(st.binary(min_size=8, max_size=8)))
def test_each_key_is_new_once(keys: list[bytes]) -> None:
    seen, known = Seen(), set()

    for key in keys:
        number = int.from_bytes(key, "big") or 1
        assert seen.add(key) is (number not in known)
        known.add(number)

    assert seen.count == len(known)


def test_it_grows_and_stays_small() -> None:
    seen = Seen()
    keys = [hashlib.sha256(str(number).encode()).digest() for number in range(50_000)]

    assert all(seen.add(key) for key in keys)
    assert not any(seen.add(key) for key in keys)
    assert len(seen.slots) * seen.slots.itemsize <= 32 * len(keys)
