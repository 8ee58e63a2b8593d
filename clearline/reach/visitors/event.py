"""One act of a visitor: as it is told over the wire, and as it is stored."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta


class Kind(StrEnum):
    """What happened. `time` tells how long a page was in view since it was last told.

    `yes`: a visitor is recognised from here on, on a page whose view was counted before they were.
    """

    VIEW = "view"
    YES = "yes"
    TIME = "time"
    SERVICE = "service"
    CUSTOM = "custom"


class Part(StrEnum):
    """The parts of the site that reports can be narrowed to."""

    HOME = "home"
    SERVICES = "services"
    RATES = "rates"
    HELP = "help"
    CONTACT = "contact"
    PRIVACY = "privacy"
    ACCOUNT = "account"
    OTHER = "other"


# By the first name of a page's path; a page is in one part, so that a part is the sum of its pages.
PARTS: Final[Mapping[str, Part]] = {part.value: part for part in Part} | {
    "": Part.HOME,
    "your-privacy-rights": Part.PRIVACY,
    "home": Part.OTHER,
    "other": Part.OTHER,
}


def part_of(page: str) -> Part:
    return PARTS.get(page[1:].partition("/")[0], Part.OTHER)


class Device(StrEnum):
    """All that is kept of the browser's description of itself."""

    PHONE = "phone"
    TABLET = "tablet"
    COMPUTER = "computer"
    OTHER = "other"


class ReferrerClass(StrEnum):
    """How a visitor came to a page."""

    DIRECT = "direct"
    INTERNAL = "internal"
    SEARCH = "search"
    SOCIAL = "social"
    MAIL = "mail"
    OTHER = "other"


class ToldEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One event as a browser or an app tells it: types are checked, texts are not yet."""

    id: str
    kind: Kind
    url: str
    referrer: str = ""
    seconds: int = 0
    service: str = ""
    name: str = ""
    campaign: str = ""
    at: int | None = None  # ms since 1970; only from clients that keep events while offline


# What the columns hold. A journal that was changed may say more, and is then not read on.
DAY_MAX: Final = 2**16 - 1  # of the year 2149
Whole: TypeAlias = Annotated[int, Meta(ge=0)]  # 64 bits, which is also all that a journal carries
Moment: TypeAlias = Annotated[int, Meta(ge=0, le=(DAY_MAX + 1) * 24 * 3_600_000)]  # ms since 1970
Day: TypeAlias = Annotated[int, Meta(ge=0, le=DAY_MAX)]
Bit: TypeAlias = Annotated[int, Meta(ge=0, le=1)]
Seconds: TypeAlias = Annotated[int, Meta(ge=0, le=2**16 - 1)]
Text: TypeAlias = Annotated[str, Meta(max_length=256)]


class StoredEvent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One event as the journal carries it and the column store keeps it, in this order."""

    id: Whole  # 64 bits, by the client, so that an event sent again is the same event
    at_ms: Moment
    day: Day  # days since 1970-01-01 in the provider's time zone
    kind: Kind
    page: Text  # the path alone
    part: Part
    service: Text
    name: Text
    device: Device
    referrer_class: ReferrerClass
    referrer: Text  # the host alone
    campaign: Text
    visitor: Whole  # 0: not recognised
    starts: Bit  # 1 when this event starts a visit
    seconds: Seconds
    received_ms: Moment


COLUMNS: Final = StoredEvent.__struct_fields__
