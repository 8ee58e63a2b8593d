"""The keys of people: made at the first seal, kept open for a minute, gone when erased."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from django.db import transaction

from clearline.kit.errors import NotFound, Unavailable
from clearline.policy.vocabulary import SubjectId
from clearline.trust.envelope import Sealer, new_key, unwrap_key, wrap_key
from clearline.trust.vault import masters
from clearline.trust.vault.models import PersonKey

WARM_S: Final = 60.0  # no longer than a permit lives, so an erasure elsewhere is felt as soon
WARM_MAX: Final = 20_000  # people; about 10 MB
AT_ONCE: Final = 500  # people whose keys are asked for in one statement


class PersonErased(Unavailable):
    """The person's key was destroyed: what it sealed can never be read again."""

    code = "person_erased"


class NoKey(NotFound):
    """Nothing was ever sealed for this person, or the row of their key is gone."""

    code = "no_key"


class Warm:
    """Opened keys, the least used forgotten first, all of them after a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lock = threading.Lock()
        self.keys: OrderedDict[SubjectId, tuple[float, Sealer]] = OrderedDict()

    def get(self, subject: SubjectId) -> Sealer | None:
        found = self.keys.get(subject)
        return found[1] if found and self.clock() < found[0] else None

    def put(self, subject: SubjectId, key: Sealer) -> None:
        with self.lock:
            self.keys[subject] = (self.clock() + WARM_S, key)
            self.keys.move_to_end(subject)
            while len(self.keys) > WARM_MAX:
                self.keys.popitem(last=False)

    def forget(self, subject: SubjectId) -> None:
        with self.lock:
            self.keys.pop(subject, None)


WARM: Final = Warm()


def key_of(subject: SubjectId) -> Sealer:
    """Return the key of a person. Raises PersonErased, NoKey, KeyBroken, SealBroken."""
    return WARM.get(subject) or opened(subject)


def key_to_seal(subject: SubjectId) -> Sealer:
    """Return the key of a person, made now if they have none.

    A key made in the caller's transaction goes with it when that is rolled back.
    Raises PersonErased, KeyBroken, SealBroken.
    """
    warm = WARM.get(subject)
    if warm is not None:
        return warm
    number, key = masters.newest(keys_dir()), new_key()
    wrapped = wrap_key(key, master=masters.master(keys_dir(), number), context=context_of(subject))
    PersonKey.objects.bulk_create(
        [PersonKey(subject=subject, key_wrapped=wrapped, master=number)], ignore_conflicts=True
    )
    return opened(subject)


def keys_to_seal(subjects: Iterable[SubjectId]) -> dict[SubjectId, Sealer]:
    """Return the keys of many people, made now in one insert for those who have none.

    They go with the caller's transaction when that is rolled back, and none of them is kept warm.
    Raises PersonErased, KeyBroken, SealBroken.
    """
    wanted = list(dict.fromkeys(subjects))
    number = masters.newest(keys_dir())
    master = masters.master(keys_dir(), number)
    keys = {subject: new_key() for subject in wanted}
    PersonKey.objects.bulk_create(
        (
            PersonKey(
                subject=subject,
                key_wrapped=wrap_key(key, master=master, context=context_of(subject)),
                master=number,
            )
            for subject, key in keys.items()
        ),
        batch_size=AT_ONCE,
        ignore_conflicts=True,
    )
    # Read back, because of those who had a key the new one was not taken.
    found = {row.subject: row for row in rows_of(wanted)}
    return {subject: unwrapped(found.get(subject), subject) for subject in wanted}


def find_keys(subjects: Iterable[SubjectId]) -> dict[SubjectId, Sealer]:
    """Return the keys of many people in few statements, without those who were erased.

    None of them is kept warm. Raises KeyBroken, SealBroken.
    """
    return {
        SubjectId(row.subject): unwrapped(row, SubjectId(row.subject))
        for row in rows_of(subjects)
        if row.key_wrapped is not None
    }


class KeyRow(NamedTuple):
    """What of a row opens a key. Going through model instances took twice as long."""

    subject: str
    key_wrapped: bytes | memoryview | None
    master: int


def rows_of(subjects: Iterable[SubjectId]) -> Iterator[KeyRow]:
    waiting = iter(subjects)
    while some := list(islice(waiting, AT_ONCE)):
        rows = PersonKey.objects.filter(subject__in=some)
        for row in rows.values_list("subject", "key_wrapped", "master"):
            yield KeyRow(*row)


def opened(subject: SubjectId) -> Sealer:
    key = unwrapped(next(rows_of([subject]), None), subject)
    # In a transaction that may yet be rolled back the key may never have been.
    transaction.on_commit(lambda: WARM.put(subject, key))
    return key


def unwrapped(row: KeyRow | None, subject: SubjectId) -> Sealer:
    if row is None:
        message = "Nothing is kept under this number."
        raise NoKey(message)
    if row.key_wrapped is None:
        message = "This person's data was erased."
        raise PersonErased(message)
    return unwrap_key(
        bytes(row.key_wrapped),
        master=masters.master(keys_dir(), row.master),
        context=context_of(subject),
    )


def context_of(subject: SubjectId) -> bytes:
    return b"person\n" + subject.encode()


def keys_dir() -> Path:
    return Path(settings.ENV.instance) / "keys"
