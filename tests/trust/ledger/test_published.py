"""What the public files lack of that which was signed is found without writing anything."""

import shutil

import pytest

from clearline.trust.ledger.models import LogState
from clearline.trust.ledger.published import BROKEN_TILES, UNPUBLISHED, find_missing
from tests.trust.ledger.log import Log

pytestmark = pytest.mark.django_db


def test_of_a_log_that_was_never_signed_or_is_whole_nothing_is_missing(log: Log) -> None:
    unknown = find_missing()
    LogState.objects.create(pk=1)
    unsigned = find_missing()
    log.append(300)
    log.integrate_all()

    assert (unknown, unsigned, find_missing()) == (None, None, None)


def test_a_checkpoint_that_is_gone_and_tiles_that_are_gone_or_others_are_missing(log: Log) -> None:
    log.append(3)
    log.integrate_all()
    earlier = shutil.copytree(log.tiles_dir, log.folder / "earlier")
    log.append(300)
    log.integrate_all()
    (log.tiles_dir / "checkpoint").unlink()
    unpublished = find_missing()

    shutil.rmtree(log.tiles_dir)
    gone = find_missing()
    shutil.copytree(earlier, log.tiles_dir)

    assert unpublished == UNPUBLISHED
    assert (gone, find_missing()) == (BROKEN_TILES, BROKEN_TILES)


def test_tiles_of_another_root_or_a_damaged_record_of_it_are_told(log: Log) -> None:
    log.append(3)
    log.integrate_all()
    (tile,) = (log.tiles_dir / "tile" / "0").rglob("3")
    tile.write_bytes(b"x" * len(tile.read_bytes()))
    changed = find_missing()

    LogState.objects.update(checkpoint="junk")

    assert (changed, find_missing()) == (BROKEN_TILES, BROKEN_TILES)
