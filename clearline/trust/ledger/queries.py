"""What the ledger can tell: its state, counts, receipts, its public files."""

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypedDict

import msgspec
from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Concat

from clearline.kit.errors import Conflict, NotFound, Unavailable
from clearline.policy.choices import Choices
from clearline.policy.vocabulary import SubjectId
from clearline.trust.envelope import SealBroken, Sealer, unwrap_key
from clearline.trust.ledger.body import (
    ENCODER,
    ENTRY_ID,
    SALT_BYTES,
    BodyBroken,
    commit,
    hash_words,
    parse_body,
    to_head,
)
from clearline.trust.ledger.checkpoint import parse_checkpoint
from clearline.trust.ledger.entries.accounts import AccountErased
from clearline.trust.ledger.entries.kinds import KINDS
from clearline.trust.ledger.entries.uses import ChoiceRecorded
from clearline.trust.ledger.keys import sealer, signer
from clearline.trust.ledger.merkle import inclusion_path, leaf_hash, verify_inclusion
from clearline.trust.ledger.models import Entry, LogState
from clearline.trust.ledger.tiles import (
    NoSuchTile,
    Tiles,
    Tree,
    parse_tile_path,
)
from clearline.trust.ledger.verify import (
    CHECKPOINT,
)

RECEIPT_FORMAT: Final = "clearline.receipt.v2"
# Whom they are of, and nobody else, was told their numbers.
GIVEN_BY_NUMBER: Final = (ChoiceRecorded.kind, AccountErased.kind)
LIST_MAX: Final = 200


class NoSuchEntry(NotFound):
    code = "no_such_entry"

    def __init__(self) -> None:
        super().__init__(
            "There is no entry with this number. It has 32 characters, 0 to 9 and a to f."
        )


class NotInTree(Conflict):
    """The entry stands, but no checkpoint covers it yet."""

    code = "not_in_tree"


class NoCheckpoint(NotFound):
    code = "no_checkpoint"


class LedgerDamaged(Unavailable):
    """What the database says of an entry and what was signed do not agree."""

    code = "ledger_damaged"


@dataclass(frozen=True, slots=True)
class EntryRef:
    """The random public id of an entry, 32 hexadecimal digits."""

    id: str


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An entry without its words. `number` is for asking for those before it."""

    number: int
    id: str
    kind: str
    at: datetime
    position: int | None
    expires_at: datetime
    is_readable: bool


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """That something of one kind happened to somebody, from its place in the signed tree."""

    position: int
    kind: str
    at: datetime
    subject: SubjectId | None


@dataclass(frozen=True, slots=True)
class SignedEntries:
    """The entries asked for among some that follow one another, and the place of the last."""

    entries: tuple[SignedEntry, ...]
    last: int


@dataclass(frozen=True, slots=True)
class EarlierChoice:
    """A choice of the same person before a later one: its proof's number, when, what was said."""

    id: str
    at: datetime
    choices: Choices


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """An entry as the person is told of it whom it is about.

    `fields` is None when the words are damaged. It rests on `clause` of `edition`, "" for nothing.
    """

    id: str
    kind: str
    at: datetime
    expires_at: datetime
    is_signed: bool
    clause: str = ""
    edition: str = ""
    fields: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class OwnEntries:
    """Some entries about one person, the newest first; `older` asks for those before, if any."""

    entries: tuple[OwnEntry, ...]
    older: str


@dataclass(frozen=True, slots=True)
class LogStatus:
    """The tree as it was signed last; `checkpoint` is "" and `signed_at` None before that."""

    size: int
    checkpoint: str
    signed_at: datetime | None


class Receipt(TypedDict, total=False):
    """What proves one entry offline; its canonical JSON is a receipt file.

    An expired entry has `words_hash` in the place of `body` and `salt`.
    """

    format: str
    position: int
    proof: list[str]
    checkpoint: str
    head: dict[str, object]
    salt: str
    body: dict[str, object]
    words_hash: str


def oldest_waiting(*, now: datetime) -> timedelta | None:
    """Return how long the oldest entry waits for its place in the tree, None when none does."""
    at = Entry.objects.waiting().values_list("at", flat=True).first()
    return None if at is None else max(now - at, timedelta())


