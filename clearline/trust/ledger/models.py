"""The rows behind the ledger: entries, and how far the tree has come."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final, NamedTuple, Self

from django.db import connection, models
from django.db.models import Q

from clearline.policy.vocabulary import Category

INSERT: Final = """INSERT INTO ledger_entry
    (public_id, at, kind, source_key, words_hash, commitment, body_sealed, key_wrapped,
     expires_at, subject)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class NewEntry(NamedTuple):
    """The columns of an entry as it is written, in the order of INSERT; the rest come later."""

    public_id: str
    at: datetime
    kind: str
    source_key: str | None
    words_hash: bytes
    commitment: bytes
    body_sealed: bytes
    key_wrapped: bytes
    expires_at: datetime
    subject: str | None


class EntryRows(models.QuerySet["Entry"]):
    def write(self, rows: Sequence[NewEntry]) -> None:
        """Insert entries in their order, in the caller's transaction. Raises IntegrityError.

        One statement in plain SQL: going through model instances took five times as long.
        """
        adapt = connection.ops.adapt_datetimefield_value
        differing = {row.at for row in rows} | {row.expires_at for row in rows}
        moments = {moment: adapt(moment) for moment in differing}
        told = [
            tuple(moments[each] if isinstance(each, datetime) else each for each in row)
            for row in rows
        ]
        with connection.cursor() as cursor:
            cursor.executemany(INSERT, told)

    def waiting(self) -> Self:
        """Return what has no place in the tree yet, the oldest first."""
        return self.filter(position__isnull=True).order_by("number")

    def expired(self, now: datetime) -> Self:
        """Return what should not be readable any more, but is."""
        return self.filter(key_wrapped__isnull=False, expires_at__lte=now)


class Entry(models.Model):
    """One entry: commitment, head and hash of the words stay for ever, the body until `expires_at`.

    Kind, id, `at` and `expires_at` are its head, which the commitment holds, and the body holds the
    subject: a column that was changed does not verify. `source_key` alone is held by nothing: it
    only keeps one thing from being entered twice.

    The key of the body stands wrapped beside it; without that key nothing opens the body.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "number": "the order in which entries came",
        "public_id": "random",
        "at": "a moment, of nobody without the body",
        "kind": "a word of a closed list",
        "source_key": "names a batch or, by its random number, a choice; erased with the body",
        "words_hash": "a salted hash, which says nothing of the words",
        "commitment": "a salted hash, which says nothing of the entry",
        "body_sealed": Category.PRIVACY_PREFERENCES,
        "key_wrapped": "a key",
        "position": "a place in the tree",
        "expires_at": "a moment that follows from kind",
        "subject": "random and public; erased with the body",
    }

    number = models.BigAutoField(primary_key=True)
    public_id = models.CharField(max_length=32, unique=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    source_key = models.CharField(max_length=128, null=True)  # noqa: DJ001  # many have none
    words_hash = models.BinaryField(max_length=32)
    commitment = models.BinaryField(max_length=32)
    body_sealed = models.BinaryField()
    key_wrapped = models.BinaryField(max_length=60, null=True)
    position = models.BigIntegerField(null=True)
    expires_at = models.DateTimeField()
    subject = models.CharField(max_length=64, null=True)  # noqa: DJ001  # most are about nobody

    objects = EntryRows.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "at"], name="ledger_entry_kind_at"),
            models.Index(
                fields=["number"], name="ledger_entry_waiting", condition=Q(position__isnull=True)
            ),
            models.Index(
                fields=["expires_at"],
                name="ledger_entry_readable",
                condition=Q(key_wrapped__isnull=False),
            ),
            models.Index(
                fields=["subject"], name="ledger_entry_subject", condition=Q(subject__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source_key"],
                name="ledger_entry_source_key",
                condition=Q(source_key__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["position"],
                name="ledger_entry_position",
                condition=Q(position__isnull=False),
            ),
            models.CheckConstraint(condition=Q(position__gte=0), name="ledger_entry_from_zero"),
        ]


class LogState(models.Model):
    """One row: the tree as it was signed last. Whoever integrates holds its lock."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "size": "a count",
        "checkpoint": "public",
        "signed_at": "a moment of our own",
    }

    size = models.BigIntegerField(default=0)
    checkpoint = models.TextField(default="", blank=True)
    signed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_state_is_one_row")]
