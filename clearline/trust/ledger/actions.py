"""Writing to the ledger: entries first in SQL, then into the signed tree, words gone when due."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, Self

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from clearline.kit.files import locked, replace_durably
from clearline.policy.retention import Retention
from clearline.policy.vocabulary import SubjectId
from clearline.trust.envelope import SealBroken, Sealer, new_key, wrap_key
from clearline.trust.ledger.body import (
    SALT_BYTES,
    EntryInvalid,
    Footing,
    commit,
    hash_words,
    to_body,
    to_head,
)
from clearline.trust.ledger.checkpoint import Checkpoint, Signer
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.keys import sealer, signer
from clearline.trust.ledger.loss import refuse_lost
from clearline.trust.ledger.merkle import EMPTY_ROOT
from clearline.trust.ledger.models import Entry, LogState, NewEntry
from clearline.trust.ledger.other_key import refuse_other_key
from clearline.trust.ledger.published import refuse_to_rewrite
from clearline.trust.ledger.queries import (
    EntryRef,
    find_by_source_key,
    is_as_written,
    open_words,
    read_published,
    words_context,
)
from clearline.trust.ledger.tiles import Tiles, Tree
from clearline.trust.ledger.verify import CHECKPOINT

EXPIRE_AT_ONCE: Final = 5_000


class Granted(Protocol):
    """What a yes rests on; the gate's Permit is one."""

    @property
    def clause(self) -> str: ...

    @property
    def edition(self) -> str: ...

    @property
    def kept(self) -> Retention: ...


def append(
    entry: LedgerEntry,
    *,
    subject: SubjectId | None,
    permit: Granted | None,
    now: datetime,
    source_key: str = "",
    entry_id: str = "",
) -> EntryRef:
    """Write one entry in the caller's transaction and return its public id.

    A `source_key` written before returns the first entry and adds nothing. `entry_id` is one of
    `draw_id` that somebody was told of. Raises EntryInvalid, KeyBroken.
    """
    earlier = find_by_source_key(source_key) if source_key else None
    if earlier is not None:
        return earlier
    row = Writing.start(permit, now).to_row(entry, subject, source_key, entry_id)
    if not source_key:
        Entry.objects.all().write([row])
        return EntryRef(row.public_id)
    try:
        with transaction.atomic():
            Entry.objects.all().write([row])
    except IntegrityError:
        # Another process wrote it between the look and the insert.
        earlier = find_by_source_key(source_key)
        if earlier is None:
            raise
        return earlier
    return EntryRef(row.public_id)


def draw_id() -> str:
    """Return a random public id, also for an entry that people are told of before it is written."""
    return secrets.token_hex(16)


def append_many(
    pairs: Sequence[tuple[LedgerEntry, SubjectId | None]],
    *,
    permit: Granted | None,
    now: datetime,
    source_keys: Sequence[str] = (),
) -> tuple[EntryRef, ...]:
    """Write entries in one commit, in their order, and return their public ids.

    With `source_keys`, one for each pair, those written before are left out as `append` does.
    Raises EntryInvalid, KeyBroken.
    """
    if source_keys:
        keyed = zip(pairs, source_keys, strict=True)
        with transaction.atomic():
            return tuple(
                append(entry, subject=subject, permit=permit, now=now, source_key=key)
                for (entry, subject), key in keyed
            )
    writing = Writing.start(permit, now)
    rows = [writing.to_row(entry, subject) for entry, subject in pairs]
    with transaction.atomic():
        Entry.objects.all().write(rows)
    return tuple(EntryRef(row.public_id) for row in rows)


@dataclass(frozen=True, slots=True)
class Writing:
    """What entries written at one moment share."""

    now: datetime
    footing: Footing
    kept: Retention | None  # as the clause has it that permitted what is noted
    master: Sealer

    @classmethod
    def start(cls, permit: Granted | None, now: datetime) -> Self:
        footing = Footing(permit.clause, permit.edition) if permit else Footing()
        kept = permit.kept if permit else None
        return cls(now=now, footing=footing, kept=kept, master=sealer())

    def to_row(
        self,
        entry: LedgerEntry,
        subject: SubjectId | None,
        source_key: str = "",
        entry_id: str = "",
    ) -> NewEntry:
        """Return the row of an entry: committed to, its words sealed under a key of their own.

        Raises EntryInvalid.
        """
        kept = entry.kept or self.kept
        if kept is None:
            message = f"An entry of kind {entry.kind} rests on a clause: append it with a permit."
            raise EntryInvalid(message)
        entry_id = entry_id or draw_id()
        salt, key = os.urandom(SALT_BYTES), new_key()
        expires_at = kept.end(self.now)
        body = to_body(entry, subject=subject, footing=self.footing)
        head = to_head(entry_id=entry_id, kind=entry.kind, at=self.now, expires_at=expires_at)
        words_hash = hash_words(salt, body)
        context = words_context(entry_id)
        return NewEntry(
            public_id=entry_id,
            at=self.now,
            kind=entry.kind,
            source_key=source_key or None,
            words_hash=words_hash,
            commitment=commit(words_hash, head),
            body_sealed=Sealer(key).seal(salt + body, context=context),
            key_wrapped=wrap_key(key, master=self.master, context=context),
            expires_at=expires_at,
            subject=subject,
        )


