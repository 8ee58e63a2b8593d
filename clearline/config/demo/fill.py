"""Fill in the demo's past: each act goes through the collector's own steps, journal and loader.

What a day brought is noted when the day is on the disk; stopped and started again, it goes on
with the day after. A day that was cut off is told again with the same event ids, and a choice with
the id of the first act that carries it, so nothing counts twice.
"""

import json
import random
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tqdm import tqdm

from clearline.config.demo.traffic import DAYS, SEED, Act, Person, Place, acts_of_day
from clearline.config.env import Env
from clearline.edge.collector.intake import EVENTS_PATH, Arrival, Intake, Refused
from clearline.edge.collector.journal import Journal
from clearline.edge.collector.record import Tally, to_bytes
from clearline.edge.site.content import ContentShelf, content
from clearline.kit.files import replace_durably
from clearline.kit.status import read_statuses, write_status
from clearline.policy.shelf import Shelf
from clearline.policy.vocabulary import Answer, ChoiceMethod, ChoiceName
from clearline.rights.choices.asked import shown_prompt
from clearline.trust.consent import actions as consent
from clearline.trust.consent.actions import ShownText
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner, VisitorOnDevice
from clearline.trust.gate import queries as gate
from clearline.trust.health.queries import moment_of

NOTE: Final = "demo-past.json"
PAYLOADS_TOGETHER: Final = 500
PROMPT: Final = (ChoiceName.MEASUREMENT, ChoiceName.CONTENT)
# How much a page draws by its kind, and how long people look at it (median seconds).
HOME, LISTS, SERVICE, RATES, HELP, CONTACT, POLICY = (
    *((30.0, 18.0), (14.0, 25.0), (9.0, 48.0), (11.0, 40.0)),
    *((4.0, 55.0), (5.0, 22.0), (1.5, 35.0)),
)
LOADED_TRIES: Final = 600
LOADED_PAUSE_S: Final = 0.5
FADES: Final = 0.78  # each further service or help page draws this much of the one before


class Written(NamedTuple):
    """A day of the past that is on the disk, and since when."""

    day: int
    at: datetime


def fill() -> None:
    """Fill what is missing up to this moment, with a bar of progress."""
    env = Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields
    now = datetime.now(UTC)
    filling = Filling.begin(env, now)
    journal = Journal.open(env.journal_dir / "past")
    bar = tqdm(
        desc="  Filling in the past",
        total=DAYS + 1,
        initial=filling.done_days,
        unit="day",
        disable=None,  # only where a terminal shows it
    )
    try:
        for index in filling.missing_days():
            tell(filling)
            filling.fill_day(journal, index)
            filling.note(index)
            bar.update()
            tell_in_line(filling, index)
    finally:
        bar.close()
        journal.close()
    is_loaded = tell_until_loaded(filling)
    when = "" if is_loaded else " within minutes"
    sys.stderr.write(f"  The past is filled in: the reports show all of it{when}.\n")


def tell(filling: "Filling") -> None:
    """Say in its status how far it is, and up to which moment reports have all of the past."""
    whole_until = filling.reports_whole_until()
    progress = {
        "filled_days": filling.done_days,
        "days": DAYS + 1,
        "whole_until": whole_until and whole_until.isoformat(),
    }
    write_status(filling.env.status_dir, "past", progress, datetime.now(UTC))


def tell_in_line(filling: "Filling", index: int) -> None:
    """Say without a terminal how far it is, in a line for every tenth day."""
    if not sys.stderr.isatty() and index % 10 == 0:
        line = f"  Filling in the past: day {index + 1} of {DAYS + 1}, {filling.acts:,} acts\n"
        sys.stderr.write(line)


def tell_until_loaded(filling: "Filling") -> bool:
    """Go on saying how far reports are until they have all, for some minutes at most."""
    for _ in range(LOADED_TRIES):
        tell(filling)
        if filling.reports_whole_until() is None:
            return True
        time.sleep(LOADED_PAUSE_S)
    filling.written.clear()  # from here on the loader alone says what is missing
    tell(filling)
    return False


