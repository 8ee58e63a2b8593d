"""Beginning another log where the ledger was lost and no backup brings all of it back."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from clearline.kit.errors import Conflict
from clearline.policy.shelf import list_published
from clearline.trust import key_files
from clearline.trust.ledger.actions import append
from clearline.trust.ledger.checkpoint import CheckpointBroken, parse_checkpoint
from clearline.trust.ledger.entries.log import EditionCarried, LogBegun
from clearline.trust.ledger.keys import key_path, next_key_path, signer
from clearline.trust.ledger.loss import find_lost
from clearline.trust.ledger.models import Entry, LogState
from clearline.trust.ledger.queries import read_published
from clearline.trust.ledger.tiles import WIDTH, Tiles, Tree
from clearline.trust.ledger.verify import LEDGER, LedgerBroken

PLACED_AT_ONCE: Final = 40 * WIDTH  # whole tiles


class NothingLost(Conflict):
    """The ledger knows every edition: another log would only hide the past of this one."""

    code = "nothing_lost"

    def __init__(self) -> None:
        super().__init__(
            "The ledger has an entry of every published edition, so no loss of it is known. "
            "Nothing was done: it goes on as the log that it is."
        )


@dataclass(frozen=True, slots=True)
class Begun:
    """The log that began, how many entries a backup had, and where the files of before are."""

    name: str
    left: int
    aside: Path


def begin_another(*, now: datetime) -> Begun:
    """Let the ledger be signed again as another log, under a name and a key of its own.

    What a backup had of the entries stands at its beginning, at the same places. It says in an
    entry that it began, and of each edition that its entry was lost. Stopped, the same call
    begins it again, but after the key was made it names that key as the one before; until it
    returns nothing is signed. Raises NothingLost, KeyBroken,
    PolicyBroken, OSError, and LedgerBroken where those entries are not what was signed.
    """
    lost = find_lost((each.date, each.sha256) for each in list_published(settings.ENV.policy_dir))
    if not lost:
        raise NothingLost
    folder, earlier = Path(settings.ENV.tiles_dir), signer()
    state, _ = LogState.objects.get_or_create(pk=1)
    aside, fresh = folder.with_name(f"{key_path().name}-lost"), folder.with_name("ledger-new")
    seen = newest_size(state.checkpoint, *(read_published(each) or "" for each in (folder, aside)))
    rebuild(fresh, state)
    set_aside(folder, aside)
    fresh.rename(folder)
    key_files.make(next_key_path())

    with transaction.atomic(durable=True):
        LogState.objects.filter(pk=1).update(checkpoint="", signed_at=None)
        own = signer()
        begun = LogBegun(log=own.name, earlier_vkey=earlier.vkey(), seen=seen, left=state.size)
        append(begun, subject=None, permit=None, now=now)
        for day, sha256 in lost:
            carried = EditionCarried(date=day.isoformat(), sha256=sha256)
            append(carried, subject=None, permit=None, now=now, source_key=carried.source_key)
    return Begun(own.name, state.size, aside)


def newest_size(*notes: str) -> int:
    """Return how many entries the newest of some checkpoints names, 0 where none can be read."""
    sizes = [0]
    for note in notes:
        with suppress(CheckpointBroken):
            sizes.append(parse_checkpoint(note).size)
    return max(sizes)


def rebuild(folder: Path, state: LogState) -> None:
    """Write the tiles of the entries that have their places into a new folder.

    Raises LedgerBroken when they do not give the root that was signed last.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tiles = Tiles(folder)
    tree = Tree(tiles.read, 0)
    placed = Entry.objects.order_by("position").values_list("commitment", flat=True)
    for start in range(0, state.size, PLACED_AT_ONCE):
        some = placed.filter(position__gte=start, position__lt=start + PLACED_AT_ONCE)
        tree = tiles.grow(start, [bytes(each) for each in some])
        tiles.forget_partial(start, tree.size)
    if state.checkpoint and parse_checkpoint(state.checkpoint).root != tree.root():
        what = "the entries in the database do not give the root that was signed last"
        raise LedgerBroken(what, LEDGER)


def set_aside(folder: Path, aside: Path) -> None:
    """Give what is left of the public files another place."""
    folder.mkdir(parents=True, exist_ok=True)
    if aside.exists():  # it was done by a call that was stopped; here stands what that one rebuilt
        shutil.rmtree(folder)
    else:
        folder.rename(aside)
