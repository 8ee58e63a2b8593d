"""Publishing an edition: the moment from which its words bind the program."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from clearline.kit.errors import Conflict, Invalid
from clearline.kit.files import locked, replace_durably, sync_file
from clearline.policy.difference import has_other_sentences, is_material
from clearline.policy.edition import Edition, parse_edition, placeholders_of
from clearline.policy.shelf import PUBLISHED, Published, Shelf
from clearline.rights.agreement.check import Agreement, check
from clearline.rights.agreement.finding import Finding
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.uses import EditionPublished, key_of_edition
from clearline.trust.ledger.queries import find_by_source_key, log_state
from clearline.trust.ledger.verify import LEDGER, RESTORE, LedgerBroken

LOCK: Final = ".publish.lock"
BYTES_MAX: Final = 400_000
# "before a change takes effect that lets us do more with your data, we say so on every page of the
# site at least two weeks ahead": the default edition, [statements] agreement; row CO-05.
TOLD_WINDOW: Final = timedelta(days=14)


class EditionRefused(Invalid):
    """The draft may not be published as it is; the text says each reason."""

    code = "edition_refused"

    def __init__(self, reasons: tuple[str, ...], findings: tuple[Finding, ...] = ()) -> None:
        super().__init__("\n".join([*reasons, *map(str, findings)]))
        self.reasons = reasons
        self.findings = findings


class AlreadyPublished(Conflict):
    code = "already_published"


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing found, and whether the edition was listed but the ledger had lost it."""

    agreement: Agreement
    is_entered_again: bool


def publish_edition(
    *, policy_dir: Path, zone: ZoneInfo, source: Path, now: datetime
) -> Publication:
    """Fix an edition by its hash, list it, and enter it in the ledger.

    One that is listed, and unchanged, is entered again if a ledger from an older backup does not
    know it: nothing would be signed without. Its day is a day of `zone`, the provider's. One at a
    time: who comes second sees what the first one listed.
    Raises EditionChanged when an old edition was edited, AlreadyPublished, EditionBroken,
    LedgerBroken where nothing is left of the ledger that had an entry of it, and
    EditionRefused for a wrong name, a first day in the past, a material change told too late,
    placeholders, or a failed check.
    Source: Cal. Bus. & Prof. Code 22575(b)(3)-(4); promise P3.
    """
    with locked(policy_dir / LOCK):
        return publish_alone(Shelf.open_whole(policy_dir, zone), source, now)


def publish_alone(shelf: Shelf, source: Path, now: datetime) -> Publication:
    raw = read_draft(source)
    sha256 = hashlib.sha256(raw).hexdigest()
    edition = parse_edition(raw.decode("utf-8", errors="replace"), source=source.name)
    listed = shelf.find(edition.date)
    if listed and not is_lost(listed, sha256):
        message = f"The edition of {edition.date} is published already. Write a later date."
        raise AlreadyPublished(message)
    agreement = check(edition)
    reasons = () if listed else tuple(reasons_against(edition, source, shelf, now))
    # What was published binds, also where this release finds the program wanting.
    if reasons or (agreement.findings and not listed):
        raise EditionRefused(reasons, agreement.findings)
    entry = entry_of(edition, sha256, shelf, agreement)

    # In this order a crash leaves nothing that publishing again does not make good: the list never
    # names a text that may be lost or has no entry, and the entry is written once.
    sync_file(source)
    with transaction.atomic():
        ledger.append(entry, subject=None, permit=None, now=now, source_key=entry.source_key)
    if not listed:
        write_list(shelf.folder, edition, sha256, now)
    return Publication(agreement, is_entered_again=listed is not None)


def is_lost(listed: Published, sha256: str) -> bool:
    """Say whether these are the words of a listed edition that the ledger does not know.

    Raises LedgerBroken where nothing signed is left of the ledger: whoever entered all again would
    begin another past under the same key.
    """
    if listed.sha256 != sha256 or find_by_source_key(key_of_edition(sha256)) is not None:
        return False
    if not log_state().checkpoint:
        what = f"nothing that was signed is left of it. {RESTORE.removesuffix('.')}"
        raise LedgerBroken(what, LEDGER)
    return True


