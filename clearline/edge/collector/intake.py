"""From one HTTP request to events worth keeping, or a refusal. Never raises, whatever arrives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import msgspec

from clearline.policy.choices import NOTHING_CHOSEN
from clearline.policy.compile import CompiledPolicy
from clearline.policy.shelf import NoEditionInForce, Shelf
from clearline.reach.visitors.admit import (
    QUIET,
    Drop,
    Footing,
    Glance,
    admit,
    cut_address,
    find_footing,
)
from clearline.reach.visitors.agents import agent_of
from clearline.reach.visitors.event import Kind, ReferrerClass, StoredEvent, ToldEvent
from clearline.reach.visitors.names import Names
from clearline.reach.visitors.visits import Visits
from clearline.trust.consent.cookie import CookieSigner

EVENTS_PATH: Final = "/c/e"
BEACON_PATH: Final = "/c/b.gif"

BODY_BYTES_MAX: Final = 64 * 1024
QUERY_LENGTH_MAX: Final = 8 * 1024
EVENTS_MAX: Final = 50
QUERY_FIELDS_MAX: Final = 16
FOOTINGS_MAX: Final = 8192  # of at most 4 kB each
COOKIES_CACHED_MAX: Final = 4096

CONTENT_TYPES: Final = frozenset({"application/json", "text/plain"})
SAME_ORIGIN: Final = frozenset({"", "same-origin", "none"})
HEADERS_READ: Final = frozenset(
    {"content-type", "cookie", "origin", "sec-fetch-site", "sec-gpc", "sec-purpose"}
    | {"purpose", "user-agent"}
)


class Refusal(StrEnum):
    """Why a whole request is turned away; the value is what the health page counts it under."""

    WRONG_METHOD = "wrong_method"
    NO_SUCH_PATH = "no_such_path"
    WRONG_ORIGIN = "wrong_origin"
    CROSS_SITE = "cross_site"
    WRONG_TYPE = "wrong_type"
    TOO_BIG = "too_big"
    TOO_SLOW = "too_slow"
    TOO_MANY_HEADERS = "too_many_headers"
    TOO_MANY_EVENTS = "too_many_events"
    MALFORMED = "malformed"
    NO_EDITION = "no_edition"
    DISK_FULL = "disk_full"
    TOO_BUSY = "too_busy"


STATUS: Final[Mapping[Refusal | Drop, int]] = {
    **dict.fromkeys(Drop, 400),
    Refusal.WRONG_METHOD: 405,
    Refusal.NO_SUCH_PATH: 404,
    Refusal.WRONG_ORIGIN: 403,
    Refusal.CROSS_SITE: 403,
    Refusal.WRONG_TYPE: 415,
    Refusal.TOO_BIG: 413,
    Refusal.TOO_SLOW: 408,
    Refusal.TOO_MANY_HEADERS: 431,
    Refusal.TOO_MANY_EVENTS: 413,
    Refusal.MALFORMED: 400,
    Refusal.NO_EDITION: 503,
    Refusal.DISK_FULL: 503,
    Refusal.TOO_BUSY: 503,
}

Told: TypeAlias = ToldEvent | list[ToldEvent]
READER: Final = msgspec.json.Decoder(Told)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request. `client_ip` is cut on arrival (/24, /48): the whole address is never held."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    client_ip: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "client_ip", cut_address(self.client_ip))


@dataclass(frozen=True, slots=True)
class Taken:
    """Events to keep, with the edition and clause they rest on, and how many were dropped why."""

    edition: str
    clause: str
    events: tuple[StoredEvent, ...]
    dropped: Mapping[Drop, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing of the request is kept."""

    status: int
    reason: Refusal | Drop


