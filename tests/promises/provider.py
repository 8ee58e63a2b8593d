"""A provider as the promises are tried on it: visits come in, its jobs run, what it keeps is read.

Visits take the way of the program: intake, journal, loader, column store. Jobs are the worker's.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.test import Client

from clearline.edge.collector.intake import (
    BEACON_PATH,
    EVENTS_PATH,
    Arrival,
    Intake,
    Refused,
    Taken,
)
from clearline.edge.collector.journal import Journal
from clearline.edge.collector.loader import Loader, LoaderOptions
from clearline.edge.collector.record import to_bytes
from clearline.edge.jobs.worker import LONG, QUICK, Lane
from clearline.kit.columnstore.client import ColumnStore
from clearline.policy.shelf import Shelf
from clearline.trust.consent.cookie import CookieSigner, VisitorOnDevice
from tests.trust.ledger.log import enter_editions

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
BEGAN = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOME = "203.0.113.77"
IMAGE = re.compile(r'<noscript>.*?background="(/c/b\.gif\?[^"]*)"', re.DOTALL)
NEEDS_STORE = "retention"


@dataclass(slots=True)
class Clock:
    """The time of day as Django tells it to views and sessions."""

    now: datetime = BEGAN

    def __call__(self) -> datetime:
        return self.now


class Line(NamedTuple):
    text: str


@dataclass(slots=True)
class Provider:
    """The instance that settings name, with the column store of the test."""

    store: ColumnStore
    intake: Intake
    loader: Loader
    journal: Journal
    told: int = field(default=0)  # visits, each with an id of its own

    def hear(self, arrival: Arrival, now: datetime) -> Taken | Refused:
        """Take one request in as the collector does, up to the journal."""
        taken = self.intake.take(arrival, now)
        if isinstance(taken, Taken) and taken.events:
            self.journal.write([to_bytes(record) for record in taken.records])
        return taken

    def script_tells(
        self,
        client: Client,
        now: datetime,
        told: Mapping[str, object] = {},
        *,
        path: str = "/rates/",
        address: str = HOME,
    ) -> Taken | Refused:
        """Let the script in somebody's browser tell of one act, a page view unless `told` says."""
        self.told += 1
        event = {"id": f"{self.told:016x}", "kind": "view", "url": settings.ENV.url + path, **told}
        sent = {**sent_by(client), b"content-type": b"text/plain"}
        body = json.dumps(event).encode()
        arrival = Arrival("POST", EVENTS_PATH, headers=sent, body=body, client_ip=address)
        return self.hear(arrival, now)

    def image_tells(self, client: Client, now: datetime, *, page: str) -> Taken | Refused:
        """Let somebody's browser without scripts fetch the image that a page of ours carries."""
        path, _, query = image_on(page).partition("?")
        assert path == BEACON_PATH
        return self.hear(Arrival("GET", path, query, sent_by(client), client_ip=HOME), now)

    def load(self, now: datetime) -> list[dict[str, object]]:
        """Bring all visits into the column store and return the rows of all, as it keeps them."""
        while self.loader.load_next(now, with_lone_tally=True):
            pass
        return self.visits()

    def visits(self) -> list[dict[str, object]]:
        lines = self.store.query("SELECT formatRow('JSONEachRow', *) FROM event ORDER BY id", Line)
        return [json.loads(line.text) for line in lines]

    def sums(self) -> list[dict[str, object]]:
        columns = "* EXCEPT (people, said_yes), hex(people), hex(said_yes)"
        sql = f"SELECT formatRow('JSONEachRow', {columns}) FROM popularity"
        return [json.loads(line.text) for line in self.store.query(sql, Line)]

    def one(self, sql: str) -> str:
        """Return the one text that a question to the column store gives."""
        ((text,),) = self.store.query(sql, Line)
        return text


def make_provider(store: ColumnStore) -> Provider:
    env = settings.ENV
    zone = ZoneInfo(env.provider.time_zone)
    return Provider(
        store=store,
        intake=Intake(
            shelf=Shelf.open(env.policy_dir, zone),
            signer=CookieSigner(env.key("choices"), is_https=env.is_https),
            own_url=env.url,
            zone=zone,
        ),
        loader=Loader(
            LoaderOptions(
                journal_dir=env.journal_dir,
                data_dir=env.data_dir,
                status_dir=env.status_dir,
                store=store,
            )
        ),
        journal=Journal.open_free(env.journal_dir, segment_bytes=64 * 1024),
    )


def sent_by(client: Client) -> dict[bytes, bytes]:
    """Return the headers that this browser sends with what the site's own pages fetch."""
    held = (f"{name}={morsel.value}" for name, morsel in client.cookies.items() if morsel.value)
    of_its_own = {
        name.removeprefix("HTTP_").replace("_", "-").lower().encode(): str(value).encode()
        for name, value in client.defaults.items()
        if name.startswith("HTTP_")
    }
    return {
        b"user-agent": FIREFOX.encode(),
        b"origin": settings.ENV.url.encode(),
        b"cookie": "; ".join(held).encode(),
        **of_its_own,
    }


def image_on(page: str) -> str:
    """Return the address of the image that a page carries for browsers without scripts."""
    (address,) = IMAGE.findall(page)
    return html.unescape(address)


def device(client: Client) -> VisitorOnDevice | None:
    """Return what the cookie says that only an acceptance sets."""
    held = {name: morsel.value for name, morsel in client.cookies.items() if morsel.value}
    key = settings.ENV.key("choices")
    return CookieSigner(key, is_https=settings.ENV.is_https).read_visitor(held)


def answer(client: Client, said: str) -> None:
    """Press a button of the prompt."""
    response = client.post("/privacy/choice/", {"answer": said, "back": "/"})
    assert response.status_code == 303, response.content.decode()


def work(now: datetime, *, with_store: bool = False) -> None:
    """Let the worker do all its regular work once; what needs the column store if asked to."""
    beats = [beat for beat in (*QUICK, *LONG) if with_store or beat.name != NEEDS_STORE]
    lane = Lane(tuple(beats), {})
    enter_editions()
    lane.run_due(now)
    assert lane.troubles == {}


def rows() -> tuple[str, ...]:
    """Return every row of every table with its table's name, bytes as text and as hexadecimal."""
    return tuple(told_rows())


def everything() -> str:
    """Return all that tables and files hold, as one text to look for words in."""
    return "\n".join((*rows(), files().decode("latin-1")))


def told_rows() -> Iterator[str]:
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                yield f"{table}: " + " ".join(map(told_value, row))


def told_value(value: object) -> str:
    if isinstance(value, memoryview | bytes):
        return f"{bytes(value).hex()} {bytes(value).decode('latin-1')}"
    return str(value)


def files() -> bytes:
    """Return all that stands in the files that the program writes while it runs."""
    paths = sorted(path for path in settings.ENV.data_dir.rglob("*") if path.is_file())
    return b"\n".join(path.read_bytes() for path in paths)
