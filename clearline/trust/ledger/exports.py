"""All that proves the ledger, written into a folder: tiles, checkpoint, and the words kept."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from clearline.kit.errors import Conflict
from clearline.kit.files import replace_durably
from clearline.trust.envelope import SealBroken, Sealer
from clearline.trust.ledger.body import BodyBroken, hash_words, parse_body
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.queries import (
    LogStatus,
    NoCheckpoint,
    head_of,
    is_as_written,
    log_state,
    open_words,
)
from clearline.trust.ledger.tiles import Tiles, names_for
from clearline.trust.ledger.verify import (
    BODIES,
    CHECKPOINT,
    DESTROYED,
    HASH_FALSE,
    SUBJECT_FALSE,
    UNREADABLE,
    tell_nobody,
)

ROWS_AT_ONCE: Final = 2_000


class ExportRefused(Conflict):
    code = "export_refused"


def export_log(folder: Path, *, advance: Callable[[int], object] = tell_nobody) -> LogStatus:
    """Write all that proves the ledger into an empty folder, and return what was exported.

    `advance` is told of entries written.
    It holds the words of every entry that has not expired. Raises ExportRefused, NoCheckpoint.
    """
    state = export_tiles(folder)
    with (folder / BODIES).open("wb") as file:
        for line in body_lines(state.size):
            file.write(line)
            advance(1)
        file.flush()
        os.fsync(file.fileno())
    replace_durably(folder / CHECKPOINT, state.checkpoint.encode())
    return state


def export_public(folder: Path) -> LogStatus:
    """Write what the site gives out to everybody into an empty folder: no word of an entry.

    With `body_lines` it is an export. Raises ExportRefused, NoCheckpoint.
    """
    state = export_tiles(folder)
    replace_durably(folder / CHECKPOINT, state.checkpoint.encode())
    return state


def export_tiles(folder: Path) -> LogStatus:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder} is not empty. Name a new folder."
        raise ExportRefused(message)
    state = log_state()
    if not state.checkpoint:
        message = "The ledger has not been signed yet. `clearline serve worker` signs it."
        raise NoCheckpoint(message)
    folder.mkdir(parents=True, exist_ok=True)
    tiles = Tiles(settings.ENV.tiles_dir)
    for name in names_for(state.size):
        target = folder / "tile" / name.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(tiles.read(name))
    return state


def body_lines(size: int) -> Iterator[bytes]:
    """Yield one line for each position, with its end: salt and body, or why there is none."""
    master = sealer()
    expected = 0
    while expected < size:
        rows = Entry.objects.filter(position__gte=expected, position__lt=size)
        some = list(rows.order_by("position")[:ROWS_AT_ONCE])
        for row in some:
            yield from [UNREADABLE + b"\n"] * (int(row.position or 0) - expected)
            yield line_of(row, master) + b"\n"
            expected = int(row.position or 0) + 1
        if not some:
            yield from [UNREADABLE + b"\n"] * (size - expected)
            return


def line_of(row: Entry, master: Sealer) -> bytes:
    """Return head, then salt and body; or the hash of the words and why they are not there."""
    head = head_of(row)
    if row.key_wrapped is None:
        words_hash = bytes(row.words_hash)
        if not is_as_written(row, words_hash):
            return head + b" " + HASH_FALSE
        return b"%b %b %b" % (head, words_hash.hex().encode(), DESTROYED)
    try:
        salt, body = open_words(row, master)
        subject = parse_body(body)["subject"]
    except (SealBroken, BodyBroken):
        return head + b" " + UNREADABLE
    if subject != (row.subject or ""):
        return head + b" " + SUBJECT_FALSE
    if not is_as_written(row, hash_words(salt, body)):
        return head + b" " + HASH_FALSE
    return b"%b %b %b" % (head, salt.hex().encode(), body)
