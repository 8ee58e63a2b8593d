"""The public form of the tree: C2SP tlog-tiles in a folder, whole or not at all on the disk.

https://c2sp.org/tlog-tiles: `tile/<level>/<index>` holds up to 256 hashes, `tile/entries/<index>`
up to 256 entries; the last one of a level is partial and named `….p/<width>`.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from clearline.kit.errors import NotFound, Unavailable
from clearline.kit.files import replace_file, sync_directory
from clearline.trust.ledger.body import COMMITMENT_BYTES
from clearline.trust.ledger.merkle import HASH_BYTES, fold, leaf_hash, range_root

WIDTH: Final = 256
HEIGHT: Final = 8  # 2**8 = 256
LEVEL_MAX: Final = 7  # of 2**63 entries
ENTRIES: Final = -1  # stands for the level of the bundles of entries
LENGTH: Final = COMMITMENT_BYTES.to_bytes(2)  # each entry of a bundle is preceded by its length
RECORD_BYTES: Final = len(LENGTH) + COMMITMENT_BYTES
PATH: Final = re.compile(
    r"(entries|[0-7])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


class TileBroken(Unavailable):
    """A tile is not on the disk or not what it must be."""

    code = "tile_broken"


class NoSuchTile(NotFound):
    code = "no_such_tile"


@dataclass(frozen=True, slots=True)
class TileName:
    """Which tile: its level (ENTRIES for bundles), its place in the level, how many it holds."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return where the tile stands, below the folder `tile`."""
        index, text = self.index, f"{self.index % 1000:03d}"
        while index >= 1000:  # noqa: PLR2004
            index //= 1000
            text = f"x{index % 1000:03d}/{text}"
        kind = "entries" if self.level == ENTRIES else str(self.level)
        return f"{kind}/{text}" + ("" if self.width == WIDTH else f".p/{self.width}")

    def is_within(self, size: int) -> bool:
        """Say whether a tree of `size` entries has all that this tile holds."""
        count = size >> (HEIGHT * max(self.level, 0))
        return self.index * WIDTH + self.width <= count


def parse_tile_path(path: str) -> TileName:
    """Return the tile that a path below `tile` names; other spellings of it are refused.

    Raises NoSuchTile.
    """
    match = PATH.fullmatch(path)
    if match:
        kind, index_text, width_text = match.groups()
        level = ENTRIES if kind == "entries" else int(kind)
        index = int(index_text.replace("x", "").replace("/", ""))
        name = TileName(level, index, int(width_text or WIDTH))
        if name.path == path:
            return name
    message = "There is no such tile."
    raise NoSuchTile(message)


