"""An instance of its own for each test, so that no test sees another's tree."""

import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.trust.ledger.log import Log


@pytest.fixture
def log(tmp_path: Path, settings: Settings) -> Log:
    """Return a ledger with nothing in it."""
    for folder in ("keys", "policy"):
        shutil.copytree(settings.ENV.instance / folder, tmp_path / "instance" / folder)
    settings.ENV = settings.ENV.model_copy(update={"instance": tmp_path / "instance"})
    return Log(settings.ENV.tiles_dir, tmp_path)
