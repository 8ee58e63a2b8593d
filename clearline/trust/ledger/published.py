"""Whether the published checkpoint lets the log be signed: what was published is not rewritten."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from clearline.kit.errors import Conflict
from clearline.trust.ledger.checkpoint import CheckpointBroken, Signer, parse_checkpoint
from clearline.trust.ledger.keys import file_of
from clearline.trust.ledger.loss import has_tables
from clearline.trust.ledger.merkle import range_root
from clearline.trust.ledger.models import LogState
from clearline.trust.ledger.queries import read_published
from clearline.trust.ledger.tiles import TileBroken, Tiles, Tree
from clearline.trust.ledger.verify import CHECKPOINT

DAMAGED: Final = "Restore the file, the database and the key from one backup."
OTHERS: Final = (
    "Restore the database, data/ledger and the key from one backup: signing now would rewrite what "
    "was published."
)
OLDER: Final = (
    "Was an older backup restored? Restore the newest one: signing now would rewrite what was "
    "published. Where there is no newer one, `clearline ledger begin` goes on as another log."
)


@dataclass(frozen=True, slots=True)
class Missing:
    """What the public files lack of that which was signed, where, and what to do."""

    where: str
    what: str
    remedy: str


BROKEN_TILES: Final = Missing(
    "data/ledger",
    "its tiles do not give the root that was signed",
    "Restore data/ledger from the newest backup; `clearline ledger verify` names the broken tile. "
    "Nothing is signed until then.",
)
UNPUBLISHED: Final = Missing(
    "data/ledger/checkpoint",
    "the published checkpoint is missing",
    "`clearline serve` publishes it again.",
)


class LogWouldBeRewritten(Conflict):
    """The published checkpoint and the database do not go together; going on would rewrite."""

    code = "log_would_be_rewritten"

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"The published checkpoint {what}. {remedy}")
        self.what = what
        self.remedy = remedy


def find_rewriting(own: Signer) -> LogWouldBeRewritten | None:
    """Return why the published checkpoint keeps the log from being signed, None where it does not.

    Nothing is written. A database that knows of no log is a loss of its own. Raises OSError.
    """
    folder = Path(settings.ENV.tiles_dir)
    text = read_published(folder)  # before the state, which is written first and is never older
    state = LogState.objects.filter(pk=1).first() if has_tables() else None
    if state is None:
        return None
    try:
        refuse_published(text, state, folder, own)
    except LogWouldBeRewritten as refused:
        return refused
    except TileBroken:  # the worker tells of it
        return None
    return None


def refuse_to_rewrite(state: LogState, folder: Path, own: Signer) -> None:
    """Return if the tiles give the root signed last and the published log is a part of it.

    A database restored from an older backup than the published log would sign another past.
    Raises TileBroken, LogWouldBeRewritten, OSError.
    """
    if not has_signed_root(state, folder):
        message = (
            f"The tiles in {folder} do not give the root that was signed. "
            "`clearline ledger verify` names the broken one; restore it from the backup."
        )
        raise TileBroken(message)
    refuse_published(read_published(folder), state, folder, own)


def has_signed_root(state: LogState, folder: Path) -> bool:
    """Say whether the tiles give the root that was signed last. Raises TileBroken."""
    if not state.checkpoint:
        return True
    signed, tree = parse_checkpoint(state.checkpoint), Tree(Tiles(folder).read, state.size)
    return (signed.size, signed.root) == (state.size, tree.root())


def find_missing() -> Missing | None:
    """Return what the public files lack of that which was signed last, None for nothing.

    Nothing is written, and only what the next signature rests on is read. Raises OSError.
    """
    folder = Path(settings.ENV.tiles_dir)
    state = LogState.objects.filter(pk=1).first() if has_tables() else None
    if state is None or not state.checkpoint:
        return None
    try:
        is_whole = has_signed_root(state, folder)
    except (TileBroken, CheckpointBroken):
        is_whole = False
    if not is_whole:
        return BROKEN_TILES
    return UNPUBLISHED if read_published(folder) is None else None


def refuse_published(text: str | None, state: LogState, folder: Path, own: Signer) -> None:
    """Return if a published checkpoint is a part of the log, or one of it that was damaged.

    Raises TileBroken, LogWouldBeRewritten.
    """
    if not text or text == state.checkpoint:
        return
    path = folder / CHECKPOINT
    if not own.has_signed(text) and own.has_signed(state.checkpoint):
        refuse_others_log(text, state, path, own)
        return  # a damaged copy: the one in the database is proved and takes its place
    try:
        published = parse_checkpoint(text)
    except CheckpointBroken:
        what = (
            f"({path}) is damaged, and the one in the database is not signed by {file_of(own)}, "
            "so neither proves what was published"
        )
        raise LogWouldBeRewritten(what, DAMAGED) from None
    node = Tree(Tiles(folder).read, state.size).node
    is_part = published.size <= state.size
    if not is_part or range_root(0, published.size, node) != published.root:
        what = (
            f"({path}, {published.size} entries) is not part of the log in the database "
            f"({state.size} entries)"
        )
        raise LogWouldBeRewritten(what, OLDER)


def refuse_others_log(text: str, state: LogState, path: Path, own: Signer) -> None:
    """Return if a published checkpoint that our key did not sign is no whole one of another log.

    One that says what ours says is ours with a damaged signature.
    """
    if not own.is_stranger_to(text):
        return
    if parse_checkpoint(text) != parse_checkpoint(state.checkpoint):
        what = (
            f"({path}) is another key's, though the one in the database is signed by {file_of(own)}"
        )
        raise LogWouldBeRewritten(what, OTHERS)
