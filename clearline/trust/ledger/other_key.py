"""Whether another key than the log's own signed last: the key of another log continues none."""

from typing import Final

from django.conf import settings

from clearline.kit.errors import Conflict
from clearline.trust.ledger.checkpoint import Signer
from clearline.trust.ledger.keys import file_of
from clearline.trust.ledger.loss import has_tables
from clearline.trust.ledger.queries import log_state, read_published

OTHER_KEY: Final = "it is not the key that signed the last checkpoint"
RESTORE_KEY: Final = (
    "Restore the one that did from your backup. Nothing is signed until then: under another, "
    "auditors cannot go on from the checkpoints that they hold."
)


class OtherKey(Conflict):
    """The checkpoint signed last is another key's."""

    code = "other_key"


def is_signed_by_other(own: Signer) -> bool:
    """Say whether what was signed last, in the database or published, is whole but another key's.

    One copy that our key signed is enough, since the other may be damaged. Nothing is written.
    Raises OSError.
    """
    kept = log_state().checkpoint if has_tables() else ""
    notes = [note for note in (kept, read_published(settings.ENV.tiles_dir)) if note]
    if any(own.has_signed(note) for note in notes):
        return False
    return any(own.is_stranger_to(note) for note in notes)


def refuse_other_key(own: Signer) -> None:
    """Return if the key may sign. Raises OtherKey, OSError."""
    if is_signed_by_other(own):
        message = f"{file_of(own)}: {OTHER_KEY}. {RESTORE_KEY}"
        raise OtherKey(message)