def count_waiting() -> int:
    """Return how many entries have no place in the tree yet."""
    return Entry.objects.waiting().count()


def has_outlived(*, now: datetime) -> bool:
    """Say whether an entry still has words that were due to be destroyed by now."""
    return Entry.objects.expired(now).exists()


def log_state() -> LogStatus:
    state = LogState.objects.filter(pk=1).first()
    if state is None:
        return LogStatus(0, "", None)
    return LogStatus(state.size, state.checkpoint, state.signed_at)


def list_entries(
    *,
    limit: int = 50,
    before: int | None = None,
    kind: str = "",
    within: tuple[datetime, datetime] | None = None,
) -> tuple[ListedEntry, ...]:
    """Return the newest entries, at most 200, or those before the `number` given.

    `within` is the first moment asked for and the first one after it.
    """
    rows = Entry.objects.order_by("-number")
    if before is not None:
        rows = rows.filter(number__lt=before)
    if kind:
        rows = rows.filter(kind=kind)
    if within is not None:
        kinds = [kind] if kind else list(KINDS)  # by the index, which is of kinds and moments
        rows = rows.filter(kind__in=kinds, at__gte=within[0], at__lt=within[1])
    return tuple(
        ListedEntry(
            number=row.number,
            id=row.public_id,
            kind=row.kind,
            at=row.at,
            position=row.position,
            expires_at=row.expires_at,
            is_readable=row.key_wrapped is not None,
        )
        for row in rows.defer("body_sealed")[: min(limit, LIST_MAX)]
    )


def list_signed(*, after: int, limit: int, kinds: Collection[str]) -> SignedEntries:
    """Return which entries of some kinds stand among the next `limit` after a place in the tree.

    Places have no gaps and never change, so whoever reads on from the last one misses nothing.
    """
    last = min(log_state().size - 1, after + limit)
    rows = Entry.objects.filter(position__gt=after, position__lte=last)
    found = rows.order_by("position").values_list("position", "kind", "at", "subject")
    return SignedEntries(
        tuple(
            SignedEntry(position or 0, kind, at, SubjectId(subject) if subject else None)
            for position, kind, at, subject in found
            if kind in kinds
        ),
        max(last, after),
    )


def list_about(
    subject: SubjectId,
    *,
    limit: int = 50,
    before: str = "",
    kinds: Collection[str] = (),
    within: tuple[datetime | None, datetime | None] = (None, None),
) -> OwnEntries:
    """Return the newest entries about one person, at most 200, or those before one of theirs.

    `kinds` narrows if any are named; `within` is the first moment asked for and the first after it.
    An entry whose words name somebody else is not told. Raises NoSuchEntry for a `before` that is
    not about them.
    """
    rows = Entry.objects.filter(subject=subject).order_by("-number")
    if before:
        rows = rows.filter(number__lt=number_about(before, subject))
    if kinds:
        # As an expression, so that no planner reads all entries of a kind to find one person's.
        rows = rows.annotate(told_kind=Concat("kind", Value(""))).filter(told_kind__in=kinds)
    first, after = within
    if first is not None:
        rows = rows.filter(at__gte=first)
    if after is not None:
        rows = rows.filter(at__lt=after)
    most = min(limit, LIST_MAX)
    found, size, master = list(rows[: most + 1]), log_state().size, sealer()
    told = (own_entry(row, subject, size, master) for row in found[:most])
    older = found[most - 1].public_id if len(found) > most else ""
    return OwnEntries(tuple(each for each in told if each is not None), older)


def find_subject(entry_id: str) -> SubjectId | None:
    """Return whom an entry is about, None for nobody, and for one that is not there."""
    rows = Entry.objects.filter(public_id=entry_id).values_list("subject", flat=True)
    subject = rows.first() if is_entry_id(entry_id) else None
    return SubjectId(subject) if subject else None


def has_happened(kind: str, subject: SubjectId, *, since: datetime) -> bool:
    """Say whether something of one kind was written about a person since a moment."""
    return Entry.objects.filter(kind=kind, subject=subject, at__gte=since).exists()


def number_about(entry_id: str, subject: SubjectId) -> int:
    """Return the place of an entry about this person. Raises NoSuchEntry."""
    rows = Entry.objects.filter(public_id=entry_id, subject=subject)
    number = rows.values_list("number", flat=True).first() if is_entry_id(entry_id) else None
    if number is None:
        raise NoSuchEntry
    return int(number)


