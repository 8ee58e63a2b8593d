"""People of the journeys: opening an account by the app, signing in, and what they leave."""

from collections.abc import Iterator
from datetime import datetime

import httpx
from playwright.sync_api import Page

from clearline.kit.columnstore.client import ColumnStore, StorePlace
from tests.hunt.personas import Persona
from tests.hunt.places import Piece, cells_of_sqlite, files_under, rows_of_events
from tests.journeys.provider import AT_THE_PROVIDER, RunningProvider


def left_by(provider: RunningProvider) -> Iterator[Piece]:
    """Yield all that stands in the tables, files, logs and events of an instance that runs."""
    data = provider.instance / "data"
    yield from cells_of_sqlite(data / "clearline.sqlite3")
    yield from files_under(provider.instance)
    yield from rows_of_events(ColumnStore(StorePlace(data)))


def sign_up(provider: RunningProvider, who: Persona) -> None:
    """Open an account by the app; how pages do it is another journey."""
    told = {
        "user_id": who.user_id,
        "password": who.password,
        "name": who.name,
        "email": who.email,
        "screen_name": who.screen_name,
        "age_range": "18_or_over",
        "agreed_edition": datetime.now(AT_THE_PROVIDER).date().isoformat(),
    }
    httpx.post(f"{provider.url}/api/v1/sign-up", json=told, timeout=30).raise_for_status()


def sign_in(page: Page, provider: RunningProvider, who: Persona) -> None:
    page.goto(f"{provider.url}/")
    page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    page.get_by_label("User ID").fill(who.user_id)
    page.get_by_label("Password").fill(who.password)
    page.get_by_role("button", name="Sign in").click()
