"""Named steps from an event as it is told to the event that is stored, or the reason why not.

Pure: the same event seen in the same way gives the same answer.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import msgspec

from clearline.policy.choices import Choices
from clearline.policy.compile import CompiledPolicy
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import Category, ClauseId, Purpose, SubjectId, SubjectKind
from clearline.reach.visitors.agents import Agent
from clearline.reach.visitors.event import Kind, Part, StoredEvent, ToldEvent, part_of
from clearline.reach.visitors.names import OVERFLOW
from clearline.reach.visitors.referrers import referrer_of
from clearline.trust.gate.decide import Outcome, decide

ADDRESS_LENGTH_MAX: Final = 4096
PAGE_LENGTH_MAX: Final = 256
FUTURE_MS_MAX: Final = 5 * 60 * 1000
AGE_MS_MAX: Final = 24 * 3600 * 1000
SECONDS_MAX: Final = 4 * 3600  # in view since last told; a page left open over night is not read
MINUTE_MS: Final = 60 * 1000
QUARTER_MS: Final = 15 * 60 * 1000  # no time zone moves by less
QUERY_FIELDS_MAX: Final = 50

PAGE: Final = re.compile(r"/[A-Za-z0-9\-._~%!$&'()*+,;=:@/]*", re.ASCII)  # RFC 3986, path
SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
WORD: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)  # an act, a campaign
BETWEEN_WORDS: Final = re.compile(r"[ ._]+")
# A page as sites name theirs. What else people type, or a link tells, may name a person.
PLAIN_PAGE: Final = re.compile(r"/(?:[a-z0-9][a-z0-9-]{0,63}(?:/|$))*", re.ASCII)
# Of a page fiber-1000 is none. Of an act or a campaign a year is none.
LONG_NUMBER: Final = re.compile(r"[0-9]{5}", re.ASCII)
NUMBER: Final = re.compile(r"(?<![0-9])(?!(?:19|20)[0-9]{2}(?![0-9]))[0-9]{4}", re.ASCII)
ID: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)

COLLECTOR: Final = Actor(ActorKind.JOB, "collector")
# One subject stands for all: the verdict rests on the choices and never on who it is.
ANY_VISITOR: Final = SubjectId("visitor")
MEASURE: Final = Use(
    COLLECTOR,
    ANY_VISITOR,
    frozenset(
        {Category.BEHAVIOR_BROWSING_HISTORY, Category.DEVICE_KIND, Category.DEVICE_COOKIE_ID},
    ),
    Purpose.ANALYTICS_REPORTING_POPULARITY,
    SubjectKind.VISITOR,
)
COUNT: Final = Use(
    COLLECTOR,
    ANY_VISITOR,
    frozenset({Category.BEHAVIOR_BROWSING_HISTORY, Category.DEVICE_KIND}),
    Purpose.ANALYTICS_REPORTING_POPULARITY,
    SubjectKind.VISITOR,
)

BEACON: Final = Use(
    COLLECTOR,
    ANY_VISITOR,
    frozenset({Category.BEHAVIOR_BROWSING_HISTORY, Category.DEVICE_KIND}),
    Purpose.ANALYTICS_REPORTING_CONTENT_PERFORMANCE,
    SubjectKind.VISITOR,
)


class Drop(StrEnum):
    """Why an event is not stored."""

    PREFETCH = "prefetch"
    BOT = "bot"
    NO_CLAUSE = "no_clause"
    UNRECOGNISED = "unrecognised"
    BAD_ID = "bad_id"
    OVER_LONG = "over_long"
    UNKNOWN_SITE = "unknown_site"
    BAD_ADDRESS = "bad_address"
    BAD_NAME = "bad_name"
    BAD_SECONDS = "bad_seconds"
    FROM_THE_FUTURE = "from_the_future"
    TOO_OLD = "too_old"


# Nothing is wrong with these: whoever sent them is answered as everybody else is.
QUIET: Final = frozenset({Drop.PREFETCH, Drop.BOT, Drop.NO_CLAUSE, Drop.UNRECOGNISED})


@dataclass(frozen=True, slots=True)
class Footing:
    """What one visitor's events may rest on: the clause, and the visitor id it lets us keep."""

    clause: ClauseId
    visitor: int  # 0: not recognised


@dataclass(frozen=True, slots=True)
class Place:
    """What is kept of an address: the path alone, its part of the site, the campaign it names."""

    page: str
    part: Part
    campaign: str