def names_for(size: int) -> Iterator[TileName]:
    """Yield every tile of a tree of `size` entries."""
    for level in range(ENTRIES, LEVEL_MAX + 1):
        count = size >> (HEIGHT * max(level, 0))
        yield from (
            TileName(level, index, min(WIDTH, count - index * WIDTH))
            for index in range(-(-count // WIDTH))
        )


def to_bundle(commitments: Sequence[bytes]) -> bytes:
    return b"".join([LENGTH + each for each in commitments])


def from_bundle(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle. Raises TileBroken."""
    found = [
        bundle[start + len(LENGTH) : start + RECORD_BYTES]
        for start in range(0, len(bundle), RECORD_BYTES)
    ]
    if len(bundle) % RECORD_BYTES or to_bundle(found) != bundle:
        message = "a bundle of entries is not made of commitments of 32 bytes"
        raise TileBroken(message)
    return found


@dataclass(slots=True)
class Tree:
    """The hashes of a tree of `size` entries, read tile by tile and kept while this lives."""

    read: Callable[[TileName], bytes]
    size: int
    kept: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def node(self, height: int, index: int) -> bytes:
        level, rest = divmod(height, HEIGHT)
        first = index << rest
        tile = self.tile(level, first // WIDTH)
        offset = first % WIDTH
        return fold([hash_at(tile, offset + step) for step in range(1 << rest)])

    def tile(self, level: int, index: int) -> bytes:
        found = self.kept.get((level, index))
        if found is None:
            count = self.size >> (HEIGHT * level)
            name = TileName(level, index, min(WIDTH, count - index * WIDTH))
            found = self.kept[level, index] = self.read(name)
        return found

    def root(self) -> bytes:
        return range_root(0, self.size, self.node)

    def proved(self, name: TileName, root: bytes) -> bytes:
        """Return a tile of this tree once its hashes lead to the root. Raises TileBroken."""
        index, level = name.index, max(name.level, 0)
        hashes = self.tile(level, index)
        if not self.leads_to(root, level, index):
            raise not_signed(name)
        if name.level != ENTRIES:
            return hashes[: name.width * HASH_BYTES]
        bundle = self.read(TileName(ENTRIES, index, len(hashes) // HASH_BYTES))
        if b"".join([leaf_hash(each) for each in from_bundle(bundle)]) != hashes:
            raise not_signed(name)
        return bundle[: name.width * RECORD_BYTES]

    def leads_to(self, root: bytes, level: int, index: int) -> bool:
        """Say whether the hash of a tile stands in the one above it, and so on up to the root."""
        content = self.tile(level, index)
        if len(content) < WIDTH * HASH_BYTES:  # at the right edge, of which the root is made
            return self.root() == root
        own = fold([hash_at(content, offset) for offset in range(WIDTH)])
        above, offset = divmod(index, WIDTH)
        if own != hash_at(self.tile(level + 1, above), offset):
            return False
        return self.leads_to(root, level + 1, above)


def not_signed(name: TileName) -> TileBroken:
    return TileBroken(
        f"The ledger's tile {name.path} is not what was signed, or one above it is not. "
        "`clearline ledger verify` names the broken one; restore it from the backup."
    )


def hash_at(tile: bytes, offset: int) -> bytes:
    return tile[offset * HASH_BYTES : (offset + 1) * HASH_BYTES]


class Tiles:
    """The folder of tiles: one writer at a time, any number of readers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tile"

    def read(self, name: TileName) -> bytes:
        """Return a tile; a partial one also from the full one that took its place.

        Raises TileBroken.
        """
        each_bytes = RECORD_BYTES if name.level == ENTRIES else HASH_BYTES
        wanted = name.width * each_bytes
        for path in (name.path, TileName(name.level, name.index).path):
            try:
                content = (self.folder / path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
            if len(content) == wanted or (path != name.path and len(content) > wanted):
                return content[:wanted]
            break
        message = (
            f"The ledger's tile {self.folder / name.path} is missing, cut short or too long. "
            "Restore it from the backup."
        )
        raise TileBroken(message)

    def grow(self, size: int, commitments: Sequence[bytes]) -> "Tree":
        """Write what the tree of `size` entries becomes with these after it; return the new tree.

        All of it is on the disk when this returns. Tiles of the old size stay as they are.
        Raises TileBroken, OSError.
        """
        folders: set[Path] = set()
        new = Tree(self.read, size + len(commitments))
        for name, content in self.grown(ENTRIES, size, list(commitments)):
            self.write(name, content, folders)
        added = [leaf_hash(each) for each in commitments]
        for level in range(LEVEL_MAX + 1):
            count, full = size >> (HEIGHT * level), []
            for name, content in self.grown(level, count, added):
                self.write(name, content, folders)
                new.kept[level, name.index] = content
                if name.width == WIDTH:
                    full.append(fold([hash_at(content, step) for step in range(WIDTH)]))
            added = full
        for folder in folders:
            sync_directory(folder)
        return new

    def grown(
        self, level: int, count: int, added: Sequence[bytes]
    ) -> Iterator[tuple[TileName, bytes]]:
        """Yield the tiles of one level that change when `added` come after its `count` items."""
        if not added:
            return
        index, width = divmod(count, WIDTH)
        before = self.read(TileName(level, index, width)) if width else b""
        start = 0
        while start < len(added):
            some = added[start : start + WIDTH - width]
            content = before + (to_bundle(some) if level == ENTRIES else b"".join(some))
            yield TileName(level, index, width + len(some)), content
            start += len(some)
            index, width, before = index + 1, 0, b""

    def write(self, name: TileName, content: bytes, folders: set[Path]) -> None:
        path = self.folder / name.path
        make_folders(path.parent, folders)
        replace_file(path, content)
        folders.add(path.parent)

    def forget_partial(self, old_size: int, new_size: int) -> None:
        """Remove partial tiles whose full tile is published; tlog-tiles allows it."""
        for level in range(ENTRIES, LEVEL_MAX + 1):
            shift = HEIGHT * max(level, 0)
            index = (old_size >> shift) // WIDTH
            if TileName(level, index).is_within(new_size):
                partial = self.folder / f"{TileName(level, index).path}.p"
                shutil.rmtree(partial, ignore_errors=True)


def make_folders(folder: Path, folders: set[Path]) -> None:
    """Make a folder and those above it, and note each whose list of names changed."""
    if folder.is_dir():
        return
    make_folders(folder.parent, folders)
    folder.mkdir(exist_ok=True)
    folders.add(folder.parent)
