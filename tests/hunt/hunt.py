"""Looking for people's words in all that an instance left, also in what is packed or encoded.

Every piece is unpacked as often as it can be, four times deep: base64, hexadecimal, zlib and gzip,
escapes of JSON and of pickles. Then each form of each word is looked for in what came out.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ahocorasick_rs import BytesAhoCorasick

from tests.hunt.places import Piece
from tests.hunt.words import Needle

DEPTH_MAX: Final = 4
UNPACKED_MAX: Final = 64 * 1024 * 1024
HEX: Final = re.compile(rb"[0-9a-fA-F]{12,}")
BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
ESCAPED: Final = re.compile(rb"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
PERCENT: Final = re.compile(rb"%([0-9a-fA-F]{2})|=([0-9A-F]{2})")
# What begins with these may be packed: zlib at its four usual levels, and gzip.
PACKED: Final = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
WINDOWS: Final = {b"\x1f": 31, b"\x78": 15}


class Found(NamedTuple):
    """A word of somebody's, in which form, and where."""

    word: str
    form: str
    place: str


def hunt(pieces: Iterable[Piece], needles: Iterable[Needle]) -> tuple[Found, ...]:
    """Return every word that was found, each form and place once."""
    sought = tuple(needles)
    folding = Sieve(tuple(each for each in sought if each.folds))
    exact = Sieve(tuple(each for each in sought if not each.folds))
    found: dict[Found, None] = {}
    for piece in pieces:
        for place, held in unpacked(piece.place, piece.held, DEPTH_MAX):
            for needle in (*folding.caught(held.lower()), *exact.caught(held)):
                found[Found(needle.word, needle.form, place)] = None
    return tuple(found)


class Sieve:
    """Many needles at once: thousands of forms cost one pass over what is held."""

    def __init__(self, needles: tuple[Needle, ...]) -> None:
        self.needles = needles
        self.automaton = BytesAhoCorasick([each.sought for each in needles])

    def caught(self, held: bytes) -> Iterator[Needle]:
        for index, _, _ in self.automaton.find_matches_as_indexes(held, overlapping=True):
            yield self.needles[index]


def unpacked(place: str, held: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """Yield bytes as they are, and all that comes out of them."""
    yield place, held
    if not depth:
        return
    for how, inner in (
        ("packed", b"\n".join(decompressed(held))),
        ("hex", b"\n".join(from_hex(held))),
        ("base64", b"\n".join(from_base64(held))),
        ("escaped", ESCAPED.sub(unescaped, held) if b"\\u" in held or b"\\x" in held else b""),
        ("percent", PERCENT.sub(from_percent, held) if PERCENT.search(held) else b""),
    ):
        if inner.strip() and inner != held:
            yield from unpacked(f"{place} < {how}", inner, depth - 1)


def decompressed(held: bytes) -> Iterator[bytes]:
    for begin in PACKED.finditer(held):
        opener = zlib.decompressobj(WINDOWS[begin.group()[:1]])
        try:
            inner = opener.decompress(held[begin.start() :], UNPACKED_MAX)
        except zlib.error:
            continue
        if inner:
            yield inner


def from_hex(held: bytes) -> Iterator[bytes]:
    for run in HEX.findall(held):
        yield bytes.fromhex(run[: len(run) // 2 * 2].decode())
        if len(run) % 2:
            yield bytes.fromhex(run[1:].decode())


def from_base64(held: bytes) -> Iterator[bytes]:
    for run in BASE64.findall(held):
        whole = run[: len(run) // 4 * 4].replace(b"-", b"+").replace(b"_", b"/")
        rest = run[len(whole) :]
        tail = rest + b"=" * (-len(rest) % 4) if len(rest) > 1 else b""
        try:
            yield base64.b64decode(whole + tail.replace(b"-", b"+").replace(b"_", b"/"))
        except binascii.Error:
            continue


def unescaped(match: "re.Match[bytes]") -> bytes:
    wide, narrow = match.groups()
    if wide is None:
        return bytes.fromhex(narrow.decode())
    return chr(int(wide, 16)).encode(errors="surrogatepass")


def from_percent(match: "re.Match[bytes]") -> bytes:
    return bytes.fromhex((match[1] or match[2]).decode())
