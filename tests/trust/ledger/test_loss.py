"""A ledger that does not know an edition that was published has lost entries."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection

from clearline.trust.ledger.loss import has_tables, tell_loss
from tests.trust.ledger.log import enter_edition

FIRST = date(2026, 1, 1)


@pytest.mark.django_db
def test_a_ledger_that_knows_every_published_edition_lost_none() -> None:
    enter_edition("a" * 64)
    enter_edition("b" * 64)

    assert tell_loss([]) == ""
    assert tell_loss([(FIRST, "a" * 64), (date(2026, 2, 1), "b" * 64)]) == ""


@pytest.mark.django_db
def test_an_edition_that_the_ledger_does_not_know_is_told_by_its_day() -> None:
    enter_edition("a" * 64)

    told = tell_loss([(date(2026, 2, 1), "b" * 64), (FIRST, "a" * 64)])

    assert "(2026-02-01)" in told
    assert "entries were lost" in told


@pytest.mark.django_db
def test_of_many_lost_editions_the_first_days_are_told_and_the_rest_counted() -> None:
    listed = [(FIRST + timedelta(days=day), f"{day:064x}") for day in range(5)]

    assert "(2026-01-01, 2026-01-02, 2026-01-03 and 2 more)" in tell_loss(listed)


@pytest.mark.django_db
def test_to_look_for_a_lost_database_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clearline.sqlite3"
    assert has_tables()
    monkeypatch.setattr(connection, "vendor", "sqlite")
    monkeypatch.setitem(connection.settings_dict, "NAME", file)

    assert "entries were lost" in tell_loss([(FIRST, "a" * 64)])
    assert not has_tables()
    assert not file.exists()
