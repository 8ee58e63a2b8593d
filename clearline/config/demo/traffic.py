"""Ninety days of plausible visits to a fictional provider, day by day, the same on every run.

Pure: a seed and a day give the same acts. What becomes of them (admitted, stripped, dropped) is
decided by the collector's own steps, which get each act as a request.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

DAYS: Final = 90
PEOPLE_PER_DAY: Final = 520  # new ones on an ordinary weekday, before rhythm and growth
SEED: Final = 20_261
BOT_SHARE: Final = 0.22  # bot views per person
RETURN_SHARE: Final = 0.3  # visits by someone who came before
GPC_SHARE: Final = 0.09
SAYS_GOODBYE_SHARE: Final = 0.86  # pages whose leaving is told; the rest just vanish

# Shares of a weekday's visits by hour, 0 to 23, in the provider's time zone.
HOURS: Final = (
    *(4, 3, 2, 2, 2, 3, 8, 18, 34, 47, 52, 50),
    *(46, 48, 52, 50, 45, 41, 39, 42, 44, 36, 22, 10),
)
WEEK: Final = (1.06, 1.1, 1.08, 1.02, 0.94, 0.58, 0.62)  # Monday to Sunday

CHROME: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
SAFARI: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0"
FIREFOX: Final = "Gecko/20100101 Firefox/144.0"
AGENTS: Final = (
    (24, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36"),
    (11, f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Safari/605.1.15"),
    (8, f"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) {FIREFOX}"),
    (6, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) {FIREFOX}"),
    (24, f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {SAFARI} Mobile Safari/604.1"),
    (21, f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36"),
    (4, f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {SAFARI} Mobile Safari/604.1"),
    (2, f"Mozilla/5.0 (Linux; Android 13; SM-X200) {CHROME} Safari/537.36"),
)
BOTS: Final = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "curl/8.5.0",
)
REFERRERS: Final = (
    (38, ""),
    (31, "https://www.google.com/"),
    (7, "https://www.bing.com/"),
    (6, "https://duckduckgo.com/"),
    (5, "https://www.reddit.com/r/VOIP/"),
    (4, "https://www.facebook.com/"),
    (3, "https://news.ycombinator.com/"),
    (3, "https://portland-business.example/phones"),
    (3, "https://mail.example.com/inbox"),
)


@dataclass(frozen=True, slots=True)
class Campaign:
    """One push: from a day of the history on, for some days, by one referrer, to one page."""

    name: str
    first_day: int
    days: int
    strength: float  # twice the share of visits that come by it while it runs
    referrer: str
    page: str


CAMPAIGNS: Final = (
    Campaign("autumn-abroad", 12, 16, 0.34, "https://www.facebook.com/", "/services/world-400/"),
    Campaign("back-to-office", 38, 12, 0.28, "https://www.linkedin.com/", "/services/office-five/"),
    Campaign("november-letter", 66, 6, 0.46, "https://mail.example.com/inbox", "/services/"),
    Campaign("keep-your-number", 72, 18, 0.2, "https://www.google.com/", "/help/keep-your-number/"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One page that people of the demo visit, and how much it draws them."""

    path: str
    service: str
    draw: float
    seconds: float  # median time in view


@dataclass(frozen=True, slots=True)
class Person:
    """One browser: what it said to the prompt, and how it came."""

    number: int
    agent: str
    said: str  # yes | no | nothing
    sends_gpc: bool
    ip: str


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a browser does: opens a page, or leaves it after some seconds."""

    at: datetime
    person: Person
    kind: str  # view | time
    path: str
    service: str
    referrer: str
    campaign: str
    seconds: int
    event_id: int


def acts_of_day(
    index: int, day: date, places: tuple[Place, ...], zone_offset: timedelta
) -> list[Act]:
    """Return one day's acts in the order of time. `index` counts from the first day, 0."""
    dice = random.Random(f"{SEED}-{index}")  # noqa: S311  # plausible, not secret
    growth = 1 + 0.35 * index / DAYS
    wave = 1 + 0.05 * math.sin(index / 5.3)
    people = round(PEOPLE_PER_DAY * WEEK[day.weekday()] * growth * wave * dice.uniform(0.95, 1.05))
    acts = [
        act
        for number in range(people)
        for act in one_visit(dice, index, day, number, places, zone_offset)
    ]
    acts += bot_acts(dice, day, places, round(people * BOT_SHARE), zone_offset)
    return sorted(acts, key=lambda act: act.at)


