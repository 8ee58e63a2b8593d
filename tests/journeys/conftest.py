"""The provider and the browser that journeys of one file share, when no day has to pass."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from tests.hunt.hunt import hunt
from tests.hunt.words import needles_of
from tests.journeys.browser import chromium
from tests.journeys.people import left_by
from tests.journeys.provider import AT_THE_PROVIDER, RunningProvider
from tests.service.mail.post_office import Office, open_office


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
def office() -> Iterator[Office]:
    with open_office() as office:
        yield office


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")
def typed(provider: RunningProvider) -> Iterator[dict[str, str]]:
    """Take what people type; when all walks are over, none of it may stand anywhere."""
    words: dict[str, str] = {}
    yield words
    assert hunt(left_by(provider), needles_of(words)) == ()
    assert words
