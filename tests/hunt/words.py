"""The forms in which a person's words may hide: written, encoded, or hashed without a key."""

import base64
import hashlib
import html
import json
import quopri
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

# A hash is also looked for when only its beginning was kept; so many bytes meet by no accident.
PREFIX_BYTES: Final = 9
PART_MIN: Final = 7  # characters of a part of a word that nobody else writes
DIGITS_MIN: Final = 7
HASHES: Final = (
    *("md5", "sha1", "sha224", "sha256", "sha384", "sha512"),
    *("sha3_256", "sha3_512", "blake2b", "blake2s"),
)
BLAKE_SIZES: Final = (16, 20, 32)
ALIGNMENTS: Final = 3


@dataclass(frozen=True, slots=True)
class Needle:
    """One form of one word: what it is called, and its bytes; `folds` where case says nothing."""

    word: str
    form: str
    sought: bytes
    folds: bool = False


def needles_of(words: Mapping[str, str]) -> tuple[Needle, ...]:
    """Return every form of every word once; the words go by what they are called."""
    found = {
        (needle.sought, needle.folds): needle
        for name, word in words.items()
        for needle in forms(name, word)
    }
    return tuple(found.values())


def forms(name: str, word: str) -> Iterator[Needle]:
    for text in written(word):
        yield from in_clear(name, text)
        yield from encoded(name, text)
    for text in (*spellings(word), *parts(word)):
        yield from hashed(name, text)


def written(word: str) -> tuple[str, ...]:
    """Return a word as it stands, in its other forms and cases, and each part that is its own."""
    return tuple(dict.fromkeys((*spellings(word), *parts(word))))


def spellings(word: str) -> tuple[str, ...]:
    shapes = [unicodedata.normalize(form, word) for form in ("NFC", "NFD", "NFKC")]
    cases = [case for each in shapes for case in (each, each.lower(), each.upper())]
    folded = [each.casefold() for each in shapes]
    bare = "".join(each for each in word if each.isdigit())
    return tuple(
        dict.fromkeys((*cases, *folded, word.strip(), *([bare] if len(bare) >= DIGITS_MIN else [])))
    )


def parts(word: str) -> tuple[str, ...]:
    """Return what a word is put together from: a surname, the name before an @."""
    found = [each for each in re.split(r"[\s@+;,=/]+", word) if len(each) >= PART_MIN]
    return tuple(each for each in found if each != word)


def in_clear(name: str, text: str) -> Iterator[Needle]:
    yield Needle(name, "clear", text.encode().lower(), folds=True)
    for encoding in ("latin-1", "utf-16-le", "utf-16-be"):
        try:
            yield Needle(name, encoding, text.encode(encoding).lower(), folds=True)
        except UnicodeEncodeError:
            continue
    yield Needle(name, "escaped", json.dumps(text)[1:-1].encode().lower(), folds=True)
    yield Needle(name, "escaped for a page", html.escape(text).encode().lower(), folds=True)


def encoded(name: str, text: str) -> Iterator[Needle]:
    raw = text.encode()
    yield Needle(name, "hex", raw.hex().encode(), folds=True)
    for written_so in (quote(text, safe=""), quote_plus(text)):
        yield Needle(name, "URL-encoded", written_so.encode().lower(), folds=True)
    soft = quopri.encodestring(raw).strip().lower()
    yield Needle(name, "quoted-printable", soft, folds=True)
    for offset in range(ALIGNMENTS):
        for form, sought in aligned(raw, offset):
            yield Needle(name, f"{form}, {offset} before it", sought)


def aligned(raw: bytes, offset: int) -> Iterator[tuple[str, bytes]]:
    """Yield base64 of bytes that stand behind `offset` others, without what those others say."""
    first = -(-offset * 8 // 6)
    last = (offset + len(raw)) * 8 // 6
    padded = b"\0" * offset + raw + b"\0" * ALIGNMENTS
    yield "base64", base64.b64encode(padded)[first:last]
    yield "base64 for addresses", base64.urlsafe_b64encode(padded)[first:last]


def hashed(name: str, text: str) -> Iterator[Needle]:
    for form, digest in digests(text.encode()):
        start = digest[:PREFIX_BYTES]
        yield Needle(name, f"{form} in hex", start.hex().encode(), folds=True)
        yield Needle(name, f"{form} in base64", base64.b64encode(start))
        yield Needle(name, f"{form} in base64 for addresses", base64.urlsafe_b64encode(start))
        yield Needle(name, f"{form} raw", start)


def digests(raw: bytes) -> Iterator[tuple[str, bytes]]:
    for algorithm in HASHES:
        yield algorithm, hashlib.new(algorithm, raw, usedforsecurity=False).digest()
    for size in BLAKE_SIZES:
        yield f"blake2b of {size}", hashlib.blake2b(raw, digest_size=size).digest()
