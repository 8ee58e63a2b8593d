"""Destroying people's keys so that no backup brings them back, and changing the master key."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import models, transaction

from clearline.kit.errors import Conflict
from clearline.kit.files import locked, sync_file
from clearline.policy.vocabulary import SubjectId
from clearline.trust.envelope import unwrap_key_bytes, wrap_key
from clearline.trust.vault import masters
from clearline.trust.vault.fields import Personal
from clearline.trust.vault.keyring import WARM, context_of, keys_dir, keys_to_seal
from clearline.trust.vault.models import PersonKey

ROWS_AT_ONCE: Final = 500
ERASED: Final = "erased"  # in data/: keep the newest beside every backup


class MasterInUse(Conflict):
    """Keys of people still rest on this master key."""

    code = "master_in_use"


def seal_many(rows: Sequence[models.Model]) -> None:
    """Seal the protected columns of rows that are to be written in bulk, of many people at once.

    Keys that are missing are made in one insert, in the caller's transaction. What is sealed
    already stays. Raises TooLong, PersonErased, KeyBroken.
    """
    columns = {
        kind: [each for each in kind._meta.concrete_fields if isinstance(each, Personal)]  # noqa: SLF001  # Django's own name for it
        for kind in {type(row) for row in rows}
    }
    waiting = [
        (row, column)
        for row in rows
        for column in columns[type(row)]
        if isinstance(getattr(row, column.attname), str)
    ]
    keys = keys_to_seal(SubjectId(getattr(row, column.of)) for row, column in waiting)
    for row, column in waiting:
        subject = SubjectId(getattr(row, column.of))
        sealed = column.seal(getattr(row, column.attname), subject, keys[subject])
        setattr(row, column.attname, sealed)


def erase_person(subject: SubjectId, *, now: datetime) -> bool:
    """Destroy a person's key in the caller's transaction; return whether there was one.

    What it sealed is unreadable for ever, at once in this process and within a minute in others.
    A job puts the person on the list of the erased (`list_erased`).
    """
    gone = PersonKey.objects.filter(subject=subject, key_wrapped__isnull=False).update(
        key_wrapped=None, erased_at=now
    )
    WARM.forget(subject)
    transaction.on_commit(lambda: WARM.forget(subject))
    return bool(gone)


def list_erased() -> int:
    """Write erased people to the list that a restore goes by, durably; return how many are new.

    A crash between file and database writes some twice, which does no harm.
    """
    path, total = erased_path(), 0
    with locked(path.with_name(f"{ERASED}.lock")):
        while rows := list(
            PersonKey.objects.filter(erased_at__isnull=False, is_listed=False)[:ROWS_AT_ONCE]
        ):
            with path.open("a", encoding="ascii") as file:
                file.writelines(f"{row.subject}\n" for row in rows)
            path.chmod(0o600)
            sync_file(path)
            PersonKey.objects.filter(pk__in=[row.pk for row in rows]).update(is_listed=True)
            total += len(rows)
    return total


def replay_erasures(*, now: datetime) -> int:
    """Destroy the keys of all on the list that a restored backup brought back; return how many."""
    total = 0
    for subjects in in_lots(read_erased()):
        back = PersonKey.objects.filter(subject__in=subjects, key_wrapped__isnull=False)
        total += back.update(key_wrapped=None, erased_at=now, is_listed=True)
    return total


def read_erased() -> Iterator[str]:
    try:
        with erased_path().open(encoding="ascii") as file:
            yield from (line.strip() for line in file)
    except FileNotFoundError:
        return


def in_lots(subjects: Iterator[str]) -> Iterator[list[str]]:
    lot: list[str] = []
    for subject in subjects:
        lot.append(subject)
        if len(lot) == ROWS_AT_ONCE:
            yield lot
            lot = []
    if lot:
        yield lot


def erased_path() -> Path:
    return Path(settings.ENV.data_dir) / ERASED


@dataclass(frozen=True, slots=True)
class Rotated:
    """The number of the master key in use, and how many people's keys it took over."""

    number: int
    wrapped: int


def rotate(*, tell: Callable[[int, int], None]) -> Rotated:
    """Wrap every person's key by a new master key while the site serves.

    A rotation that was cut short goes on where it stood. `tell(done, all)` hears of each 500.
    The old key file stays until `retire`: backups made before need it. Raises KeyBroken,
    SealBroken.
    """
    keys = keys_dir()
    number = masters.newest(keys)
    if not older_than(number).exists():
        number = masters.make_next(keys)
    total, done = older_than(number).count(), 0
    while moved := rewrap_some(number):
        done += moved
        tell(done, max(done, total))
    return Rotated(number, done)


def rewrap_some(number: int) -> int:
    keys = keys_dir()
    new = masters.master(keys, number)
    with transaction.atomic():
        rows = list(older_than(number).select_for_update().order_by("id")[:ROWS_AT_ONCE])
        for row in rows:
            context = context_of(SubjectId(row.subject))
            old = masters.master(keys, row.master)
            key = unwrap_key_bytes(bytes(row.key_wrapped or b""), master=old, context=context)
            row.key_wrapped, row.master = wrap_key(key, master=new, context=context), number
        PersonKey.objects.bulk_update(rows, ["key_wrapped", "master"])
    return len(rows)


def older_than(number: int) -> models.QuerySet[PersonKey]:
    return PersonKey.objects.filter(master__lt=number, key_wrapped__isnull=False)


def retire() -> list[int]:
    """Delete the master keys before the newest, and return their numbers.

    What backups made before the rotation hold is then shut for ever. Raises MasterInUse.
    """
    keys = keys_dir()
    newest = masters.newest(keys)
    if older_than(newest).exists():
        message = "A rotation is not finished: run `clearline vault rotate` first."
        raise MasterInUse(message)
    old = [number for number in masters.numbers(keys) if number < newest]
    for number in old:
        masters.remove(keys, number)
    return old
