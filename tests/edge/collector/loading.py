"""A loader run by hand, and what the store holds afterwards."""

from datetime import UTC, datetime
from typing import NamedTuple

from clearline.edge.collector.loader import Loader
from clearline.kit.columnstore.client import ColumnStore, StorePlace

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOWHERE = ColumnStore(StorePlace(url="http://127.0.0.1:1"))


class Stored(NamedTuple):
    events: int
    different: int
    views: int


def load_all(loader: Loader) -> None:
    while loader.load_next(NOW, with_lone_tally=True):
        pass


def stored(store: ColumnStore) -> Stored:
    (counts,) = store.query(
        "SELECT count(), uniqExact(id), (SELECT sum(views) FROM popularity"
        " WHERE filter = '' AND thing = 'page' AND span = 1) FROM event",
        Stored,
    )
    return counts
