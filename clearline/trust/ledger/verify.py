"""Verifying an export of the ledger from its files alone: no database, no settings. Pure.

The form of an export stands in `docs/ledger-format.md`.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from clearline.kit.errors import Invalid
from clearline.trust.ledger.body import (
    BODY_BYTES_MAX,
    SALT_BYTES,
    BodyBroken,
    at_text,
    commit,
    expiry_of,
    hash_words,
    parse_body,
)
from clearline.trust.ledger.checkpoint import (
    NOTE_BYTES_MAX,
    Checkpoint,
    CheckpointBroken,
    open_checkpoint,
)
from clearline.trust.ledger.merkle import HASH_BYTES, fold, range_root
from clearline.trust.ledger.tiles import (
    ENTRIES,
    HEIGHT,
    LEVEL_MAX,
    RECORD_BYTES,
    WIDTH,
    TileBroken,
    TileName,
    from_bundle,
    hash_at,
    names_for,
)

CHECKPOINT: Final = "checkpoint"
BODIES: Final = "bodies"
DESTROYED: Final = b"-"  # the words are gone; only their hash is left
UNREADABLE: Final = b"?"  # the words, or without a head the whole entry, are missing or shut
SUBJECT_FALSE: Final = b"!"  # the database names another subject than the words do
HASH_FALSE: Final = b"#"  # the database keeps what the words and head do not give
SALT_DIGITS: Final = 2 * SALT_BYTES
HEAD_BYTES_MAX: Final = 256
LINE_BYTES_MAX: Final = HEAD_BYTES_MAX + 1 + SALT_DIGITS + 1 + BODY_BYTES_MAX + 1
PUBLISHED: Final = "the published checkpoint"
OLDER: Final = "the older checkpoint"
LEDGER: Final = "the ledger"
RESTORE: Final = (
    "Stop the site and restore the database and data/ledger from the newest backup. If an edition "
    "was published after it, run `clearline policy publish FILE` with that edition's file, which "
    "enters it again. Nothing is signed until then: it would be another past under the same key, "
    "and whoever holds an older checkpoint would see it. Where no backup is left, `clearline "
    "ledger begin` goes on as another log, and says so."
)


class LedgerBroken(Invalid):
    """The ledger is not what was signed. `where` names the file and the place in it."""

    code = "ledger_broken"

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{where}: {what}.")
        self.what = what
        self.where = where


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proved: size and root as signed, how many entries could be read and how many not.

    `grown_from` is the size of the older checkpoint that this log continues, if one was given.
    """

    origin: str
    size: int
    root: bytes
    readable: int
    expired: int
    grown_from: int | None = None


def tell_nobody(entries: int) -> None:
    """Take how many entries more are done; of whoever shows no progress."""


def verify_export(  # noqa: PLR0913  # what is verified, and against what, is all of these
    folder: Path,
    vkey: str,
    *,
    now: datetime,
    against: str | None = None,
    published: str | None = None,
    lines: Iterator[bytes] | None = None,
    advance: Callable[[int], object] = tell_nobody,
) -> Verified:
    """Recompute all from the files and return what they prove.

    `against` is the text of an older checkpoint, `published` of the one that the site gives out;
    `advance` is told of entries done. `lines` stand in the place of the file of bodies, so that no
    word need lie there in clear. Raises LedgerBroken at the first fault, and CheckpointBroken
    when `vkey` itself is none.
    """
    checkpoint = signed(read_text(folder / CHECKPOINT), vkey, CHECKPOINT)
    continued = {
        where: signed(note, vkey, where)
        for where, note in ((OLDER, against), (PUBLISHED, published))
        if note is not None
    }
    for where, older in continued.items():
        if older.size > checkpoint.size:
            what = (
                f"it has {older.size} entries, this log only {checkpoint.size}: some were removed"
            )
            raise LedgerBroken(what, where)
    refuse_other_files(folder, checkpoint.size)
    sizes = frozenset(older.size for older in continued.values())
    bodies = lines_of_bodies(folder) if lines is None else lines
    log = Rebuilt(folder, checkpoint.size, sizes, at_text(now), bodies, advance)
    log.rebuild()
    if log.root_at(checkpoint.size) != checkpoint.root:
        what = "the entries do not give the root that was signed: entries were changed"
        raise LedgerBroken(what, CHECKPOINT)
    for where, older in continued.items():
        if log.root_at(older.size) != older.root:
            what = f"the first {older.size} entries are not those that were signed then: rewritten"
            raise LedgerBroken(what, where)
    return Verified(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root,
        readable=log.readable,
        expired=log.expired,
        grown_from=continued[OLDER].size if OLDER in continued else None,
    )


def signed(note: str, vkey: str, where: str) -> Checkpoint:
    try:
        return open_checkpoint(note, vkey)
    except CheckpointBroken as error:
        if "verifier key" in str(error):
            raise
        raise LedgerBroken(str(error), where) from None


def read_text(path: Path) -> str:
    content = read_file(path, NOTE_BYTES_MAX, path.name)
    try:
        return content.decode()
    except UnicodeDecodeError:
        what = "it is not text"
        raise LedgerBroken(what, path.name) from None