def integrate(*, now: datetime, rows_max: int = 10_000) -> int:
    """Give waiting entries their places in the tree, sign and publish it; return how many.

    One integrator works at a time; a crash at any point is made good by the next call, and what
    was published is never rewritten. Raises LedgerBroken where entries were lost,
    OtherKey, LogWouldBeRewritten, TileBroken, KeyBroken, PolicyBroken, OSError.
    """
    folder = Path(settings.ENV.tiles_dir)
    if is_up_to_date(folder):
        return 0
    with transaction.atomic(durable=True):
        own = signer()  # read once: the key that is looked at is the one that signs
        LogState.objects.get_or_create(pk=1)
        state = LogState.objects.select_for_update().get(pk=1)
        refuse_lost()
        refuse_other_key(own)
        refuse_to_rewrite(state, folder, own)
        folder.mkdir(parents=True, exist_ok=True)
        old_size = state.size
        rows = Entry.objects.waiting().values_list("number", "commitment")
        waiting = [(number, bytes(commitment)) for number, commitment in rows[:rows_max]]
        if waiting or is_signed_otherwise(state, own):
            tree = Tiles(folder).grow(old_size, [commitment for _, commitment in waiting])
            give_places(old_size, [number for number, _ in waiting])
            sign(state, tree, own, now)
    publish(folder)
    Tiles(folder).forget_partial(old_size, state.size)
    return len(waiting)


def is_up_to_date(folder: Path) -> bool:
    """Say whether nothing waits and what was signed last is published under the log's name."""
    state = LogState.objects.filter(pk=1).first()
    return (
        state is not None
        and not is_signed_otherwise(state, signer())
        and read_published(folder) == state.checkpoint
        and not Entry.objects.waiting().exists()
    )


def is_signed_otherwise(state: LogState, own: Signer) -> bool:
    """Say whether the last checkpoint is missing or stands under another name."""
    return not state.checkpoint.startswith(own.name + "\n")


def give_places(size: int, numbers: Sequence[int]) -> None:
    """Give entries the places from `size` on, in their order: one update for each unbroken run."""
    start = 0
    while start < len(numbers):
        end = start + 1
        while end < len(numbers) and numbers[end] == numbers[end - 1] + 1:
            end += 1
        run = Entry.objects.filter(number__gte=numbers[start], number__lte=numbers[end - 1])
        run.update(position=F("number") + (size + start - numbers[start]))
        start = end


def sign(state: LogState, tree: Tree, own: Signer, now: datetime) -> None:
    root = tree.root() if tree.size else EMPTY_ROOT
    state.size = tree.size
    state.checkpoint = own.sign(Checkpoint(own.name, tree.size, root))
    state.signed_at = now
    state.save(update_fields=["size", "checkpoint", "signed_at"])


def publish(folder: Path) -> None:
    """Replace the published checkpoint by the one signed last, whoever signed it."""
    with locked(folder / "lock"):
        # Read under the lock: an older checkpoint must not take the place of a newer one.
        text = LogState.objects.values_list("checkpoint", flat=True).get(pk=1)
        if read_published(folder) != text:
            replace_durably(folder / CHECKPOINT, text.encode())


def expire_bodies(*, now: datetime) -> int:
    """Destroy the words of entries whose time is over; return how many.

    Key, sealed body, subject and source key go; head, hash of the words, commitment and place
    stay, so every proof still holds and anyone can see that the words were due to go. An entry
    whose proof would not hold without them is left, and Health tells of it. Raises KeyBroken.
    """
    total, left, master = 0, 0, sealer()
    while True:
        due = Entry.objects.expired(now).order_by("expires_at", "number")
        some = list(due[left : left + EXPIRE_AT_ONCE])
        if not some:
            return total
        numbers = [row.number for row in some if holds_without_words(row, master)]
        left += len(some) - len(numbers)
        with transaction.atomic():
            total += Entry.objects.filter(number__in=numbers).update(
                key_wrapped=None, body_sealed=b"", subject=None, source_key=None
            )


def holds_without_words(row: Entry, master: Sealer) -> bool:
    """Say whether what stays of an entry proves it once its words are gone.

    Words that nothing opens can mend nothing: then the hash alone has to fit the commitment.
    """
    try:
        words_hash = hash_words(*open_words(row, master))
    except SealBroken:
        words_hash = bytes(row.words_hash)
    return is_as_written(row, words_hash)
