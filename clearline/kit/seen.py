"""Which of millions of keys came before, in sixteen to thirty-two bytes each."""

from array import array
from typing import Final

FIRST_SLOTS: Final = 1 << 12
KEY_BYTES: Final = 8


class Seen:
    """A set of keys, known by their first 8 bytes: give it hashes.

    Of a million keys the chance that any is taken for another is one in thirty million.
    """

    def __init__(self) -> None:
        self.slots = array("Q", bytes(KEY_BYTES * FIRST_SLOTS))
        self.count = 0

    def add(self, key: bytes) -> bool:
        """Take a key in; return whether it is new."""
        number = int.from_bytes(key[:KEY_BYTES], "big") or 1  # zero is an empty slot
        place = self.place_of(number)
        if self.slots[place]:
            return False
        self.slots[place] = number
        self.count += 1
        if self.count * 2 > len(self.slots):
            self.grow()
        return True

    def place_of(self, number: int) -> int:
        """Return where a key stands or would stand; half of the slots at least are empty."""
        last = len(self.slots) - 1
        place = number & last
        while self.slots[place] not in {0, number}:
            place = (place + 1) & last
        return place

    def grow(self) -> None:
        old = self.slots
        self.slots = array("Q", bytes(2 * KEY_BYTES * len(old)))
        for number in old:
            if number:
                self.slots[self.place_of(number)] = number
