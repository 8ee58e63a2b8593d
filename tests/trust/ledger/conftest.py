"""An instance of its own for each test, so that no test sees another's tree."""

import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.trust.ledger.log import Log


@pytest.fixture
def log(tmp_path: Path, settings: Settings) -> Log:
    """Return a ledger with nothing in it, of a provider who published nothing yet."""
    return move(settings, tmp_path, "keys")


@pytest.fixture
def policy_log(tmp_path: Path, settings: Settings) -> Log:
    """Return a ledger with nothing in it, of a provider whose policy is in force."""
    return move(settings, tmp_path, "keys", "policy")


def move(settings: Settings, tmp_path: Path, *folders: str) -> Log:
    for folder in folders:
        shutil.copytree(settings.ENV.instance / folder, tmp_path / "instance" / folder)
    settings.ENV = settings.ENV.model_copy(update={"instance": tmp_path / "instance"})
    return Log(settings.ENV.tiles_dir, tmp_path)
