"""From one HTTP request to events worth keeping, or a refusal. Never raises, whatever arrives."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Final, TypeAlias
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import msgspec

from clearline.edge.collector.record import Kept
from clearline.kit.network import cut_address
from clearline.policy.choices import NOTHING_CHOSEN, Choices, says_gpc
from clearline.policy.compile import CompiledPolicy
from clearline.policy.shelf import NoEditionInForce, PolicyBroken, Shelf
from clearline.policy.use import Use
from clearline.policy.vocabulary import Category, Purpose, SubjectKind
from clearline.reach.visitors.admit import (
    ANY_VISITOR,
    COLLECTOR,
    QUARTER_MS,
    QUIET,
    Drop,
    Glance,
    Sender,
    Site,
    admit,
    day_of,
    find_footing,
    find_place,
    is_older,
    may_beacon,
)
from clearline.reach.visitors.agents import agent_of
from clearline.reach.visitors.event import Kind, ReferrerClass, StoredEvent, ToldEvent
from clearline.reach.visitors.names import Names
from clearline.reach.visitors.referrers import classify
from clearline.reach.visitors.visits import Visits
from clearline.trust.consent.cookie import CookieSigner
from clearline.trust.gate.decide import Outcome, decide

EVENTS_PATH: Final = "/c/e"
BEACON_PATH: Final = "/c/b.gif"
BEACON: Final = b"beacon"
NO_HEADER: Final = b"\0"  # which no value of a header is

BODY_BYTES_MAX: Final = 64 * 1024
QUERY_LENGTH_MAX: Final = 8 * 1024
EVENTS_MAX: Final = 50
QUERY_FIELDS_MAX: Final = 16
SENDERS_MAX: Final = 8192  # remembered, each by a code of its headers
SENDERS_WINDOW: Final = timedelta(minutes=10)  # then all of them are forgotten
# Whether a visit begins, of someone not recognised: a number of the day, in memory only.
TELL_START: Final = Use(
    COLLECTOR,
    ANY_VISITOR,
    frozenset({Category.DEVICE_IP_ADDRESS, Category.DEVICE_KIND}),
    Purpose.ANALYTICS_REPORTING_POPULARITY,
    SubjectKind.VISITOR,
)
# How many new names came from one network: a number beside the cut address, in memory only.
STOP_FLOODS: Final = Use(
    COLLECTOR,
    ANY_VISITOR,
    frozenset({Category.DEVICE_IP_ADDRESS}),
    Purpose.ESSENTIAL_SERVICE_SECURITY,
    SubjectKind.VISITOR,
)

CONTENT_TYPES: Final = frozenset({b"application/json", b"text/plain"})
SAME_ORIGIN: Final = frozenset({None, b"same-origin", b"none"})
# All that is ever read of a request's head, besides the length of its body.
HEADERS_READ: Final = (
    *(b"user-agent", b"cookie", b"sec-gpc", b"origin"),
    *(b"sec-fetch-site", b"sec-purpose", b"purpose"),
)
# A backslash before the octal number of a character, or before the character itself.
QUOTED_PAIR: Final = re.compile(r"\\(?:([0-3][0-7]{2})|(.))")


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


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """One request. `client_ip` is cut on arrival (/24, /48): the whole address is never held."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[bytes, bytes] = {}  # names in lower case
    body: bytes = b""
    client_ip: str = ""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "client_ip", cut_address(self.client_ip))


class Taken(msgspec.Struct, frozen=True, gc=False):
    """What is to be kept, a record for each clause it rests on, and how many were dropped why."""

    records: tuple[Kept, ...]
    dropped: Mapping[Drop, int]

    @property
    def events(self) -> tuple[StoredEvent, ...]:
        return tuple(event for record in self.records for event in record.events)


class Refused(msgspec.Struct, frozen=True, gc=False):
    """Nothing of the request is kept."""

    status: int
    reason: Refusal | Drop


