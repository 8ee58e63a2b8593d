"""The provider and the browser that journeys of one file share, when no day has to pass."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from tests.journeys.browser import chromium
from tests.journeys.provider import RunningProvider


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    running = RunningProvider(tmp_path_factory.mktemp("provider") / "instance")
    today = datetime.now(UTC)
    running.make(effective=today.date(), at=today)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as running:
        yield running
