"""What the promises share: a provider of the test's own, under the default edition."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from clearline.config.init_command import make_instance
from clearline.kit.columnstore.client import ColumnStore
from tests.instance import FIRST_DAY, NAMES, publish
from tests.promises.provider import Clock, Provider, make_provider


@pytest.fixture
def form(request: pytest.FixtureRequest) -> str:
    """The form of the default edition: accept-or-decline, unless the test names it."""
    return str(getattr(request, "param", "accept"))


@pytest.fixture
def instance(form: str, tmp_path: Path, settings: Settings) -> Path:
    """A new instance as `clearline init` makes it, with its edition published."""
    folder = tmp_path / "instance"
    make_instance(folder, form=form, effective=FIRST_DAY, names=NAMES)
    publish(folder / "policy", FIRST_DAY)
    settings.ENV = settings.ENV.model_copy(update={"instance": folder})
    return folder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the site, which stands until the test moves it."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def provider(
    instance: Path, column_store: ColumnStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    assert instance.is_dir()
    monkeypatch.setattr(ColumnStore, "of_instance", lambda _: column_store)
    made = make_provider(column_store)
    yield made
    made.journal.close()