class Site(msgspec.Struct, frozen=True, gc=False):
    """What counts as ours, and in which time zone its days are."""

    url: str  # scheme and host as visitors see them
    zone: ZoneInfo


class Sender(msgspec.Struct, frozen=True, gc=False):
    """What a request's headers say of whoever sent it."""

    agent: Agent
    is_prefetch: bool
    footing: Footing | None
    footing_before: Footing | None  # of what happened before the yes that `footing` rests on
    agreed_ms: int  # of the last answer, no earlier than that yes; 0: who is not recognised
    may_tell_start: bool  # by a number made of network and browser, in memory only
    may_stop_floods: bool  # by counting new names of one network, in memory only

    def before(self) -> "Sender":
        """Return the same sender as they were before the yes."""
        return msgspec.structs.replace(self, footing=self.footing_before, agreed_ms=0)


class Glance(msgspec.Struct, frozen=True, gc=False):
    """What is the same for all events of one request."""

    site: Site
    sender: Sender
    now_ms: int


def find_footing(policy: CompiledPolicy, choices: Choices, visitor: int) -> Footing | None:
    """Return what events of this visitor may rest on, or None when no clause lets them count.

    A visitor who may not be recognised is stripped, not dropped: the event counts without a name.
    """
    if visitor:
        verdict = decide(policy=policy, use=MEASURE, choices=choices)
        if verdict.outcome is Outcome.YES and verdict.clause is not None:
            return Footing(verdict.clause, visitor)
    verdict = decide(policy=policy, use=COUNT, choices=choices)
    if verdict.outcome is Outcome.YES and verdict.clause is not None:
        return Footing(verdict.clause, 0)
    return None


def may_beacon(policy: CompiledPolicy, choices: Choices) -> bool:
    """Return whether the image that needs no script may tell of a visit at all (promise P10)."""
    return decide(policy=policy, use=BEACON, choices=choices).outcome is Outcome.YES


def drop_prefetched(_event: ToldEvent, glance: Glance) -> Drop | None:
    return Drop.PREFETCH if glance.sender.is_prefetch else None


def drop_bot(_event: ToldEvent, glance: Glance) -> Drop | None:
    return Drop.BOT if glance.sender.agent.is_bot else None


def drop_what_no_clause_lets_count(_event: ToldEvent, glance: Glance) -> Drop | None:
    return Drop.NO_CLAUSE if glance.sender.footing is None else None


def drop_yes_of_nobody(event: ToldEvent, glance: Glance) -> Drop | None:
    footing = glance.sender.footing
    is_known = footing is not None and footing.visitor
    return Drop.UNRECOGNISED if event.kind is Kind.YES and not is_known else None


def drop_bad_id(event: ToldEvent, _glance: Glance) -> Drop | None:
    return None if ID.fullmatch(event.id) else Drop.BAD_ID


def drop_bad_address(event: ToldEvent, glance: Glance) -> Drop | None:
    place = find_place(event.url, glance.site.url)
    return place if isinstance(place, Drop) else None


def drop_over_long(event: ToldEvent, _glance: Glance) -> Drop | None:
    return Drop.OVER_LONG if len(event.referrer) > ADDRESS_LENGTH_MAX else None


def drop_bad_names(event: ToldEvent, _glance: Glance) -> Drop | None:
    is_service_named = SLUG.fullmatch(event.service) or (
        not event.service and event.kind is not Kind.SERVICE
    )
    is_act_named = WORD.fullmatch(event.name) or (not event.name and event.kind is not Kind.CUSTOM)
    is_campaign_named = not event.campaign or WORD.fullmatch(event.campaign)
    return None if is_service_named and is_act_named and is_campaign_named else Drop.BAD_NAME


def drop_bad_seconds(event: ToldEvent, _glance: Glance) -> Drop | None:
    least = 1 if event.kind is Kind.TIME else 0
    return None if least <= event.seconds else Drop.BAD_SECONDS


def drop_bad_moment(event: ToldEvent, glance: Glance) -> Drop | None:
    if event.at is None:
        return None
    if event.at > glance.now_ms + FUTURE_MS_MAX:
        return Drop.FROM_THE_FUTURE
    return Drop.TOO_OLD if event.at < glance.now_ms - AGE_MS_MAX else None


