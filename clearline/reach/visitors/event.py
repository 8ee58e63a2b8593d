"""One act of a visitor: as it is told over the wire, and as it is stored."""

from enum import StrEnum
from typing import Final

import msgspec


class Kind(StrEnum):
    """What happened. `time` tells how long a page was in view since it was last told."""

    VIEW = "view"
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


class StoredEvent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One event as the journal carries it and the column store keeps it, in this order."""

    id: int  # 64 bits, by the client, so that an event sent again is the same event
    at_ms: int
    day: int  # days since 1970-01-01 in the provider's time zone
    kind: Kind
    page: str  # the path alone
    part: Part
    service: str
    name: str
    device: Device
    referrer_class: ReferrerClass
    referrer: str  # the host alone
    campaign: str
    visitor: int  # 0: not recognised
    starts: int  # 1 when this event starts a visit
    seconds: int
    received_ms: int


COLUMNS: Final = StoredEvent.__struct_fields__
