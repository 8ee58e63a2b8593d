"""A ledger as tests drive it: entries in, the tree signed, an export out."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings

from clearline.policy.retention import Retention
from clearline.policy.shelf import list_published
from clearline.policy.vocabulary import ChoiceMethod, ChoiceSurface, SubjectId
from clearline.trust.ledger import actions, exports
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.logins import StaffSignedIn
from clearline.trust.ledger.entries.uses import (
    ChoiceRecorded,
    EditionPublished,
    ReportExported,
)
from clearline.trust.ledger.models import Entry

KEPT = Retention.from_text("3 years")
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Footing:
    """What a yes rests on, as the gate's permit says it."""

    clause: str = "choices.keep"
    edition: str = "2026-12-01"
    kept: Retention = KEPT


def count_kinds() -> dict[str, int]:
    return dict(Counter(Entry.objects.values_list("kind", flat=True)))


def make_choice(number: int = 0) -> ChoiceRecorded:
    return ChoiceRecorded(
        yes=("measurement",),
        no=("content", f"own_email:{number}"),
        method=ChoiceMethod.FORM,
        surface=ChoiceSurface.CHOICES,
        edition="2026-12-01",
        text="May we? [Accept]",
        by_signal=("sale_or_sharing",) if number % 2 == 0 else (),
        before="",
    )


def make_entry(number: int) -> LedgerEntry:
    if number % 3 == 0:
        return make_choice(number)
    if number % 3 == 1:
        return StaffSignedIn(login=f"{number:032x}")
    return ReportExported(report="popularity", query=f"über {number}", by="staff:1", format="csv")


def enter_edition(sha256: str, day: date = date(2026, 1, 1)) -> None:
    """Write the entry that publishing an edition writes."""
    entry = EditionPublished(
        date=day.isoformat(), sha256=sha256, is_material=False, uses_found=9, uses_covered=9
    )
    actions.append(entry, subject=None, permit=None, now=NOW, source_key=entry.source_key)


def enter_editions() -> None:
    """Let the ledger know the editions on the shelf.

    An instance of tests has its edition on the shelf before there is a database.
    """
    for each in list_published(settings.ENV.policy_dir):
        enter_edition(each.sha256, each.date)


def sign_log(now: datetime) -> None:
    """Sign what waits, in a ledger that knows the editions on the shelf."""
    enter_editions()
    actions.integrate(now=now)


@dataclass(frozen=True, slots=True)
class Log:
    tiles_dir: Path
    folder: Path

    def append(self, count: int, now: datetime = NOW) -> list[str]:
        """Append differing entries in one commit and return their ids."""
        pairs = [(make_entry(number), SubjectId(f"s{number}")) for number in range(count)]
        refs = actions.append_many(pairs, permit=Footing(), now=now)
        return [ref.id for ref in refs]

    def integrate_all(self, now: datetime = NOW) -> int:
        total = 0
        while taken := actions.integrate(now=now):
            total += taken
        return total

    def export(self, name: str = "export") -> Path:
        exports.export_log(self.folder / name)
        return self.folder / name


def later(**spans: float) -> datetime:
    return NOW + timedelta(**spans)
