"""An instance with keys of its own, and a table with protected columns, for each test."""

import shutil
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from clearline.trust.vault.keyring import WARM
from tests.trust.vault.notes import Note


@pytest.fixture
def keys(tmp_path: Path, settings: Settings) -> Path:
    """Return the folder of the instance's keys; `data/` beside it is empty."""
    instance = tmp_path / "instance"
    shutil.copytree(settings.ENV.instance / "keys", instance / "keys")
    (instance / "data").mkdir()
    settings.ENV = settings.ENV.model_copy(update={"instance": instance})
    WARM.keys.clear()
    return instance / "keys"


@pytest.fixture
def notes(keys: Path, db: None) -> None:
    """Make the table of notes, inside the test's own transaction."""
    sql, params = connection.schema_editor().table_sql(Note)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
