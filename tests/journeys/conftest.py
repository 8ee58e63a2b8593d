"""The provider and the browser that journeys of one file share, when no day has to pass."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser

from tests.journeys.browser import chromium
from tests.journeys.provider import RunningProvider

AT_THE_PROVIDER = ZoneInfo("America/New_York")  # as `init` writes it


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    running = RunningProvider(tmp_path_factory.mktemp("provider") / "instance")
    now = datetime.now(UTC)
    running.make(effective=now.astimezone(AT_THE_PROVIDER).date(), at=now)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as running:
        yield running
