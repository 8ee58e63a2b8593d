"""Tiles: names with one spelling, files that are whole, hashes that are found again."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearline.trust.ledger.merkle import fold, leaf_hash, range_root
from clearline.trust.ledger.tiles import (
    ENTRIES,
    NoSuchTile,
    TileBroken,
    TileName,
    Tiles,
    Tree,
    from_bundle,
    names_for,
    parse_tile_path,
    to_bundle,
)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 0), "0/000"),
        (TileName(0, 1234067), "0/x001/x234/067"),
        (TileName(ENTRIES, 999), "entries/999"),
        (TileName(ENTRIES, 1000, 7), "entries/x001/000.p/7"),
        (TileName(3, 5, 255), "3/005.p/255"),
    ],
)
def test_a_tile_has_the_path_of_tlog_tiles(name: TileName, path: str) -> None:
    assert name.path == path
    assert parse_tile_path(path) == name


@given(level=st.integers(ENTRIES, 7), index=st.integers(0, 2**55 - 1), width=st.integers(1, 256))
def test_every_name_is_read_back(level: int, index: int, width: int) -> None:
    name = TileName(level, index, width)

    assert parse_tile_path(name.path) == name


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0/0",
        "0/x000/001",
        "00/001",
        "8/000",
        "0/001.p/0",
        "0/001.p/256",
        "0/001.p/01",
        "0/x001",
        "0/../../keys/ledger",
        "0/000\n",
        "0/\u0660\u0660\u0660",
        "data/000",
        "0/000/",
        "/0/000",
        "-1/000",
    ],
)
def test_other_spellings_are_no_tile(path: str) -> None:
    with pytest.raises(NoSuchTile):
        parse_tile_path(path)


@given(path=st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_path(path: str) -> None:
    with contextlib.suppress(NoSuchTile):
        assert parse_tile_path(path).path == path


@settings(deadline=None)  # it waits for the disk
@given(steps=st.lists(st.integers(0, 700), min_size=1, max_size=5))
def test_a_tree_grown_in_steps_has_the_tiles_of_one_grown_at_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("tiles")
    tiles, entries = Tiles(folder), [bytes([n % 251, n // 251]) * 16 for n in range(sum(steps))]
    hashes = [leaf_hash(each) for each in entries]
    size = 0
    for step in steps:
        tree = tiles.grow(size, entries[size : size + step])
        tiles.forget_partial(size, size + step)
        size += step

    root = range_root(0, size, lambda height, index: fold(hashes[index << height :][: 1 << height]))

    assert tree.root() == root == Tree(tiles.read, size).root()
    for name in names_for(size):
        assert len(tiles.read(name)) == name.width * (34 if name.level == ENTRIES else 32)


def test_every_tile_is_proved_by_the_root_and_none_that_was_changed(tmp_path: Path) -> None:
    tiles, size = Tiles(tmp_path), 2 * 256 + 10
    root = tiles.grow(0, [number.to_bytes(32) for number in range(size)]).root()

    for name in names_for(size):
        good = tiles.read(name)
        assert Tree(tiles.read, size).proved(name, root) == good
        path = tmp_path / "tile" / name.path
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        with pytest.raises(TileBroken, match=f"tile {name.path} is not what was signed"):
            Tree(tiles.read, size).proved(name, root)
        path.write_bytes(good)


def test_of_a_tile_that_has_grown_the_part_that_was_asked_for_is_proved(tmp_path: Path) -> None:
    tiles, size = Tiles(tmp_path), 300
    tree = tiles.grow(0, [number.to_bytes(32) for number in range(size)])

    for name in (TileName(0, 0, 7), TileName(ENTRIES, 0, 7)):
        full = tiles.read(TileName(name.level, 0))
        part = Tree(tiles.read, size).proved(name, tree.root())
        assert part == full[: len(full) // 256 * 7]


def test_a_third_level_is_reached_and_its_tiles_agree(tmp_path: Path) -> None:
    tiles, size = Tiles(tmp_path), 256 * 256 + 300
    entries = [number.to_bytes(32) for number in range(size)]

    tree = tiles.grow(0, entries)

    assert tree.root() == Tree(tiles.read, size).root()
    assert tiles.read(TileName(2, 0, 1)) == fold(
        [tiles.read(TileName(1, 0))[at * 32 : at * 32 + 32] for at in range(256)]
    )
    assert {name.level for name in names_for(size)} == {ENTRIES, 0, 1, 2}
    assert tree.proved(TileName(0, 7), tree.root()) == tiles.read(TileName(0, 7))


@given(bundle=st.binary(max_size=150))
def test_a_bundle_has_one_way_to_be_written(bundle: bytes) -> None:
    try:
        entries = from_bundle(bundle)
    except TileBroken:
        return
    assert to_bundle(entries) == bundle
    assert all(len(each) == 32 for each in entries)
