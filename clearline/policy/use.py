"""The question put to the gate: who uses what about whom, why, and who gets it."""

from dataclasses import dataclass
from enum import StrEnum

from clearline.policy.vocabulary import (
    PROVIDER,
    Category,
    Purpose,
    Recipient,
    SubjectId,
    SubjectKind,
)


class ActorKind(StrEnum):
    """Who acts: a person themselves, one of the provider's staff, or a named job."""

    SUBJECT = "subject"
    STAFF = "staff"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it. `name` is a public id or a job's name, never a person's name."""

    kind: ActorKind
    name: str

    def __str__(self) -> str:
        """Return it as entries of the ledger name it."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Use:
    """One use of one subject's data. Every name is a member of the vocabulary, so silence shows."""

    by: Actor
    subject: SubjectId
    categories: frozenset[Category]
    purpose: Purpose
    about: SubjectKind
    recipient: Recipient = PROVIDER