@dataclass(slots=True)
class Filling:
    """The collector of the demo's past, and the cookies of the people in it."""

    env: Env
    until: datetime
    first_day: date
    done_days: int
    intake: Intake
    signer: CookieSigner
    places: tuple[Place, ...]
    acts: int = 0
    # Which days are on the disk since when, of those that reports may still lack.
    written: deque[Written] = field(default_factory=deque)
    first_acts: dict[int, Act] = field(default_factory=dict)  # of each person who answered
    cookies: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def begin(cls, env: Env, now: datetime) -> "Filling":
        noted = read_note(env)
        zone = ZoneInfo(env.provider.time_zone)
        today = now.astimezone(zone).date()
        signer = CookieSigner(env.key("choices"), is_https=env.is_https)
        filling = cls(
            env=env,
            until=now,
            first_day=noted[0] if noted else today - timedelta(days=DAYS),
            done_days=noted[1] if noted else 0,
            intake=Intake(
                shelf=Shelf.open(env.policy_dir, zone), signer=signer, own_url=env.url, zone=zone
            ),
            signer=signer,
            places=places_of(content(now)),
        )
        if filling.done_days:  # what an earlier start wrote may wait for the loader yet
            filling.written.append(Written(0, now))
        for index in range(filling.done_days):
            filling.note_first_acts(filling.acts_of(index))
        return filling

    def acts_of(self, index: int) -> list[Act]:
        day = self.first_day + timedelta(days=index)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        offset = noon.astimezone(self.intake.site.zone).utcoffset() or timedelta()
        return acts_of_day(index, day, self.places, offset)

    def note_first_acts(self, acts: list[Act]) -> None:
        """Note when each person answered, in this start of the demo or in one before."""
        for act in acts:
            if act.person.said != "nothing":
                self.first_acts.setdefault(act.person.number, act)

    def missing_days(self) -> range:
        return range(self.done_days, DAYS + 1)

    def fill_day(self, journal: Journal, index: int) -> None:
        waiting: list[bytes] = []
        dropped: Counter[str] = Counter()
        acts = self.acts_of(index)
        self.note_first_acts(acts)
        for act in acts:
            if act.at >= self.until:
                break
            self.acts += 1
            taken = self.intake.take(self.to_arrival(act), act.at)
            if isinstance(taken, Refused):
                dropped[taken.reason] += 1
                continue
            dropped.update(taken.dropped)
            waiting += map(to_bytes, taken.records)
            if len(waiting) >= PAYLOADS_TOGETHER:
                journal.write(waiting)
                waiting = []
        if dropped:
            waiting.append(to_bytes(Tally({str(why): count for why, count in dropped.items()})))
        if waiting:
            journal.write(waiting)

    def note(self, index: int) -> None:
        self.done_days = index + 1
        self.written.append(Written(index, datetime.now(UTC)))
        path = self.env.data_dir / NOTE
        told = {"first_day": self.first_day.isoformat(), "done_days": self.done_days}
        replace_durably(path, json.dumps(told).encode())

    def reports_whole_until(self) -> datetime | None:
        """Return the moment up to which reports have all of the past; None when that is all.

        The loader says by when it had all that was in the journals: a day that was on the disk
        before is in the reports.
        """
        status = read_statuses(self.env.status_dir).get("loader", {})
        loaded = moment_of(status.get("whole_until"))
        while loaded and self.written and self.written[0].at < loaded:
            self.written.popleft()
        index = self.written[0].day if self.written else self.done_days
        if index > DAYS:
            return None
        day = self.first_day + timedelta(days=index)
        return datetime.combine(day, time_of_day(), self.intake.site.zone)

    def to_arrival(self, act: Act) -> Arrival:
        """Return the request that the page's script would send for an act."""
        query = f"?{urlencode({'utm_campaign': act.campaign})}" if act.campaign else ""
        told = {
            "id": f"{act.event_id:016x}",
            "kind": act.kind,
            "url": f"{self.env.url}{act.path}{query}",
            "referrer": f"{self.env.url}/" if act.referrer == "internal" else act.referrer,
            "service": act.service,
            "seconds": act.seconds,
        }
        headers = {
            b"user-agent": act.person.agent.encode(),
            b"origin": self.env.url.encode(),
            b"sec-fetch-site": b"same-origin",
            b"content-type": b"text/plain",
        }
        if act.person.sends_gpc:
            headers[b"sec-gpc"] = b"1"
        if act.person.said != "nothing":
            headers[b"cookie"] = self.cookie_of(act.person)
        return Arrival(
            method="POST",
            path=EVENTS_PATH,
            headers=headers,
            body=json.dumps(told).encode(),
            client_ip=act.person.ip,
        )

    def cookie_of(self, person: Person) -> bytes:
        """Return what the browser sends; its choice is recorded where it is made, once."""
        known = self.cookies.get(person.number)
        if known is not None:
            return known
        first = self.first_acts[person.number]
        chosen = record_choice(first)
        cookie = f"{self.signer.choices_name}={self.signer.write_choices(chosen)}"
        if person.said == "yes":
            visitor = VisitorOnDevice(
                id=random.Random(f"{SEED}-id-{person.number}").getrandbits(62) | 1,  # noqa: S311  # plausible, not secret
                country="",
                currency="",
                last_page="",
                since=first.at.date(),
            )
            cookie += f"; {self.signer.visitor_name}={self.signer.write_visitor(visitor)}"
        self.cookies[person.number] = cookie.encode()
        return self.cookies[person.number]


def record_choice(first: Act) -> ChosenOnDevice:
    """Record an answer to the prompt by the action that the site uses."""
    answer = Answer.YES if first.person.said == "yes" else Answer.NO
    edition = gate.policy_in_force(first.at).edition
    shown = shown_prompt("accept" if answer is Answer.YES else "decline")
    return consent.record_choices(
        answers=dict.fromkeys(PROMPT, answer),
        before=None,
        shown=ShownText(shown.surface, edition.date, shown.text),
        method=ChoiceMethod.FORM,
        gpc=first.person.sends_gpc,
        now=first.at,
        source_key=f"demo:{first.event_id:016x}",
    )


def read_note(env: Env) -> tuple[date, int] | None:
    try:
        told = json.loads((env.data_dir / NOTE).read_text(encoding="utf-8"))
        return date.fromisoformat(told["first_day"]), int(told["done_days"])
    except (FileNotFoundError, ValueError, KeyError):
        return None


def places_of(shelf: ContentShelf) -> tuple[Place, ...]:
    """Return the pages of this instance with how much each draws."""
    services = shelf.catalogue.service
    return (
        Place("/", "", *HOME),
        Place("/services/", "", *LISTS),
        *faded((f"/services/{each.slug}/" for each in services), SERVICE, is_service=True),
        Place("/rates/", "", *RATES),
        Place("/help/", "", *LISTS),
        *faded((f"/help/{each.slug}/" for each in shelf.articles), HELP),
        Place("/contact/", "", *CONTACT),
        Place("/privacy/", "", *POLICY),
    )


def faded(
    paths: Iterator[str], first: tuple[float, float], *, is_service: bool = False
) -> Iterator[Place]:
    draw, seconds = first
    for path in paths:
        slug = path.strip("/").rpartition("/")[2] if is_service else ""
        yield Place(path, slug, draw, seconds)
        draw *= FADES
