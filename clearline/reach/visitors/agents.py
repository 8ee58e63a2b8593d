"""What kind of device a browser says it runs on, and whether it is a program, not a person."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import ua_parser
from crawleruseragents import is_crawler

from clearline.reach.visitors.event import Device

TEXT_MAX: Final = 256  # of the description that is looked at; real ones have about 120
AGENTS_MAX: Final = 4096
# Each takes half a millisecond of the loop that serves pages too: a twentieth of its time.
NEW_A_SECOND_MAX: Final = 100
WORD_MAX: Final = 30

COMPUTERS: Final = frozenset(
    {"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD"}
    | {"OpenBSD", "NetBSD", "Solaris"}
)
PHONES: Final = frozenset(
    {"Windows Phone", "KaiOS", "BlackBerry OS", "Symbian OS", "Firefox OS", "HarmonyOS"}
)


@dataclass(frozen=True, slots=True)
class Agent:
    """What is kept of the browser's description of itself, and whether it is a program."""

    device: Device
    is_bot: bool


# Not looked up: in a flood most are programs, so none of them counts as a person.
UNKNOWN: Final = Agent(Device.OTHER, is_bot=True)


class Agents:
    """Remembers what browsers said of themselves, so that each description is looked up once.

    What was met once makes room for the next so met, and never for what was met again, so that a
    flood that tells each new one once makes nobody's usual browser forgotten.
    """

    def __init__(self) -> None:
        self.known: OrderedDict[str, Agent] = OrderedDict()
        self.met: OrderedDict[str, Agent] = OrderedDict()  # once
        self.second = 0
        self.new = 0  # looked up in that second

    def find(self, text: str, *, second: int) -> Agent:
        """Return what `User-Agent` says, UNKNOWN where too many were new in this second."""
        cut = text[:TEXT_MAX]
        agent = self.known.get(cut)
        if agent is not None:
            self.known.move_to_end(cut)
            return agent
        agent = self.met.pop(cut, None)
        if agent is not None:
            remember(self.known, cut, agent)
            return agent
        if second != self.second:
            self.second, self.new = second, 0
        if self.new >= NEW_A_SECOND_MAX:
            return UNKNOWN
        self.new += 1
        agent = agent_of(cut)
        remember(self.met, cut, agent)
        return agent

    def forget(self) -> None:
        self.known.clear()
        self.met.clear()


def remember(agents: OrderedDict[str, Agent], text: str, agent: Agent) -> None:
    agents[text] = agent
    if len(agents) > AGENTS_MAX:
        agents.popitem(last=False)


def agent_of(text: str) -> Agent:
    """Return what `User-Agent` says; an empty one is a program, for every browser sends one."""
    cut = text[:TEXT_MAX]
    return Agent(device=device_of(cut), is_bot=not cut.strip() or is_crawler(cut))


@lru_cache(maxsize=AGENTS_MAX)
def in_words(text: str) -> str:
    """Return browser and system by name, as in "Firefox, Windows"; "" for one that says neither."""
    told = ua_parser.parse(text[:TEXT_MAX])
    names = (part.family for part in (told.user_agent, told.os) if part is not None)
    return ", ".join(name[:WORD_MAX] for name in names)


def device_of(text: str) -> Device:
    """Return the device by its operating system; Android says `Mobile` on telephones alone."""
    system = ua_parser.parse_os(text)
    family = system.family if system is not None else ""
    if family in {"Android", "iOS"}:
        is_tablet = "iPad" in text if family == "iOS" else "Mobile" not in text
        return Device.TABLET if is_tablet else Device.PHONE
    if family in COMPUTERS:
        return Device.COMPUTER
    return Device.PHONE if family in PHONES else Device.OTHER
