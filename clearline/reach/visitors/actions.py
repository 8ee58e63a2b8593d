"""What is done with stored visits: showing figures, letting them out as a file, erasing in time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from clearline.kit.columnstore.client import ColumnStore, Parameter
from clearline.policy.choices import Choices
from clearline.policy.compile import CompiledPolicy
from clearline.policy.use import Actor, Use
from clearline.policy.vocabulary import Category, ChoiceName, Purpose, SubjectId, SubjectKind
from clearline.reach.visitors import statements
from clearline.reach.visitors.export import Format, ReportFile, as_file, query_in_words
from clearline.reach.visitors.queries import popularity_report
from clearline.reach.visitors.report import (
    ALL_OTHERS,
    ALL_WHO_AGREED,
    COUNTED,
    MEASURED,
    Report,
    ReportQuery,
)
from clearline.trust.gate import actions as gate
from clearline.trust.gate.decide import Outcome, decide
from clearline.trust.gate.permit import Permit
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.uses import ReportExported

ERASE_S_MAX: Final = 600.0
DAY: Final = timedelta(days=1)
MEASUREMENT: Final = frozenset({ChoiceName.MEASUREMENT})
SAID_YES: Final = Choices(yes=MEASUREMENT)
SAID_NO: Final = Choices(no=MEASUREMENT)


class Erased(NamedTuple):
    events: int


def show_popularity(
    store: ColumnStore, queries: Sequence[ReportQuery], *, by: Actor, now: datetime
) -> tuple[Report, ...]:
    """Return the figures of one page's questions, asking the gate once for all of them.

    They name nobody, so showing them leaves no entry of its own; a denial does. Raises
    gate.UseDenied, NoEditionInForce, StoreDown, StoreOverloaded, StoreRefused.
    """
    permits = ask(queries, by, now)

    return tuple(popularity_report(store, query, permits=permits, now=now) for query in queries)


def export_report(
    store: ColumnStore,
    query: ReportQuery,
    *,
    by: Actor,
    file_format: Format,
    loaded_until: datetime | None,
    now: datetime,
) -> ReportFile:
    """Return figures as a file, and note that they leave: who took them, which, in what form.

    `loaded_until` is the moment by which visits were loaded, None where the query's days have all.
    Days that lack some, or are not over, are compared with nothing, as on the page.

    Raises gate.UseDenied, NoEditionInForce, StoreDown, StoreOverloaded, StoreRefused.
    """
    permits = ask([query], by, now)

    report = popularity_report(store, query, permits=permits, now=now)
    today = now.astimezone(ZoneInfo(settings.ENV.provider.time_zone)).date()
    is_compared = query.end < today and loaded_until is None
    file = as_file(
        report if is_compared else report.alone(), file_format, loaded_until=loaded_until
    )

    with transaction.atomic():
        entry = ReportExported(
            report="popularity",
            query=query_in_words(query),
            by=str(by),
            format=file_format,
        )
        permit = next(iter(permits.values()))
        ledger.append(entry, subject=None, permit=permit, now=now)
    return file


def ask(queries: Sequence[ReportQuery], by: Actor, now: datetime) -> Mapping[SubjectId, Permit]:
    """Return a permit for each population that the figures are made of. Raises gate.UseDenied.

    A sum has no choices of its own. Each visit was decided by its person's choice when it was
    collected, and lies with those who agreed or with the others since. So the gate is asked as of
    people who said yes and of people who said no: does the edition in force still let us read it?
    The other of two populations is asked for where it can be had, and missed nowhere else.
    """
    read = {subject for query in queries for subject in query.reads}
    beside = {subject for query in queries for subject in query.reads_beside}
    agreed = Use(
        by,
        ALL_WHO_AGREED,
        frozenset(
            {Category.BEHAVIOR_BROWSING_HISTORY, Category.DEVICE_KIND, Category.DEVICE_COOKIE_ID}
        ),
        Purpose.ANALYTICS_REPORTING_POPULARITY,
        SubjectKind.VISITOR,
    )
    others = Use(
        by,
        ALL_OTHERS,
        frozenset({Category.BEHAVIOR_BROWSING_HISTORY, Category.DEVICE_KIND}),
        Purpose.ANALYTICS_REPORTING_POPULARITY,
        SubjectKind.VISITOR,
    )
    uses = [
        (use, said)
        for use, said in ((agreed, SAID_YES), (others, SAID_NO))
        if use.subject in read or (use.subject in beside and may(use, said, now))
    ]
    permits: dict[SubjectId, Permit] = {}
    for asked in gate.ask_many(uses=uses, now=now):
        if asked.permit is None:
            raise gate.UseDenied(asked.verdict)
        permits[asked.use.subject] = asked.permit
    return permits


def may(use: Use, said: Choices, now: datetime) -> bool:
    verdict = decide(policy=policy_in_force(now), use=use, choices=said)
    return verdict.outcome is Outcome.YES


def erase_expired(
    store: ColumnStore, policy: CompiledPolicy, *, zone: ZoneInfo, now: datetime
) -> int:
    """Erase visits on the day on which they are as old as their clause keeps them, and their sums.

    `zone` is the provider's: visits and sums lie by its days. Returns how many events went. A
    clause that the policy no longer has keeps nothing.
    Raises StoreDown, StoreOverloaded, StoreRefused. Source: `kept` of the policy in force.
    """
    here = now.astimezone(zone)
    erased = 0
    for agreed, clause_id in ((1, MEASURED), (0, COUNTED)):
        old = policy.edition.kept_from(clause_id, here).date()
        erased += erase_before(store, old + DAY, agreed)
    return erased


def erase_before(store: ColumnStore, kept_from: date, agreed: int) -> int:
    told: dict[str, Parameter] = {"kept_from": kept_from, "agreed": agreed}
    (old,) = store.query(statements.COUNT_EXPIRED_EVENTS, Erased, told)
    if old.events:
        # Sums first: after a crash between the two the events that are left bring it here again.
        for statement in (statements.ERASE_SUMS, statements.ERASE_EVENTS):
            store.command(statement, told, seconds_max=ERASE_S_MAX)
    return old.events
