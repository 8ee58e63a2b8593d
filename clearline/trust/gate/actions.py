"""Asking the gate: a yes is a permit, a no is written down before it is said."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from django.db import transaction

from clearline.kit.errors import Denied
from clearline.policy.choices import Choices
from clearline.policy.compile import CompiledPolicy
from clearline.policy.use import Use
from clearline.trust.gate.decide import Outcome, Verdict, decide
from clearline.trust.gate.permit import SEAL, Permit
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.uses import UseDenied as UseDeniedEntry

COMMIT_EVERY: Final = 1_000  # denials of a list, per transaction


class UseDenied(Denied):
    """The policy or the person's choices do not permit the use. The denial stands in the ledger."""

    code = "use_denied"

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.otherwise or "Our privacy policy does not permit this.")
        self.verdict = verdict


class AskedInsideTransaction(RuntimeError):
    """A programmer's mistake: a denial must outlive whatever the caller rolls back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer to one use of a list: a permit, or the verdict that refused it."""

    use: Use
    permit: Permit | None
    verdict: Verdict


def ask(*, use: Use, choices: Choices, now: datetime) -> Permit:
    """Return a permit for one use, or write the denial down and raise.

    Stands before the caller's transaction; the yes is written with the caller's own entry.
    Raises UseDenied, NoEditionInForce, AskedInsideTransaction.
    """
    refuse_inside_transaction()
    policy = policy_in_force(now)
    verdict = decide(policy=policy, use=use, choices=choices)
    if verdict.outcome is Outcome.YES:
        return make_permit(policy, use, verdict, now)
    with transaction.atomic(durable=True):
        ledger.append(denial_of(policy, use, verdict), subject=use.subject, permit=None, now=now)
    raise UseDenied(verdict)


def ask_many(*, uses: Iterable[tuple[Use, Choices]], now: datetime) -> Iterator[Asked]:
    """Yield the answer to each use of a list, in its order, denials written 1,000 at a time.

    A permit is made when it is yielded, so it must be used before the next is taken. Raises
    NoEditionInForce, AskedInsideTransaction.
    """
    refuse_inside_transaction()
    policy = policy_in_force(now)
    waiting = iter(uses)
    while some := list(islice(waiting, COMMIT_EVERY)):
        verdicts = [decide(policy=policy, use=use, choices=choices) for use, choices in some]
        pairs = [(use, verdict) for (use, _), verdict in zip(some, verdicts, strict=True)]
        write_denials(policy, pairs, now)
        for use, verdict in pairs:
            is_yes = verdict.outcome is Outcome.YES
            yield Asked(use, make_permit(policy, use, verdict, now) if is_yes else None, verdict)


def write_denials(
    policy: CompiledPolicy, pairs: Sequence[tuple[Use, Verdict]], now: datetime
) -> None:
    denied = [
        (denial_of(policy, use, verdict), use.subject)
        for use, verdict in pairs
        if verdict.outcome is Outcome.NO
    ]
    if denied:
        with transaction.atomic(durable=True):
            ledger.append_many(denied, permit=None, now=now)


def refuse_inside_transaction() -> None:
    # atomic(durable=True) raises in the same case, but only for a denial: a yes would hide it.
    connection = transaction.get_connection()
    if connection.in_atomic_block and not connection.atomic_blocks[-1]._from_testcase:  # noqa: SLF001
        message = "ask the gate before the transaction, so that a denial survives a rollback"
        raise AskedInsideTransaction(message)


def make_permit(policy: CompiledPolicy, use: Use, verdict: Verdict, now: datetime) -> Permit:
    clause = next(each for each in policy.edition.clauses if each.id == verdict.clause)
    return Permit(
        clause=clause.id,
        edition=policy.edition.date.isoformat(),
        kept=clause.kept,
        subject=use.subject,
        categories=use.categories,
        recipient=use.recipient,
        issued_at=now,
        seal=SEAL,
    )


def denial_of(policy: CompiledPolicy, use: Use, verdict: Verdict) -> UseDeniedEntry:
    return UseDeniedEntry(
        purpose=use.purpose,
        categories=tuple(sorted(use.categories)),
        recipient=str(use.recipient),
        by=f"{use.by.kind}:{use.by.name}",
        reason=verdict.reason,
        clause=verdict.clause or "",
        edition=policy.edition.date.isoformat(),
    )
