"""What kind of device a browser says it runs on, and whether it is a program, not a person."""

from dataclasses import dataclass
from typing import Final

import re2
import ua_parser
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from ua_parser.regex import Resolver

from clearline.reach.visitors.event import Device

TEXT_MAX: Final = 256  # of the description that is looked at; real ones have about 120
AUTOMATON_BYTES_MAX: Final = 32 * 1024 * 1024
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


def programs() -> re2.Set:
    """Return the patterns of known programs as one automaton.

    Python's own `re` takes a sixth of a millisecond for each new description, and the loop that
    looks serves pages too; this takes two thousandths, and a tenth of one for the worst texts.
    """
    options = re2.Options()
    options.max_mem = AUTOMATON_BYTES_MAX
    options.log_errors = False
    known = re2.Set.SearchSet(options)
    for program in CRAWLER_USER_AGENTS_DATA:
        known.Add(program["pattern"])
    known.Compile()
    return known


PROGRAMS: Final = programs()
# The package's own parser would remember what browsers said, with no end to it.
NAMES: Final = ua_parser.Parser(Resolver(ua_parser.load_lazy_builtins()))


def agent_of(text: str) -> Agent:
    """Return what `User-Agent` says; an empty one is a program, for every browser sends one."""
    cut = text[:TEXT_MAX]
    is_bot = not cut.strip() or bool(PROGRAMS.Match(cut))
    return Agent(device=device_of(cut), is_bot=is_bot)


def in_words(text: str) -> str:
    """Return browser and system by name, as in "Firefox, Windows"; "" for one that says neither."""
    cut = text[:TEXT_MAX]
    parts = (NAMES.parse_user_agent(cut), NAMES.parse_os(cut))
    names = (part.family for part in parts if part is not None)
    return ", ".join(name[:WORD_MAX] for name in names)


def device_of(text: str) -> Device:
    """Return the device by its operating system; Android says `Mobile` on telephones alone."""
    system = NAMES.parse_os(text)
    family = system.family if system is not None else ""
    if family in {"Android", "iOS"}:
        is_tablet = "iPad" in text if family == "iOS" else "Mobile" not in text
        return Device.TABLET if is_tablet else Device.PHONE
    if family in COMPUTERS:
        return Device.COMPUTER
    return Device.PHONE if family in PHONES else Device.OTHER
