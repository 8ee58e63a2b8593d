"""The two signed cookies: what a person chose, and what the device may remember. Pure.

Form: `1.FIELDS.MAC`, fields joined by `~`, MAC the first 16 bytes of HMAC-SHA-256 over the
cookie's name and the fields, in base64url. A path is percent-encoded, for a value with "/" would
be quoted on its way to the browser. Whatever else arrives is no cookie of ours.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Self
from urllib.parse import quote, unquote

from clearline.policy.choices import Choices
from clearline.trust.consent.cookies import (
    CHOICES_COOKIE,
    ENDING,
    VISITOR_COOKIE,
    Cookie,
    wire_name,
)

VERSION: Final = "1"
CHARACTERS_MAX: Final = 2_000
MAC_BYTES: Final = 16
VISITOR_ID_MAX: Final = 2**63 - 1

CHOICES_FIELDS: Final = ("at", "edition", "proof", "yes", "no", "unproved_at", "agreed_at")
VISITOR_FIELDS: Final = ("id", "country", "currency", "last_page", "since")
KEY: Final = re.compile(r"[a-z][a-z_]{0,40}(:[a-z0-9_]{1,64})?", re.ASCII)
PROOF: Final = re.compile(r"([0-9a-f]{32})?", re.ASCII)
COUNTRY: Final = re.compile(r"([A-Z]{2})?", re.ASCII)
CURRENCY: Final = re.compile(r"([A-Z]{3})?", re.ASCII)
PATH: Final = re.compile(r"(/[A-Za-z0-9\-._/]{0,200})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChosenOnDevice:
    """What the choices cookie says. `proof` is the id of the last ledger entry about it, of `at`.

    A no that was honoured without an entry came later, at `unproved_at`; `proof` is "" when
    nothing was proved before. `agreed_at` is when the older yes was said of those that the visitor
    cookie rests on, where that was before `at`: another answer makes neither last longer.
    """

    choices: Choices
    at: datetime
    edition: date
    proof: str
    unproved_at: datetime | None = None
    agreed_at: datetime | None = None

    @property
    def answered_at(self) -> datetime:
        """When the person last answered."""
        return self.unproved_at or self.at

    @property
    def yes_since(self) -> datetime:
        """When the older yes was said of those that the visitor cookie rests on."""
        return self.agreed_at or self.at

    def standing(self, now: datetime) -> Self:
        """Return what counts at a moment: a yes of the visitor cookie ends with its life."""
        has_ended = now - self.yes_since >= VISITOR_COOKIE.lifetime
        if self.choices.yes.isdisjoint(ENDING) or not has_ended:
            return self
        left = Choices(yes=self.choices.yes - ENDING, no=self.choices.no)
        return type(self)(left, self.at, self.edition, self.proof, self.unproved_at)


@dataclass(frozen=True, slots=True)
class VisitorOnDevice:
    """What the visitor cookie says. `id` is 0 without a yes to measurement.

    `since` is the day of the yes that it rests on; the cookie ends with that yes.
    """

    id: int
    country: str
    currency: str
    last_page: str
    since: date

    def with_id(self, number: int) -> Self:
        return type(self)(number, self.country, self.currency, self.last_page, self.since)

    def with_place(self, country: str, currency: str) -> Self:
        return type(self)(self.id, country, currency, self.last_page, self.since)

    def with_page(self, last_page: str) -> Self:
        return type(self)(self.id, self.country, self.currency, last_page, self.since)

    def with_since(self, since: date) -> Self:
        return type(self)(self.id, self.country, self.currency, self.last_page, since)

    def without_extras(self) -> Self:
        return type(self)(self.id, "", "", "", self.since)


class CookieSigner:
    """Writes and reads both cookies under one key. Reading never raises, whatever arrives."""

    def __init__(self, key: bytes, *, is_https: bool) -> None:
        self.key = key.strip()
        self.choices_name = wire_name(CHOICES_COOKIE, is_https=is_https)
        self.visitor_name = wire_name(VISITOR_COOKIE, is_https=is_https)

    def write_choices(self, chosen: ChosenOnDevice) -> str:
        """Return the cookie's value. Raises ValueError when it could not be read back."""
        fields = (
            str(int(chosen.at.timestamp())),
            chosen.edition.isoformat(),
            chosen.proof,
            "+".join(sorted(chosen.choices.yes)),
            "+".join(sorted(chosen.choices.no)),
            written(chosen.unproved_at),
            written(chosen.agreed_at),
        )
        return self.checked(CHOICES_COOKIE, fields, is_readable=parse_choices)

    def read_choices(self, cookies: Mapping[str, str]) -> ChosenOnDevice | None:
        fields = self.open(CHOICES_COOKIE, cookies.get(self.choices_name))
        return parse_choices(fields) if fields else None

    def write_visitor(self, visitor: VisitorOnDevice) -> str:
        """Return the cookie's value. Raises ValueError when it could not be read back."""
        fields = (
            str(visitor.id),
            visitor.country,
            visitor.currency,
            quote(visitor.last_page, safe=""),
            visitor.since.isoformat(),
        )
        return self.checked(VISITOR_COOKIE, fields, is_readable=parse_visitor)

    def read_visitor(self, cookies: Mapping[str, str]) -> VisitorOnDevice | None:
        fields = self.open(VISITOR_COOKIE, cookies.get(self.visitor_name))
        return parse_visitor(fields) if fields else None

    def checked(
        self,
        cookie: Cookie,
        fields: tuple[str, ...],
        *,
        is_readable: Callable[[tuple[str, ...]], object],
    ) -> str:
        told = "~".join(fields)
        if is_readable(tuple(told.split("~"))) is None or len(told) > CHARACTERS_MAX - 100:
            message = f"{cookie.name} cannot hold this"
            raise ValueError(message)
        return f"{VERSION}.{told}.{self.mac(cookie, told)}"

    def open(self, cookie: Cookie, value: str | None) -> tuple[str, ...] | None:
        """Return the fields of a value that carries our signature, else None."""
        if value is None or len(value) > CHARACTERS_MAX or not value.isascii():
            return None
        version, _, rest = value.partition(".")
        told, _, mac = rest.rpartition(".")
        if version != VERSION or not hmac.compare_digest(mac, self.mac(cookie, told)):
            return None
        return tuple(told.split("~"))

    def mac(self, cookie: Cookie, told: str) -> str:
        message = f"{VERSION}\n{cookie.name}\n{told}".encode()
        digest = hmac.new(self.key, message, hashlib.sha256).digest()[:MAC_BYTES]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def parse_choices(fields: tuple[str, ...]) -> ChosenOnDevice | None:
    if len(fields) == len(CHOICES_FIELDS) - 1:
        fields = (*fields, "")  # as it was written before a yes had a moment of its own
    if len(fields) != len(CHOICES_FIELDS) or not PROOF.fullmatch(fields[2]):
        return None
    at, edition, proof, yes, no, unproved, agreed = fields
    if not proof and not unproved:
        return None
    said_yes, said_no = keys_in(yes), keys_in(no)
    if said_yes is None or said_no is None or said_yes & said_no:
        return None
    try:
        moment = datetime.fromtimestamp(int(at), UTC)
        later, earlier = read_moment(unproved), read_moment(agreed)
        day = date.fromisoformat(edition)
    except (ValueError, OverflowError, OSError):
        return None
    return ChosenOnDevice(Choices(yes=said_yes, no=said_no), moment, day, proof, later, earlier)


def written(moment: datetime | None) -> str:
    return str(int(moment.timestamp())) if moment else ""


def read_moment(text: str) -> datetime | None:
    """Return the moment, None of "". Raises ValueError, OverflowError, OSError."""
    return datetime.fromtimestamp(int(text), UTC) if text else None


def keys_in(text: str) -> frozenset[str] | None:
    keys = text.split("+") if text else []
    return frozenset(keys) if all(KEY.fullmatch(key) for key in keys) else None


def parse_visitor(fields: tuple[str, ...]) -> VisitorOnDevice | None:
    if len(fields) != len(VISITOR_FIELDS):
        return None
    number, country, currency, page, since = fields
    path = unquote(page)
    forms = ((COUNTRY, country), (CURRENCY, currency), (PATH, path))
    if not all(form.fullmatch(text) for form, text in forms):
        return None
    try:
        visitor_id, day = int(number), date.fromisoformat(since)
    except ValueError:
        return None
    if not 0 <= visitor_id <= VISITOR_ID_MAX:
        return None
    return VisitorOnDevice(visitor_id, country, currency, path, day)
