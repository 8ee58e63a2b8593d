"""Reports as someone of the staff may read them: under the default edition, which is in force."""

from datetime import UTC, datetime

from clearline.kit.columnstore.client import ColumnStore
from clearline.policy.use import Actor, ActorKind
from clearline.reach.visitors import actions, queries
from clearline.reach.visitors.report import Limits, Report, ReportQuery

DANA = Actor(ActorKind.STAFF, "d" * 32)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def popularity_report(
    store: ColumnStore, query: ReportQuery, *, limits: Limits = queries.DEFAULT_LIMITS
) -> Report:
    permits = actions.ask([query], DANA, NOW)
    return queries.popularity_report(store, query, permits=permits, now=NOW, limits=limits)
