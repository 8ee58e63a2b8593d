"""Requests as they arrive at the collector, and what an intake took of them."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from clearline.edge.collector.intake import (
    EVENTS_PATH,
    Arrival,
    Intake,
    Refused,
    Taken,
)
from clearline.policy.choices import Choices
from clearline.policy.shelf import Shelf
from clearline.policy.vocabulary import ChoiceName
from clearline.reach.visitors.event import StoredEvent
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner, VisitorOnDevice

OWN = "https://voice.example"
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
EFFECTIVE = date(2026, 11, 1)
SIGNER = CookieSigner(b"k" * 32, is_https=True)
ALICE = 4_711
ACCEPTED = Choices(yes=frozenset({ChoiceName.MEASUREMENT}))
DECLINED = Choices(no=frozenset({ChoiceName.MEASUREMENT}))
BROWSER = b"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
VIEW = {"id": "00000000000000a1", "kind": "view", "url": f"{OWN}/rates/"}


def make_intake(policy_dir: Path) -> Intake:
    return Intake(shelf=Shelf.open(policy_dir, ZONE), signer=SIGNER, own_url=OWN, zone=ZONE)


def cookies(choices: Choices | None, visitor: int = ALICE) -> bytes:
    """Return what the browser of someone who chose so sends; a stray visitor cookie included."""
    pairs = []
    if choices is not None:
        chosen = ChosenOnDevice(choices=choices, at=NOW, edition=EFFECTIVE, proof="0" * 32)
        pairs.append(f"__Host-cl_choices={SIGNER.write_choices(chosen)}")
    if visitor:
        known = VisitorOnDevice(id=visitor, country="", currency="", last_page="", since=NOW.date())
        pairs.append(f"__Host-cl_visitor={SIGNER.write_visitor(known)}")
    return "; ".join(pairs).encode()


def arrive(told: object, headers: Mapping[bytes, bytes] = {}, ip: str = "203.0.113.77") -> Arrival:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    sent = {
        b"content-type": b"text/plain;charset=UTF-8",
        b"user-agent": BROWSER,
        b"origin": OWN.encode(),
    }
    return Arrival(
        method="POST", path=EVENTS_PATH, headers={**sent, **headers}, body=body, client_ip=ip
    )


def taken(result: Taken | Refused) -> tuple[StoredEvent, ...]:
    assert isinstance(result, Taken), result
    return result.events


def take_one(
    intake: Intake, told: Mapping[str, object], headers: Mapping[bytes, bytes] = {}
) -> StoredEvent:
    (event,) = taken(intake.take(arrive(told, headers), NOW))
    return event