def read_file(path: Path, bytes_max: int, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise LedgerBroken(what, where) from None
    if len(content) > bytes_max:
        what = f"it is longer than {bytes_max} bytes"
        raise LedgerBroken(what, where)
    return content


def refuse_other_files(folder: Path, size: int) -> None:
    expected = {CHECKPOINT, BODIES, *(f"tile/{name.path}" for name in names_for(size))}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name not in expected:
            what = "the log has no such file"
            raise LedgerBroken(what, name)


def lines_of_bodies(folder: Path) -> Iterator[bytes]:
    try:
        bodies = (folder / BODIES).open("rb")
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise LedgerBroken(what, BODIES) from None
    with bodies:
        while line := bodies.readline(LINE_BYTES_MAX):
            yield line


@dataclass(slots=True)
class Rebuilt:
    """A log rebuilt from its bundles of entries, each tile compared on the way.

    Level 0 is kept only where the root of a size in `sizes` needs it; the others are small.
    """

    folder: Path
    size: int
    sizes: frozenset[int]
    now: str
    bodies: Iterator[bytes]
    advance: Callable[[int], object] = tell_nobody
    levels: list[bytearray] = field(default_factory=list)
    edges: dict[int, bytes] = field(default_factory=dict)
    readable: int = 0
    expired: int = 0

    def rebuild(self) -> None:
        kept = {size // WIDTH for size in self.sizes | {self.size}}
        self.levels = [bytearray() for _ in range(LEVEL_MAX + 2)]
        for index, hashes in self.leaf_tiles():
            if index in kept:
                self.edges[index] = b"".join(hashes)
            if len(hashes) == WIDTH:
                self.levels[1] += fold(hashes)
        for level in range(1, LEVEL_MAX + 1):
            self.rebuild_level(level)

    def leaf_tiles(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the leaf hashes of each bundle, after bodies and bundle are found to agree."""
        sha256 = hashlib.sha256
        for index in range(-(-self.size // WIDTH)):
            width = min(WIDTH, self.size - index * WIDTH)
            commitments = self.bundle(TileName(ENTRIES, index, width))
            self.compare_words(index * WIDTH, commitments)
            hashes = [sha256(b"\x00" + each).digest() for each in commitments]
            self.compare(TileName(0, index, width), b"".join(hashes))
            self.advance(width)
            yield index, hashes
        if next(self.bodies, b""):
            what = f"it goes on after its {self.size} lines"
            raise LedgerBroken(what, BODIES)

    def bundle(self, name: TileName) -> list[bytes]:
        where = f"tile/{name.path}"
        content = read_file(self.folder / where, WIDTH * RECORD_BYTES, where)
        if len(content) != name.width * RECORD_BYTES:
            what = f"it should hold {name.width} entries"
            raise LedgerBroken(what, where)
        try:
            return from_bundle(content)
        except TileBroken as error:
            raise LedgerBroken(str(error), where) from None

    def compare_words(self, first: int, commitments: list[bytes]) -> None:
        for position, commitment in enumerate(commitments, start=first):
            line = next(self.bodies, b"")
            try:
                is_gone = is_destroyed(line, commitment, self.now)
            except BodyBroken as error:
                where = f"{BODIES} line {position + 1} (position {position})"
                raise LedgerBroken(str(error), where) from None
            self.expired += is_gone
            self.readable += not is_gone

    def rebuild_level(self, level: int) -> None:
        hashes = self.levels[level]
        for start in range(0, len(hashes), WIDTH * HASH_BYTES):
            content = bytes(hashes[start : start + WIDTH * HASH_BYTES])
            width = len(content) // HASH_BYTES
            self.compare(TileName(level, start // (WIDTH * HASH_BYTES), width), content)
            if width == WIDTH:
                self.levels[level + 1] += fold([hash_at(content, at) for at in range(WIDTH)])

    def compare(self, name: TileName, content: bytes) -> None:
        where = f"tile/{name.path}"
        if read_file(self.folder / where, WIDTH * HASH_BYTES, where) != content:
            what = "its hashes are not those of the entries below it"
            raise LedgerBroken(what, where)

    def root_at(self, size: int) -> bytes:
        """Return the root over the first entries; `size` is the log's or one of `sizes`."""
        return range_root(0, size, self.node)

    def node(self, height: int, index: int) -> bytes:
        level, rest = divmod(height, HEIGHT)
        first = index << rest
        if level == 0:
            tile, offset = self.edges[first // WIDTH], first % WIDTH
        else:
            tile, offset = bytes(self.levels[level]), first
        return fold([hash_at(tile, offset + step) for step in range(1 << rest)])


def is_destroyed(line: bytes, commitment: bytes, now: str) -> bool:
    """Say whether the words of one line of bodies are gone, as they were due to be by now.

    Raises BodyBroken when the line is not what the log committed to, or words went too early.
    """
    head, salt, body = split_line(line)
    is_gone = body == DESTROYED
    if commit(salt if is_gone else hash_words(salt, body), head) != commitment:
        message = "the entry is not the one that the log committed to"
        raise BodyBroken(message)
    expires = expiry_of(head)
    # Whoever lets words go earlier, for a person who is erased, has an entry of this same log
    # account for it here.
    if is_gone and expires > now:
        message = f"its words were destroyed, though they are to be kept until {expires}"
        raise BodyBroken(message)
    if not is_gone:
        parse_body(body)
    return is_gone


def split_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Return head, salt and body, or head, hash of the words and DESTROYED. Raises BodyBroken."""
    head, _, rest = line.removesuffix(b"\n").partition(b" ")
    digits, _, body = rest.partition(b" ")
    try:
        salt = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        raise BodyBroken(WRONG.get(rest, NO_LINE)) from None
    if len(salt) != SALT_BYTES or salt.hex().encode() != digits or line[-1:] != b"\n":
        raise BodyBroken(WRONG.get(rest or head, NO_LINE))
    return head, salt, body


NO_LINE: Final = "the line is not a head, a salt and a body"
WRONG: Final = {
    UNREADABLE: "the words of this entry are missing or cannot be opened, and have not expired",
    SUBJECT_FALSE: "the database names another subject of this entry than its words do",
    HASH_FALSE: (
        "the database keeps another hash or commitment of this entry than its words and head give; "
        "restore the database from a backup in which this entry verifies, since nothing proves it "
        "once its words are destroyed"
    ),
}