class Intake:
    """Takes requests in. One for each process: it remembers visits and choices, within bounds."""

    def __init__(
        self,
        *,
        shelf: Shelf,
        signer: CookieSigner,
        own_url: str,
        zone: ZoneInfo,
    ) -> None:
        self.shelf = shelf
        self.signer = signer
        self.own_url = own_url
        self.zone = zone
        self.visits = Visits()
        self.names = {name: Names() for name in ("service", "name", "referrer", "campaign")}
        self.names["page"] = Names(overflow="/other")
        self.policy: CompiledPolicy | None = None
        self.footings: dict[tuple[str, bool], Footing | None] = {}

    def take(self, arrival: Arrival, now: datetime) -> Taken | Refused:
        """Return what is to be kept of one request at the moment `now`, or why nothing is."""
        told = self.read(arrival)
        if isinstance(told, Refusal):
            return refuse(told)
        try:
            policy = self.shelf.in_force(now)
        except NoEditionInForce:
            return refuse(Refusal.NO_EDITION)
        glance = self.look(arrival, policy, now)
        kept: list[StoredEvent] = []
        dropped: dict[Drop, int] = {}
        for event in told:
            result = admit(event, glance)
            if isinstance(result, Drop):
                dropped[result] = dropped.get(result, 0) + 1
            else:
                kept.append(self.within_bounds(result))
        if not kept and not QUIET.issuperset(dropped):
            return refuse(next(reason for reason in dropped if reason not in QUIET))
        clause = glance.footing.clause if kept and glance.footing is not None else ""
        events = self.mark_start(kept, arrival, glance)
        return Taken(policy.edition.date.isoformat(), clause, events, dropped)

    def read(self, arrival: Arrival) -> tuple[ToldEvent, ...] | Refusal:
        """Return the events that a request tells of, typed, their texts not yet looked at."""
        refusal = refuse_stranger(arrival.headers, self.own_url)
        if refusal is not None:
            return refusal
        if arrival.path == EVENTS_PATH:
            return read_body(arrival)
        return read_query(arrival) if arrival.path == BEACON_PATH else Refusal.NO_SUCH_PATH

    def look(self, arrival: Arrival, policy: CompiledPolicy, now: datetime) -> Glance:
        headers = arrival.headers
        purpose = headers.get("sec-purpose", "") or headers.get("purpose", "")
        return Glance(
            own_url=self.own_url,
            zone=self.zone,
            now_ms=int(now.timestamp() * 1000),
            agent=agent_of(headers.get("user-agent", "")),
            is_prefetch="prefetch" in purpose.lower(),
            footing=self.footing(
                policy, headers.get("cookie", ""), is_gpc=headers.get("sec-gpc") == "1"
            ),
        )

    def footing(self, policy: CompiledPolicy, cookies: str, *, is_gpc: bool) -> Footing | None:
        """Return what events of whoever sends these cookies may rest on, remembered by edition."""
        if policy is not self.policy or len(self.footings) >= FOOTINGS_MAX:
            self.policy, self.footings = policy, {}
        key = (cookies, is_gpc)
        if key in self.footings:
            return self.footings[key]
        named = read_cookies(cookies)
        chosen = self.signer.read_choices(named)
        visitor = self.signer.read_visitor(named)
        choices = NOTHING_CHOSEN if chosen is None else chosen.choices
        footing = find_footing(
            policy,
            choices.under_gpc() if is_gpc else choices,
            0 if visitor is None else visitor.id,
        )
        if len(cookies) <= COOKIES_CACHED_MAX:
            self.footings[key] = footing
        return footing

    def within_bounds(self, event: StoredEvent) -> StoredEvent:
        """Return the event with names that the day still has room for."""
        changed = {
            column: kept
            for column, names in self.names.items()
            if (kept := names.keep(getattr(event, column), event.day)) != getattr(event, column)
        }
        return msgspec.structs.replace(event, **changed) if changed else event

    def mark_start(
        self, kept: list[StoredEvent], arrival: Arrival, glance: Glance
    ) -> tuple[StoredEvent, ...]:
        """Mark the first page view as the start of a visit, if nothing was heard for a while."""
        if not kept:
            return ()
        views = [index for index, event in enumerate(kept) if event.kind is Kind.VIEW]
        first = kept[views[0]] if views else kept[0]
        key = first.visitor or self.visits.key_of(
            arrival.client_ip, arrival.headers.get("user-agent", ""), first.day
        )
        is_inside = first.referrer_class is ReferrerClass.INTERNAL or not views
        if self.visits.begins(key, glance.now_ms, is_from_inside=is_inside) and views:
            kept[views[0]] = msgspec.structs.replace(first, starts=1)
        return tuple(kept)


def refuse(reason: Refusal | Drop) -> Refused:
    return Refused(STATUS[reason], reason)


def refuse_stranger(headers: Mapping[str, str], own_url: str) -> Refusal | None:
    """Return why a page that is not ours may not tell of visits to ours."""
    if headers.get("origin", own_url) != own_url:
        return Refusal.WRONG_ORIGIN
    if headers.get("sec-fetch-site", "") not in SAME_ORIGIN:
        return Refusal.CROSS_SITE
    return None


def read_body(arrival: Arrival) -> tuple[ToldEvent, ...] | Refusal:
    if arrival.method != "POST":
        return Refusal.WRONG_METHOD
    if arrival.headers.get("content-type", "").partition(";")[0].strip().lower() not in (
        CONTENT_TYPES
    ):
        return Refusal.WRONG_TYPE
    if len(arrival.body) > BODY_BYTES_MAX:
        return Refusal.TOO_BIG
    try:
        told = READER.decode(arrival.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal.MALFORMED
    events = tuple(told) if isinstance(told, list) else (told,)
    if len(events) > EVENTS_MAX:
        return Refusal.TOO_MANY_EVENTS
    return events or Refusal.MALFORMED


def read_query(arrival: Arrival) -> tuple[ToldEvent, ...] | Refusal:
    """Read the beacon: a page view told by the address of an image."""
    if arrival.method != "GET":
        return Refusal.WRONG_METHOD
    if len(arrival.query) > QUERY_LENGTH_MAX:
        return Refusal.TOO_BIG
    try:
        fields = dict(parse_qsl(arrival.query, max_num_fields=QUERY_FIELDS_MAX))
    except ValueError:
        return Refusal.MALFORMED
    if "id" not in fields or "url" not in fields:
        return Refusal.MALFORMED
    return (
        ToldEvent(
            id=fields["id"],
            kind=Kind.VIEW,
            url=fields["url"],
            referrer=fields.get("referrer", ""),
            service=fields.get("service", ""),
        ),
    )


def read_cookies(header: str) -> dict[str, str]:
    """Return cookies by name; of a name that comes twice the first, as browsers put ours first."""
    named: dict[str, str] = {}
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        named.setdefault(name.strip(), value.strip())
    return named
