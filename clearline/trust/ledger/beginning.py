"""The note of another log that is about to begin, so that it is told truly whenever it is stopped.

It stands beside the keys, since a key that was made alone does not say whether it ever signed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from clearline.kit.errors import Conflict
from clearline.kit.files import replace_durably, sync_directory
from clearline.trust.ledger.keys import keys_folder

NOTE: Final = "ledger.begin"


class NoteBroken(Conflict):
    """The note of a log that is about to begin cannot be read."""

    code = "note_broken"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is damaged, which `clearline ledger begin` wrote before it was stopped. "
            "Restore keys/ and data/ledger from your backup as they were before, and run it again."
        )


@dataclass(frozen=True, slots=True)
class Beginning:
    """What went before another log: its key's number, how many entries it is known to have had.

    `aside` is the name of the folder that gets what is left of its files.
    """

    earlier: int
    seen: int
    aside: str


def is_unfinished() -> bool:
    """Say whether another log was about to begin and that was stopped: nothing is signed then."""
    return note_path().exists()


def read_beginning() -> Beginning | None:
    """Return what was noted by a call that was stopped, None where none was. Raises NoteBroken."""
    path = note_path()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Beginning)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NoteBroken(path) from None


def keep_beginning(beginning: Beginning) -> None:
    """Write the note; it is on the disk on return. Raises OSError."""
    replace_durably(note_path(), msgspec.json.encode(beginning))


def forget_beginning() -> None:
    """Take the note away, if there is one; it is gone from the disk on return. Raises OSError."""
    note_path().unlink(missing_ok=True)
    sync_directory(keys_folder())


def note_path() -> Path:
    return keys_folder() / NOTE