class Intake:
    """Takes requests in. One for each process: it remembers visits and senders, within bounds."""

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
        self.site = Site(own_url, zone)
        self.visits = Visits()
        self.names = Names()
        self.policy: CompiledPolicy | None = None
        self.edition = ""
        self.senders: dict[bytes, Sender | Refusal] = {}
        self.code_key = secrets.token_bytes(32)  # for as long as the senders are remembered
        self.forgot_at: datetime | None = None
        self.day = -1  # the provider's, at the last look back

    def take(self, arrival: Arrival, now: datetime) -> Taken | Refused:
        """Return what is to be kept of one request at the moment `now`, or why nothing is."""
        told = read_events(arrival)  # first: whose body is refused is never looked up
        if isinstance(told, Refusal):
            return refuse(told)
        sender = self.find_sender(arrival, now)
        if isinstance(sender, Refusal):
            return refuse(sender)
        now_ms = int(now.timestamp() * 1000)
        glance = Glance(self.site, sender, now_ms)
        told_before: tuple[ToldEvent, ...] = ()
        if sender.agreed_ms:
            told_before = tuple(event for event in told if is_older(event, sender, now_ms))
        dropped: dict[Drop, int] = {}
        if not told_before:
            records = self.admit_all(told, arrival, glance, dropped)
        else:
            told_since = tuple(event for event in told if event not in told_before)
            earlier = Glance(self.site, sender.before(), now_ms)
            records = self.admit_all(told_before, arrival, earlier, dropped)
            records += self.admit_all(told_since, arrival, glance, dropped)
        for reason in dropped:
            if not records and reason not in QUIET:
                return refuse(reason)
        return Taken(records, dropped)

    def admit_all(
        self,
        told: tuple[ToldEvent, ...],
        arrival: Arrival,
        glance: Glance,
        dropped: dict[Drop, int],
    ) -> tuple[Kept, ...]:
        """Return the record of those events of one request that stand on one footing, if any."""
        sender = glance.sender
        network = arrival.client_ip if sender.may_stop_floods else None
        kept: list[StoredEvent] = []
        for event in told:
            result = admit(event, glance)
            if isinstance(result, Drop):
                dropped[result] = dropped.get(result, 0) + 1
            else:
                kept.append(self.names.keep(result, network))
        if not kept or sender.footing is None:
            return ()
        self.mark_start(kept, arrival, glance)
        return (Kept(self.edition, sender.footing.clause, tuple(kept)),)

    def forget_old(self, now: datetime) -> None:
        """Forget what is held in memory only when its time is over, though no request arrives."""
        now_ms = int(now.timestamp() * 1000)
        self.visits.forget_old(now_ms)
        day = day_of(now_ms // QUARTER_MS, self.site.zone)
        self.visits.forget_days_but(day)
        if day != self.day:
            self.day = day
            self.names.forget_networks()  # clause security.attempts: "for a day at most"
        if self.is_stale(now):
            self.forget_requests(now)

    def forget_requests(self, now: datetime) -> None:
        self.senders, self.forgot_at = {}, now
        self.code_key = secrets.token_bytes(32)
        for remembered in (classify, find_place):
            remembered.cache_clear()

    def is_stale(self, now: datetime) -> bool:
        return self.forgot_at is None or abs(now - self.forgot_at) >= SENDERS_WINDOW

    def find_sender(self, arrival: Arrival, now: datetime) -> Sender | Refusal:
        """Return what the headers say of their sender under the edition in force.

        Browsers send the same headers again and again, so the answer is remembered.
        """
        try:
            policy = self.shelf.in_force(now)
        except (NoEditionInForce, PolicyBroken):
            return Refusal.NO_EDITION
        if self.is_stale(now):
            self.forget_requests(now)
        if len(self.senders) >= SENDERS_MAX or policy is not self.policy:
            self.policy, self.senders = policy, {}
            self.edition = policy.edition.date.isoformat()
        headers = arrival.headers
        is_beacon = arrival.path == BEACON_PATH
        code = self.code_of(headers, is_beacon=is_beacon)
        sender = self.senders.get(code)
        if sender is None:
            sender = self.know_sender(headers, policy, now, is_beacon=is_beacon)
            self.senders[code] = sender
        return sender

    def code_of(self, headers: Mapping[bytes, bytes], *, is_beacon: bool) -> bytes:
        """Return what tells the headers that are read from all others, and nothing of them.

        Kept as they came, cookies of customers would lie here for minutes.
        """
        values = [BEACON if is_beacon else b""]
        for name in HEADERS_READ:
            value = headers.get(name)
            values.append(NO_HEADER if value is None else value)
        return blake2b(b"\n".join(values), key=self.code_key, digest_size=16).digest()

    def know_sender(
        self,
        headers: Mapping[bytes, bytes],
        policy: CompiledPolicy,
        now: datetime,
        *,
        is_beacon: bool,
    ) -> Sender | Refusal:
        if headers.get(b"origin", self.site.url.encode()) != self.site.url.encode():
            return Refusal.WRONG_ORIGIN
        if headers.get(b"sec-fetch-site") not in SAME_ORIGIN:
            return Refusal.CROSS_SITE
        cookies = read_cookies(headers.get(b"cookie", b"").decode("latin-1"))
        chosen = self.signer.read_choices(cookies)
        visitor = self.signer.read_visitor(cookies)
        choices = NOTHING_CHOSEN if chosen is None else chosen.standing(now).choices
        if says_gpc(headers.get(b"sec-gpc", b"").decode("latin-1")):
            choices = choices.under_gpc()
        is_told_rightly = not is_beacon or may_beacon(policy, choices)
        number = 0 if visitor is None else visitor.id
        footing = find_footing(policy, choices, number) if is_told_rightly else None
        agreed = chosen if footing is not None and footing.visitor else None
        purpose = headers.get(b"sec-purpose", b"") + headers.get(b"purpose", b"")
        text = headers.get(b"user-agent", b"").decode("latin-1")
        return Sender(
            agent=agent_of(text),
            is_prefetch=b"prefetch" in purpose.lower(),
            footing=footing,
            footing_before=find_footing(policy, NOTHING_CHOSEN, 0) if agreed else None,
            agreed_ms=0 if agreed is None else int(agreed.at.timestamp() * 1000),
            may_tell_start=may(TELL_START, policy, choices),
            may_stop_floods=may(STOP_FLOODS, policy, choices),
        )

    def mark_start(self, kept: list[StoredEvent], arrival: Arrival, glance: Glance) -> None:
        """Mark the first page view as the start of a visit, if nothing was heard for a while.

        Where no clause lets us know that, a view starts one that comes from outside.
        """
        view = next((place for place, event in enumerate(kept) if event.kind is Kind.VIEW), None)
        event = kept[view or 0]
        is_inside = event.referrer_class is ReferrerClass.INTERNAL
        begins = not is_inside
        if event.visitor or glance.sender.may_tell_start:
            key = event.visitor or self.visits.key_of(
                arrival.client_ip,
                arrival.headers.get(b"user-agent", b""),
                day_of(glance.now_ms // QUARTER_MS, self.site.zone),
            )
            if view is None and event.kind is Kind.YES:
                self.visits.was_begun_before(key, glance.now_ms)
            elif view is None:
                self.visits.goes_on(key, glance.now_ms)
            else:
                begins = self.visits.begins(key, glance.now_ms, is_from_inside=is_inside)
        if begins and view is not None:
            kept[view] = msgspec.structs.replace(event, starts=1)


def may(use: Use, policy: CompiledPolicy, choices: Choices) -> bool:
    return decide(policy=policy, use=use, choices=choices).outcome is Outcome.YES


def refuse(reason: Refusal | Drop) -> Refused:
    return Refused(STATUS[reason], reason)


def read_events(arrival: Arrival) -> tuple[ToldEvent, ...] | Refusal:
    """Return the events that a request tells of, typed, their texts not yet looked at."""
    if arrival.path == EVENTS_PATH:
        return read_body(arrival)
    return read_query(arrival) if arrival.path == BEACON_PATH else Refusal.NO_SUCH_PATH


def read_body(arrival: Arrival) -> tuple[ToldEvent, ...] | Refusal:
    if arrival.method != "POST":
        return Refusal.WRONG_METHOD
    if not is_told_type(arrival.headers.get(b"content-type", b"")):
        return Refusal.WRONG_TYPE
    if len(arrival.body) > BODY_BYTES_MAX:
        return Refusal.TOO_BIG
    try:
        told = READER.decode(arrival.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal.MALFORMED
    return (told,) if isinstance(told, ToldEvent) else read_list(told)


def read_list(told: list[ToldEvent]) -> tuple[ToldEvent, ...] | Refusal:
    if len(told) > EVENTS_MAX:
        return Refusal.TOO_MANY_EVENTS
    return tuple(told) or Refusal.MALFORMED


@lru_cache(maxsize=64)
def is_told_type(content_type: bytes) -> bool:
    return content_type.partition(b";")[0].strip().lower() in CONTENT_TYPES


def read_query(arrival: Arrival) -> tuple[ToldEvent, ...] | Refusal:
    """Read the beacon: a page view, or a yes given on one, told by the address of an image."""
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
            kind=Kind.YES if fields.get("kind") == Kind.YES else Kind.VIEW,
            url=fields["url"],
            referrer=fields.get("referrer", ""),
            service=fields.get("service", ""),
        ),
    )


def read_cookies(header: str) -> dict[str, str]:
    """Return cookies by name as the site reads them: unquoted, of two with one name the last."""
    named: dict[str, str] = {}
    for pair in header.split(";"):
        name, is_named, value = pair.partition("=")
        if not is_named:
            continue
        named[name.strip()] = unquoted(value.strip())
    return named


def unquoted(value: str) -> str:
    """Return the value of a cookie without the quotes and backslashes that a server may put."""
    if len(value) < len('""') or value[0] != '"' or value[-1] != '"':
        return value
    return QUOTED_PAIR.sub(lambda pair: pair[2] or chr(int(pair[1], 8)), value[1:-1])