def one_visit(
    dice: random.Random,
    index: int,
    day: date,
    number: int,
    places: tuple[Place, ...],
    zone_offset: timedelta,
) -> Iterator[Act]:
    person = someone(dice, index, number)
    campaign = next((c for c in running(index) if dice.random() < c.strength / 2), None)
    referrer = campaign.referrer if campaign else pick(dice, REFERRERS)
    at = moment(dice, day, zone_offset)
    pages = 1 + min(11, int(dice.expovariate(0.42)))
    previous = referrer
    for step in range(pages):
        is_landing = step == 0 and campaign is not None
        place = landing(places, campaign) if is_landing and campaign else choose(dice, places)
        seconds = max(2, min(1_500, round(dice.lognormvariate(math.log(place.seconds), 0.8))))
        slug = campaign.name if campaign and step == 0 else ""
        yield Act(
            at, person, "view", place.path, place.service, previous, slug, 0, dice.getrandbits(64)
        )
        at += timedelta(seconds=seconds)
        if dice.random() < SAYS_GOODBYE_SHARE:  # some browsers are closed without a word
            yield Act(
                at,
                person,
                "time",
                place.path,
                place.service,
                "",
                slug,
                seconds,
                dice.getrandbits(64),
            )
        previous = "internal"
        at += timedelta(seconds=dice.uniform(0.4, 4))


def someone(dice: random.Random, index: int, number: int) -> Person:
    """Return a person new today, or one of the last weeks who comes back."""
    if index and dice.random() < RETURN_SHARE:
        index = max(0, index - min(index, 1 + int(dice.expovariate(0.16))))
        number = dice.randrange(PEOPLE_PER_DAY // 2)
    own = random.Random(f"{SEED}-{index}-{number}")  # noqa: S311  # the same person each time
    said = own.choices(("yes", "no", "nothing"), (52, 19, 29))[0]
    ip = f"{own.choice((24, 67, 71, 98, 107, 174))}.{own.randrange(256)}.{own.randrange(256)}.9"
    return Person(
        number=index * 100_000 + number,
        agent=pick(own, AGENTS),
        said=said,
        sends_gpc=own.random() < GPC_SHARE,
        ip=ip,
    )


def bot_acts(
    dice: random.Random, day: date, places: tuple[Place, ...], count: int, zone_offset: timedelta
) -> Iterator[Act]:
    for number in range(count):
        bot = Person(-1 - number, dice.choice(BOTS), "nothing", sends_gpc=False, ip="192.0.2.7")
        place = choose(dice, places)
        yield Act(
            moment(dice, day, zone_offset),
            bot,
            "view",
            place.path,
            place.service,
            "",
            "",
            0,
            dice.getrandbits(64),
        )


def moment(dice: random.Random, day: date, zone_offset: timedelta) -> datetime:
    hour = dice.choices(range(24), HOURS)[0]
    local = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return local + timedelta(seconds=dice.uniform(0, 3_599)) - zone_offset


def running(index: int) -> tuple[Campaign, ...]:
    return tuple(c for c in CAMPAIGNS if c.first_day <= index < c.first_day + c.days)


def landing(places: tuple[Place, ...], campaign: Campaign) -> Place:
    return next((place for place in places if place.path == campaign.page), places[0])


def choose(dice: random.Random, places: tuple[Place, ...]) -> Place:
    return dice.choices(places, [place.draw for place in places])[0]


def pick(dice: random.Random, weighted: tuple[tuple[int, str], ...]) -> str:
    return dice.choices([text for _, text in weighted], [weight for weight, _ in weighted])[0]