def own_entry(row: Entry, subject: SubjectId, size: int, master: Sealer) -> OwnEntry | None:
    """Return an entry with its words, None when they are about somebody else."""
    is_signed = row.position is not None and row.position < size
    told = OwnEntry(row.public_id, row.kind, row.at, row.expires_at, is_signed)
    try:
        body = parse_body(open_words(row, master)[1])
    except (SealBroken, BodyBroken):
        return told
    fields = body["fields"]
    if body["subject"] != subject or not isinstance(fields, dict):
        return None
    clause, edition = str(body["clause"]), str(body["edition"])
    return OwnEntry(
        row.public_id, row.kind, row.at, row.expires_at, is_signed, clause, edition, fields
    )


def receipt_about(entry_id: str, subject: SubjectId) -> Receipt:
    """Return the proof of an entry to the person whom it is about, and to nobody else.

    Raises NoSuchEntry and what `receipt` raises.
    """
    number_about(entry_id, subject)
    told = receipt(entry_id)
    if told.get("body", {}).get("subject") != subject:
        raise NoSuchEntry
    return told


def is_signed(entry_id: str) -> bool:
    """Say whether an entry can be proved already: within seconds after it was written it can."""
    rows = Entry.objects.filter(public_id=entry_id, position__lt=log_state().size)
    return is_entry_id(entry_id) and rows.exists()


def find_by_source_key(source_key: str) -> EntryRef | None:
    rows = Entry.objects.filter(source_key=source_key)
    entry_id = rows.values_list("public_id", flat=True).first()
    return None if entry_id is None else EntryRef(entry_id)


def vkey() -> str:
    """Return the verifier key that auditors hold. Raises KeyBroken."""
    return signer().vkey()


def receipt(entry_id: str) -> Receipt:
    """Return the proof of one entry, checked before it is given.

    Raises NoSuchEntry, NotInTree, LedgerDamaged, TileBroken, SealBroken.
    """
    row = Entry.objects.filter(public_id=entry_id).first() if is_entry_id(entry_id) else None
    if row is None:
        raise NoSuchEntry
    state = log_state()
    if row.position is None or row.position >= state.size:
        message = "This entry is written but not signed yet. Ask again in a few seconds."
        raise NotInTree(message)
    words = None if row.key_wrapped is None else open_words(row, sealer())
    words_hash = hash_words(*words) if words else bytes(row.words_hash)
    commitment = bytes(row.commitment)
    if commit(words_hash, head_of(row)) != commitment:
        message = "The words of this entry are not those that were signed. Verify the ledger."
        raise LedgerDamaged(message)
    checkpoint = parse_checkpoint(state.checkpoint)
    tree = Tree(Tiles(settings.ENV.tiles_dir).read, state.size)
    path = inclusion_path(row.position, state.size, tree.node)
    verify_inclusion(leaf_hash(commitment), row.position, state.size, path, checkpoint.root)
    told = Receipt(
        format=RECEIPT_FORMAT,
        position=row.position,
        proof=[each.hex() for each in path],
        checkpoint=state.checkpoint,
        head=msgspec.json.decode(head_of(row)),
    )
    if words is None:
        told["words_hash"] = words_hash.hex()
    else:
        told["salt"], told["body"] = words[0].hex(), parse_body(words[1])
    return told


def open_receipt(entry_id: str) -> Receipt:
    """Return the proof of a choice or an erasure; others are nobody's to fetch by number alone.

    Raises NoSuchEntry and what `receipt` raises.
    """
    if find_kind(entry_id) not in GIVEN_BY_NUMBER:
        raise NoSuchEntry
    return receipt(entry_id)


def find_kind(entry_id: str) -> str:
    """Return of which kind an entry is, "" where there is none."""
    rows = Entry.objects.filter(public_id=entry_id).values_list("kind", flat=True)
    kind = rows.first() if is_entry_id(entry_id) else None
    return kind or ""