Step = Callable[[ToldEvent, Glance], Drop | None]
STEPS: Final[tuple[Step, ...]] = (
    drop_prefetched,
    drop_bot,
    drop_bad_id,
    drop_over_long,
    drop_bad_address,
    drop_bad_names,
    drop_bad_seconds,
    drop_bad_moment,
    drop_what_no_clause_lets_count,
    drop_yes_of_nobody,
)


def is_older(event: ToldEvent, sender: Sender, now_ms: int) -> bool:
    """Say whether it began before the yes: of time in view the first second counts.

    A clock that was set back since the yes tells nothing of it.
    """
    at_ms = now_ms if event.at is None else event.at
    began_ms = at_ms - event.seconds * 1000 if event.kind is Kind.TIME else at_ms
    return began_ms < sender.agreed_ms <= now_ms


def admit(event: ToldEvent, glance: Glance) -> StoredEvent | Drop:
    """Run every step in order; the first reason to drop wins."""
    for step in STEPS:
        drop = step(event, glance)
        if drop is not None:
            return drop
    return cut_down(event, glance)


def cut_down(event: ToldEvent, glance: Glance) -> StoredEvent:
    """Keep what the columns have: path for address, host for referrer, device for browser.

    Of someone not recognised less is kept, as clause visits.count says: the minute, and the
    referrer's host only if it is widely known.
    """
    place = find_place(event.url, glance.site.url)
    assert isinstance(place, Place), "drop_bad_address stands before"  # noqa: S101
    referrer = referrer_of(event.referrer, glance.site.url)
    footing = glance.sender.footing
    visitor = 0 if footing is None else footing.visitor
    at_ms = glance.now_ms if event.at is None else min(event.at, glance.now_ms)
    exact_to_ms = 1 if visitor else MINUTE_MS
    return StoredEvent(
        id=int(event.id, 16),
        at_ms=at_ms - at_ms % exact_to_ms,
        day=day_of(at_ms // QUARTER_MS, glance.site.zone),
        kind=event.kind,
        page=place.page,
        part=place.part,
        service=event.service,
        name=without_number("name", event.name),
        device=glance.sender.agent.device,
        referrer_class=referrer.kind,
        referrer=referrer.host if visitor else referrer.known,
        campaign=without_number("campaign", event.campaign or place.campaign),
        visitor=visitor,
        starts=0,
        seconds=min(event.seconds, SECONDS_MAX) if event.kind is Kind.TIME else 0,
        received_ms=glance.now_ms - glance.now_ms % exact_to_ms,
    )


@lru_cache(maxsize=1)  # asked twice of each event; no more addresses are held than the last
def find_place(url: str, own_url: str) -> Place | Drop:
    """Return what is kept of an address of ours, or why it is none."""
    if len(url) > ADDRESS_LENGTH_MAX:
        return Drop.OVER_LONG
    rest = url.removeprefix(own_url)
    if rest == url or rest[:1] not in {"", "/", "?", "#"}:
        return Drop.UNKNOWN_SITE
    path, _, query = rest.partition("#")[0].partition("?")
    page = path or "/"
    if len(page) > PAGE_LENGTH_MAX:
        return Drop.OVER_LONG
    if PAGE.fullmatch(page) is None:
        return Drop.BAD_ADDRESS
    if PLAIN_PAGE.fullmatch(page) is None or LONG_NUMBER.search(page):
        page = OVERFLOW["page"]
    return Place(page, part_of(page), campaign_of(query))


def without_number(column: str, name: str) -> str:
    """Return the name, or what stands for all the rest when it holds a number of somebody."""
    return OVERFLOW[column] if NUMBER.search(name) else name


def campaign_of(query: str) -> str:
    """Return the campaign an address names, or "": what is no plain name may be a person's."""
    if "utm_campaign" not in query:
        return ""
    try:
        named = dict(parse_qsl(query, max_num_fields=QUERY_FIELDS_MAX)).get("utm_campaign", "")
    except ValueError:
        return ""
    name = BETWEEN_WORDS.sub("-", named.strip().lower())
    return name if WORD.fullmatch(name) else ""


@lru_cache(maxsize=1024)
def day_of(quarter: int, zone: ZoneInfo) -> int:
    """Return the day of a quarter of an hour since 1970 as the provider's calendar has it."""
    local = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, UTC).astimezone(zone)
    return local.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