def entry_of(edition: Edition, sha256: str, shelf: Shelf, agreement: Agreement) -> EditionPublished:
    earlier = [each for each in shelf.editions if each.date < edition.date]
    return EditionPublished(
        date=edition.date.isoformat(),
        sha256=sha256,
        is_material=bool(earlier) and is_material(earlier[-1].policy.edition, edition),
        uses_found=agreement.places_found,
        uses_covered=agreement.places_covered,
    )


def read_draft(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
    except OSError as error:
        message = f"{source} cannot be read: {error.strerror}. Name the edition's file."
        raise EditionRefused((message,)) from None
    if len(raw) > BYTES_MAX:
        message = f"{source} is longer than {BYTES_MAX} bytes."
        raise EditionRefused((message,))
    return raw


def reasons_against(edition: Edition, source: Path, shelf: Shelf, now: datetime) -> Iterator[str]:
    wanted = shelf.folder / f"{edition.date.isoformat()}.toml"
    if source.resolve() != wanted.resolve():
        yield f"The file must be {wanted}: its name is its first day."
    today = shelf.today(now)
    if edition.date < today:
        yield f"{edition.date} is past. An edition takes effect today at the earliest: {today}."
    if shelf.editions and edition.date <= shelf.editions[-1].date:
        yield f"{edition.date} is not after the last edition, {shelf.editions[-1].date}."
    elif shelf.editions and is_material(shelf.editions[-1].policy.edition, edition):
        yield from reasons_of_haste(edition, shelf, now)
    if shelf.editions and edition.is_material is None:
        yield from reasons_of_silence(shelf.editions[-1].policy.edition, edition)
    waiting = placeholders_of(edition)
    for where, placeholder in waiting:
        yield f"{where}: {placeholder} is still a placeholder."
    if waiting:
        instance = shelf.folder.parent
        yield (
            f"Fill in {instance / 'clearline.toml'}, then run `clearline init {instance}`: it "
            "carries your names into the draft. Any other bracket wants words of your own."
        )


def reasons_of_silence(before: Edition, edition: Edition) -> Iterator[str]:
    """Say that the provider has to judge changed sentences, for no program can."""
    if has_other_sentences(before, edition):
        yield (
            "Sentences of this edition say other things than those before. Whether people must be "
            "told of that beforehand, only you can judge: write material = true at its top, or "
            "material = false. `clearline policy diff` shows each sentence that changed."
        )


def reasons_of_haste(edition: Edition, shelf: Shelf, now: datetime) -> Iterator[str]:
    """Say when an edition that people must be told of comes sooner than they can be told.

    One is told of at a time: the next when that before it has come.
    """
    coming = shelf.all_announced(now)
    if coming:
        last = coming[-1][1].edition.date
        earliest, after = last + TOLD_WINDOW, f", once that of {last} has come"
        is_early = edition.date < earliest
    else:
        first_moment = datetime.combine(edition.date, time(), shelf.zone).astimezone(UTC)
        earliest = (now + TOLD_WINDOW).astimezone(shelf.zone).date() + timedelta(days=1)
        is_early, after = first_moment - now < TOLD_WINDOW, ""
    if is_early:
        yield (
            f"{edition.date} is too soon: this edition is material, and every page of the site "
            f"tells of it for {TOLD_WINDOW.days} days before{after}. Write date = {earliest} or a "
            "later day, and name the file after it. `clearline policy diff` says what is material."
        )


def write_list(policy_dir: Path, edition: Edition, sha256: str, now: datetime) -> None:
    """Write published.json anew: whole or not at all, on the disk before this returns."""
    path = policy_dir / PUBLISHED
    listed = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    row = {
        "date": edition.date.isoformat(),
        "sha256": sha256,
        "published_at": now.astimezone(UTC).isoformat(),
    }
    replace_durably(path, (json.dumps([*listed, row], indent=2) + "\n").encode())