def list_choices(entry_id: str, *, limit: int = 11) -> tuple[EarlierChoice, ...]:
    """Return a choice and those it replaced, the newest first, as far back as words are kept.

    Raises SealBroken.
    """
    found: list[EarlierChoice] = []
    while len(found) < limit:
        row = Entry.objects.filter(public_id=entry_id, kind=ChoiceRecorded.kind).first()
        if row is None or row.key_wrapped is None:
            break
        fields = fields_of(row, sealer())
        found.append(EarlierChoice(row.public_id, row.at, said_in(fields)))
        entry_id = str(fields["before"])
    return tuple(found)


def list_choices_said(entry_ids: Collection[str]) -> Mapping[str, Choices]:
    """Return what those of the entries say that are choices, at most 200, and can be read."""
    rows = Entry.objects.filter(
        public_id__in=entry_ids, kind=ChoiceRecorded.kind, key_wrapped__isnull=False
    )
    master = sealer()
    said: dict[str, Choices] = {}
    for row in rows[:LIST_MAX]:
        with contextlib.suppress(SealBroken, BodyBroken):  # its own page tells of the damage
            said[row.public_id] = said_in(fields_of(row, master))
    return said


def fields_of(row: Entry, master: Sealer) -> dict[str, object]:
    """Return the fields in the words of an entry. Raises SealBroken, BodyBroken."""
    fields = parse_body(open_words(row, master)[1])["fields"]
    return fields if isinstance(fields, dict) else {}


def said_in(fields: Mapping[str, object]) -> Choices:
    yes, no = fields["yes"], fields["no"]
    return Choices(
        yes=frozenset(map(str, yes)) if isinstance(yes, list) else frozenset(),
        no=frozenset(map(str, no)) if isinstance(no, list) else frozenset(),
    )


def receipt_file(told: Receipt) -> bytes:
    """Return the receipt as the file that docs/verify_receipt.py takes."""
    return ENCODER.encode(told) + b"\n"


def has_entry(entry_id: str) -> bool:
    return is_entry_id(entry_id) and Entry.objects.filter(public_id=entry_id).exists()


def is_entry_id(text: str) -> bool:
    return ENTRY_ID.fullmatch(text) is not None


def open_words(row: Entry, master: Sealer) -> tuple[bytes, bytes]:
    """Return salt and body of an entry that has not expired. Raises SealBroken."""
    context = words_context(row.public_id)
    key = unwrap_key(bytes(row.key_wrapped or b""), master=master, context=context)
    words = key.open(bytes(row.body_sealed), context=context)
    return words[:SALT_BYTES], words[SALT_BYTES:]


def words_context(entry_id: str) -> bytes:
    return b"clearline.ledger.entry\n" + entry_id.encode()


def is_published() -> bool:
    """Say whether the log ever gave out a checkpoint here, whatever the database knows of it."""
    return (settings.ENV.tiles_dir / CHECKPOINT).exists()


def read_checkpoint() -> str:
    """Return the published checkpoint. Raises NoCheckpoint."""
    text = read_published(settings.ENV.tiles_dir)
    if text is None:
        message = "The ledger has not been signed yet. `clearline serve worker` signs it."
        raise NoCheckpoint(message)
    return text


def read_published(folder: Path) -> str | None:
    """Return the checkpoint as it stands in a folder, None where there is none.

    Bytes, since text mode would read a damaged line end as a whole one. What is no text is left
    in as U+FFFD, which nobody signed.
    """
    try:
        return (folder / CHECKPOINT).read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return None


def read_tile(path: str) -> bytes:
    """Return the tile at a path below `/ledger/tile/`, proved by the published checkpoint.

    Raises NoSuchTile, NoCheckpoint, TileBroken.
    """
    name = parse_tile_path(path)
    published = parse_checkpoint(read_checkpoint())
    if not name.is_within(published.size):
        message = "There is no such tile."
        raise NoSuchTile(message)
    return Tree(Tiles(settings.ENV.tiles_dir).read, published.size).proved(name, published.root)


def is_as_written(row: Entry, words_hash: bytes) -> bool:
    """Say whether an entry keeps the hash of its words, and the commitment to that and its head."""
    is_own_hash = bytes(row.words_hash) == words_hash
    return is_own_hash and bytes(row.commitment) == commit(words_hash, head_of(row))


def head_of(row: Entry) -> bytes:
    return to_head(entry_id=row.public_id, kind=row.kind, at=row.at, expires_at=row.expires_at)
