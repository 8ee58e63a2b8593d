"""The client against a real store process."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from clearline.kit.columnstore.client import (
    ColumnStore,
    Parameter,
    StoreDown,
    StoreOverloaded,
    StorePlace,
    StoreRefused,
)

SENTENCE = """it's "quoted", \\ {x:String} `y` \n\t; DROP TABLE fruit -- é 🍐"""


class Fruit(NamedTuple):
    number: int
    name: str


class Counted(NamedTuple):
    rows: int


class Echo(NamedTuple):
    text: str
    many: tuple[str, ...]
    day: date


def make_fruit(store: ColumnStore) -> None:
    store.command(
        "CREATE TABLE fruit (number UInt64, name LowCardinality(String), day Date,"
        " doubled UInt64 MATERIALIZED number * 2)"
        " ENGINE = MergeTree ORDER BY number SETTINGS non_replicated_deduplication_window = 100"
    )


def insert_fruit(store: ColumnStore, *, token: str) -> None:
    rows = [(1, "pear", date(2026, 1, 1)), (2**64 - 1, SENTENCE, date(2026, 1, 2))]
    store.insert("fruit", rows, columns=("number", "name", "day"), token=token)


def test_rows_come_back_as_they_were_inserted(column_store: ColumnStore) -> None:
    make_fruit(column_store)

    insert_fruit(column_store, token="a")

    rows = column_store.query("SELECT number, name FROM fruit ORDER BY number", Fruit)
    assert rows == (Fruit(1, "pear"), Fruit(2**64 - 1, SENTENCE))


def test_a_batch_sent_again_under_its_token_counts_once(column_store: ColumnStore) -> None:
    make_fruit(column_store)

    for token in ("a", "a", "b"):
        insert_fruit(column_store, token=token)

    assert column_store.query("SELECT count() FROM fruit", Counted) == (Counted(4),)


def test_values_travel_as_values_whatever_they_say(column_store: ColumnStore) -> None:
    params: dict[str, Parameter] = {
        "text": SENTENCE,
        "many": ["'", SENTENCE],
        "day": date(2026, 2, 28),
    }

    rows = column_store.query(
        "SELECT {text:String}, {many:Array(String)}, {day:Date}", Echo, params
    )

    assert rows == (Echo(SENTENCE, ("'", SENTENCE), date(2026, 2, 28)),)


def test_columns_of_numbers_come_as_one_array(column_store: ColumnStore) -> None:
    records = column_store.query_records(
        "SELECT number, toInt32(number - 5) FROM numbers({count:UInt64})",
        np.dtype([("id", "<u8"), ("less", "<i4")]),
        {"count": 100_000},
    )

    assert records["id"].tolist() == list(range(100_000))
    assert records["less"][0] == -5


def test_a_statement_ends_at_its_time_limit_and_the_next_has_its_own(
    column_store: ColumnStore,
) -> None:
    endless = "SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) = 1"

    with pytest.raises(StoreOverloaded):
        column_store.query(endless, Counted, seconds_max=0.5)

    assert column_store.query("SELECT toUInt32(getSetting('max_execution_time'))", Counted) == (
        Counted(10),
    )


def test_a_wrong_statement_is_refused_with_its_number(column_store: ColumnStore) -> None:
    with pytest.raises(StoreRefused) as refusal:
        column_store.query("SELECT count() FROM nothing", Counted)

    assert refusal.value.number == 60


def test_a_value_that_no_column_can_hold_is_refused_and_the_store_is_not_called_down(
    column_store: ColumnStore,
) -> None:
    make_fruit(column_store)

    with pytest.raises(StoreRefused):
        column_store.insert("fruit", [(-1, "pear")], columns=("number", "name"), token="a")


def test_a_store_that_was_never_started_is_down(tmp_path: Path) -> None:
    store = ColumnStore(StorePlace(tmp_path / "nothing"))

    with pytest.raises(StoreDown):
        store.query("SELECT 1", Counted)
