"""Counting requests across all processes, and answering what is sent twice only once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from clearline.kit.errors import Conflict, Invalid
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.compile import CompiledPolicy
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, ClauseId, Purpose, SubjectId, SubjectKind
from clearline.trust.arrivals.limits import Limit, Standing, standing
from clearline.trust.arrivals.models import ArrivalCount, KeptAnswer
from clearline.trust.blind_index import blind_index
from clearline.trust.envelope import SealBroken, Sealer
from clearline.trust.gate import actions as gate

ANSWER_CLAUSE: Final = ClauseId("account.repeat")
COUNTS_KEPT: Final = timedelta(days=1)
# As long as any answer takes; what began before that came to no end that we know of.
UNDER_WAY_MAX: Final = timedelta(minutes=1)

# Who is counted holds the row that their whole network shares until the transaction ends. A count
# may be lost with the power, so nobody waits for a disk there.
WITHOUT_DISK: Final = {
    "postgresql": "SET LOCAL synchronous_commit TO OFF",
    "sqlite": "SELECT 1",  # it has no such word, and one writer at a time anyway
}

COUNT_REQUESTS: Final = Use(
    by=Actor(ActorKind.JOB, "app_requests"),
    subject=SubjectId("visitor"),
    categories=frozenset({Category.DEVICE_IP_ADDRESS}),
    purpose=Purpose.ESSENTIAL_SERVICE_SECURITY,
    about=SubjectKind.VISITOR,
)
KEEP_ANSWER: Final = Use(
    by=Actor(ActorKind.JOB, "app_requests"),
    subject=SubjectId("customer"),  # who asks, or will be one by this very request
    categories=frozenset({Category.ACCOUNT}),
    purpose=Purpose.ESSENTIAL_SERVICE_OPERATIONS,
    about=SubjectKind.CUSTOMER,
)


class KeyUsedElsewhere(Invalid):
    code = "idempotency_key_used"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key came with another request before. Take a new one for each."
        )


class StillUnderWay(Conflict):
    code = "still_under_way"

    def __init__(self) -> None:
        super().__init__("The same request is still being answered. Send it again in a moment.")


class OutcomeUnknown(Conflict):
    code = "outcome_unknown"

    def __init__(self) -> None:
        super().__init__(
            "The same request came before, and we cannot say what became of it. Look at how things "
            "stand now; if it was not done, send it again with a new Idempotency-Key."
        )


@dataclass(frozen=True, slots=True, repr=False)
class Sent:
    """A request that may come twice: the key that the app made for it, and what it asks.

    `by` is who sends it, "" for nobody known; `what` is the method, address and body.
    """

    key: str
    by: str
    what: bytes

    @property
    def key_index(self) -> bytes:
        return blind_index(b"repeat", f"{self.by}\n{self.key}")

    @property
    def asked_index(self) -> bytes:
        return blind_index(b"repeat.asked", self.what.decode("latin-1"))

    @property
    def sealer(self) -> Sealer:
        """Return what seals the answer: without the app's own key nobody can open it, not we."""
        return Sealer(blind_index(b"repeat.seal", f"{self.by}\n{self.key}"))


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What was answered."""

    status: int
    body: bytes


def count_request(limit: Limit, *, who: str, now: datetime) -> Standing:
    """Count one more request of a network, or by a sign-in of the app, and say how it stands.

    Raises gate.UseDenied, NoEditionInForce. Source: clause security.attempts.
    """
    gate.ask(use=COUNT_REQUESTS, choices=NOTHING_CHOSEN, now=now)
    index, began_at = blind_index(b"arrival", f"{limit.name}\n{who}"), limit.began_at(now)
    rows = ArrivalCount.objects.filter(who_index=index, began_at=began_at)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(WITHOUT_DISK[connection.vendor])
        if not rows.update(count=F("count") + 1):
            add_count(index, began_at)
        count = rows.values_list("count", flat=True).get()
    return standing(limit, count, now)


def add_count(index: bytes, began_at: datetime) -> None:
    """Begin to count, or count one more where somebody else began in this moment."""
    try:
        with transaction.atomic():
            ArrivalCount.objects.create(who_index=index, began_at=began_at, count=1)
    except IntegrityError:
        rows = ArrivalCount.objects.filter(who_index=index, began_at=began_at)
        rows.update(count=F("count") + 1)


def begin_answer(sent: Sent, *, now: datetime) -> Answer | None:
    """Return the answer that was given before; None when this is the first time: then answer it.

    Raises KeyUsedElsewhere, StillUnderWay, OutcomeUnknown, gate.UseDenied, NoEditionInForce.
    Source: clause account.repeat.
    """
    gate.ask(use=KEEP_ANSWER, choices=NOTHING_CHOSEN, now=now)
    row = KeptAnswer(key_index=sent.key_index, asked_index=sent.asked_index, arrived_at=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return find_answer(sent, now)
    return None


def find_answer(sent: Sent, now: datetime) -> Answer:
    row = KeptAnswer.objects.filter(key_index=sent.key_index).first()
    if row is None:
        raise StillUnderWay  # it was let go in this moment: the next try begins anew
    if bytes(row.asked_index) != sent.asked_index:
        raise KeyUsedElsewhere
    if row.answer_sealed is None:
        raise StillUnderWay if now - row.arrived_at < UNDER_WAY_MAX else OutcomeUnknown
    try:
        plain = sent.sealer.open(bytes(row.answer_sealed), context=sent.key_index)
    except SealBroken:
        raise OutcomeUnknown from None  # sealed under a key of the instance that is gone
    status, body = msgspec.msgpack.decode(plain, type=tuple[int, bytes])
    return Answer(status, body)


def keep_answer(sent: Sent, answer: Answer) -> None:
    """Keep what was answered for who sends the same again."""
    plain = msgspec.msgpack.encode((answer.status, answer.body))
    sealed = sent.sealer.seal(plain, context=sent.key_index)
    KeptAnswer.objects.filter(key_index=sent.key_index).update(answer_sealed=sealed)


def let_go(sent: Sent) -> None:
    """Forget a request that nothing came of, so that it may be sent again."""
    KeptAnswer.objects.filter(key_index=sent.key_index, answer_sealed__isnull=True).delete()


def erase_expired(policy: CompiledPolicy, *, now: datetime) -> int:
    """Erase answers as old as clause account.repeat keeps them, and counts of the day before."""
    answers = KeptAnswer.objects.filter(
        arrived_at__lte=policy.edition.kept_from(ANSWER_CLAUSE, now)
    )
    counts = ArrivalCount.objects.filter(began_at__lte=now - COUNTS_KEPT)
    return answers.delete()[0] + counts.delete()[0]
