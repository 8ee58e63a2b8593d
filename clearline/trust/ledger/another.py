"""Beginning another log where the ledger was lost and no backup brings all of it back."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from clearline.kit.errors import Conflict
from clearline.kit.files import sync_directory
from clearline.policy.shelf import list_published
from clearline.trust import key_files
from clearline.trust.ledger.actions import append
from clearline.trust.ledger.beginning import (
    Beginning,
    forget_beginning,
    keep_beginning,
    read_beginning,
)
from clearline.trust.ledger.checkpoint import CheckpointBroken, parse_checkpoint
from clearline.trust.ledger.entries.log import EditionCarried, LogBegun, key_of_log
from clearline.trust.ledger.keys import key_path, name_of, number, signer_of
from clearline.trust.ledger.loss import find_lost
from clearline.trust.ledger.models import Entry, LogState
from clearline.trust.ledger.queries import find_by_source_key, read_published
from clearline.trust.ledger.tiles import WIDTH, Tiles, Tree
from clearline.trust.ledger.verify import CHECKPOINT, LEDGER, LedgerBroken

FRESH: Final = "ledger-new"  # the tiles of the log that begins, until they take their place
PLACED_AT_ONCE: Final = 40 * WIDTH  # whole tiles


class NothingLost(Conflict):
    """No loss is known: another log would only hide the past of this one."""

    code = "nothing_lost"

    def __init__(self) -> None:
        super().__init__(
            "The ledger has an entry of every published edition and all that its newest checkpoint "
            "speaks of, so no loss of it is known. It goes on as the log that it is."
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
    entry that it began, and of each edition that its entry was lost. Stopped at any moment, the
    same call does what is left to do, and says the same; until one returns nothing is signed.
    Where a backup came meanwhile that lacks nothing, it undoes what such a call did.
    Raises NothingLost, NoteBroken, KeyBroken, PolicyBroken, OSError, and LedgerBroken where those
    entries are not what was signed.
    """
    lost = find_lost((each.date, each.sha256) for each in list_published(settings.ENV.policy_dir))
    folder = Path(settings.ENV.tiles_dir)
    state, _ = LogState.objects.get_or_create(pk=1)
    beginning = read_beginning() or look_back(state, folder, now)
    own = beginning.earlier + 1
    begun = Begun(name_of(own), state.size, folder.with_name(beginning.aside))
    if find_by_source_key(key_of_log(begun.name)) is None:
        if not lost and beginning.seen <= state.size:
            bring_back(begun.aside, folder)  # a backup came after the call that set them aside
            for made in (draft_of(key_path(own)), key_path(own)):
                made.unlink(missing_ok=True)
            forget_beginning()
            raise NothingLost
        take_its_place(beginning, begun, folder, state)
        write_entries(beginning, begun, lost, now)
    forget_beginning()
    return begun


def look_back(state: LogState, folder: Path, now: datetime) -> Beginning:
    """Return what is known of the log as it stands, and a new name for what is left of it."""
    aside = folder.with_name(f"{key_path(number()).name}-lost")
    seen = newest_size(state.checkpoint, *(read_published(each) or "" for each in (folder, aside)))
    name = f"{aside.name}-{now:%Y%m%dT%H%M%S}" if aside.exists() else aside.name
    return Beginning(number(), seen, name)


def take_its_place(beginning: Beginning, begun: Begun, folder: Path, state: LogState) -> None:
    """Note what went before, set its files aside, and make tiles and key of the log that begins.

    Whoever is stopped here begins again: nothing was signed by a key that was made meanwhile.
    """
    fresh = folder.with_name(FRESH)
    rebuild(fresh, state)
    keep_beginning(beginning)
    set_aside(folder, begun.aside)
    fresh.rename(folder)
    sync_directory(folder.parent)
    key = key_path(beginning.earlier + 1)
    draft = draft_of(key)
    draft.unlink(missing_ok=True)
    key_files.make(draft)
    draft.rename(key)
    sync_directory(key.parent)


def draft_of(key: Path) -> Path:
    return key.with_name(f".{key.name}.draft")


def write_entries(
    beginning: Beginning, begun: Begun, lost: Iterable[tuple[date, str]], now: datetime
) -> None:
    """Let the log begin, and say so: all of it or nothing."""
    vkey = signer_of(beginning.earlier).vkey()
    entries: list[LogBegun | EditionCarried] = [
        LogBegun(log=begun.name, earlier_vkey=vkey, seen=beginning.seen, left=begun.left),
        *(EditionCarried(date=day.isoformat(), sha256=sha256) for day, sha256 in lost),
    ]
    with transaction.atomic(durable=True):
        LogState.objects.filter(pk=1).update(checkpoint="", signed_at=None)
        for each in entries:
            append(each, subject=None, permit=None, now=now, source_key=each.source_key)


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
    if aside.exists():  # by a call that was stopped, since nothing of this name stood there before
        shutil.rmtree(folder)
    else:
        folder.rename(aside)


def bring_back(aside: Path, folder: Path) -> None:
    """Give the files set aside their place again, where no backup of them has taken it."""
    shutil.rmtree(folder.with_name(FRESH), ignore_errors=True)
    if aside.exists() and not (folder / CHECKPOINT).exists():
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
        sync_directory(folder.parent)
