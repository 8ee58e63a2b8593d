"""Whether the ledger was lost: it has an entry of every edition that was ever published.

The list of editions is a file beside the policy, so it outlives a database or disk that is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection

from clearline.policy.shelf import list_published
from clearline.trust.ledger.beginning import is_unfinished
from clearline.trust.ledger.entries.uses import key_of_edition
from clearline.trust.ledger.models import Entry
from clearline.trust.ledger.verify import LEDGER, RESTORE, LedgerBroken

DAYS_TOLD: Final = 3
STOPPED: Final = "`clearline ledger begin` was stopped before it was done"
BEGIN_AGAIN: Final = (
    "Run `clearline ledger begin --without-backup` again: it does what is left to do. Nothing is "
    "signed until then."
)


@dataclass(frozen=True, slots=True)
class Loss:
    """Why nothing of the ledger is signed, and what to do."""

    what: str
    remedy: str


def has_tables() -> bool:
    """Say whether the ledger has its table. Neither a file nor a table is made to find out."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return False  # to open it would make it
    return Entry._meta.db_table in connection.introspection.table_names()  # noqa: SLF001  # Django's own name for it


def find_lost(published: Iterable[tuple[date, str]]) -> list[tuple[date, str]]:
    """Return those editions, by day and hash, that the ledger does not know, by date."""
    editions = {key_of_edition(sha256): (day, sha256) for day, sha256 in published}
    known = Entry.objects.filter(source_key__in=editions) if editions and has_tables() else None
    found = set() if known is None else set(known.values_list("source_key", flat=True))
    return sorted(edition for key, edition in editions.items() if key not in found)


def tell_loss(published: Iterable[tuple[date, str]]) -> str:
    """Say which editions the ledger does not know, given by day and hash; "" when it knows all."""
    lost = find_lost(published)
    if not lost:
        return ""
    told = ", ".join(day.isoformat() for day, _ in lost[:DAYS_TOLD])
    more = f" and {len(lost) - DAYS_TOLD} more" if len(lost) > DAYS_TOLD else ""
    return (
        f"it has no entry of an edition that policy/published.json lists ({told}{more}), so "
        "entries were lost"
    )


def find_own_loss() -> Loss | None:
    """Return what this provider's ledger lost, or that another log only half began, None for whole.

    Raises PolicyBroken when it cannot be known what was published.
    """
    if is_unfinished():
        return Loss(STOPPED, BEGIN_AGAIN)
    listed = list_published(settings.ENV.policy_dir)
    told = tell_loss((each.date, each.sha256) for each in listed)
    return Loss(told, RESTORE) if told else None


def refuse_lost() -> None:
    """Return if the ledger may be signed: no past of it is missing.

    Raises LedgerBroken, and PolicyBroken when it cannot be known what was published.
    """
    if loss := find_own_loss():
        what = f"{loss.what}. {loss.remedy.removesuffix('.')}"
        raise LedgerBroken(what, LEDGER)
