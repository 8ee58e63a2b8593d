"""The catalogue as data: subject areas, services with prices, and what a call costs where."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

from clearline.kit.money import Money

STRICT: Final = ConfigDict(extra="forbid")
Slug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60, strict=True)
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80, strict=True)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=240, strict=True)]
Text = Annotated[str, StringConstraints(max_length=20_000, strict=True)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$", strict=True)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$", strict=True)]


def amounts_of(table: object) -> tuple[Money, ...]:
    """Read {USD = "12.50", CAD = "16.90"}. Raises ValueError, saying what to write instead."""
    if not isinstance(table, dict) or not table:
        message = 'write the amount for each currency: { USD = "12.50" }'
        raise ValueError(message)
    wrong = next((value for value in table.values() if not isinstance(value, str)), None)
    if wrong is not None:
        message = f'write amounts in quotes, so that they stay exact: "{wrong}"'
        raise ValueError(message)
    return tuple(Money.from_text(amount, currency) for currency, amount in table.items())


Amounts = Annotated[tuple[Money, ...], BeforeValidator(amounts_of)]


class Per(StrEnum):
    """What one price is paid for."""

    MONTH = "month"
    YEAR = "year"
    MINUTE = "minute"
    ONCE = "once"


@dataclass(frozen=True, slots=True, config=STRICT)
class Area:
    """A subject area: a theme that pages and services carry, under a permanent slug."""

    slug: Slug
    name: Name


@dataclass(frozen=True, slots=True, config=STRICT)
class Price:
    what: Name
    per: Per
    amounts: Amounts

    def amount_in(self, currency: str) -> Money:
        return next(amount for amount in self.amounts if amount.currency == currency)


@dataclass(frozen=True, slots=True, config=STRICT)
class Service:
    """One thing to buy. Its slug is permanent: events and pages carry it."""

    slug: Slug
    name: Name
    summary: Line
    area: Slug
    price: Annotated[tuple[Price, ...], Field(min_length=1, max_length=12)]
    features: Annotated[tuple[Line, ...], Field(max_length=12)] = ()
    text: Text = ""

    @property
    def prices(self) -> tuple[Price, ...]:
        return self.price


@dataclass(frozen=True, slots=True, config=STRICT)
class Destination:
    """What a minute costs to one country, to fixed lines and to mobiles."""

    country: Country
    name: Name
    fixed: Amounts
    mobile: Amounts

    def fixed_in(self, currency: str) -> Money:
        return next(amount for amount in self.fixed if amount.currency == currency)

    def mobile_in(self, currency: str) -> Money:
        return next(amount for amount in self.mobile if amount.currency == currency)


@dataclass(frozen=True, slots=True, config=STRICT)
class Catalogue:
    """All that services.toml says; checked as a whole, so that no page meets a gap."""

    currencies: Annotated[tuple[Currency, ...], Field(min_length=1, max_length=12)]
    area: Annotated[tuple[Area, ...], Field(max_length=50)] = ()
    service: Annotated[tuple[Service, ...], Field(max_length=200)] = ()
    destination: Annotated[tuple[Destination, ...], Field(max_length=300)] = ()

    @model_validator(mode="after")
    def is_whole(self) -> "Catalogue":
        problems = [*self.repeated_slugs(), *self.unknown_areas(), *self.missing_amounts()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def repeated_slugs(self) -> Iterator[str]:
        for what, keys in (
            ("area", [area.slug for area in self.area]),
            ("service", [service.slug for service in self.service]),
            ("destination", [destination.country for destination in self.destination]),
        ):
            yield from (
                f"{what} {key!r} stands twice; give each its own"
                for key, count in Counter(keys).items()
                if count > 1
            )

    def unknown_areas(self) -> Iterator[str]:
        known = {area.slug for area in self.area}
        for service in self.service:
            if service.area not in known:
                yield f"service {service.slug!r} names area {service.area!r}; add an [[area]]"

    def missing_amounts(self) -> Iterator[str]:
        wanted = set(self.currencies)
        for what, amounts in self.all_amounts():
            given = {amount.currency for amount in amounts}
            if given != wanted:
                listed = ", ".join(self.currencies)
                yield f"{what} has amounts in {', '.join(sorted(given))}; write {listed}"

    def all_amounts(self) -> Iterable[tuple[str, tuple[Money, ...]]]:
        for service in self.service:
            for price in service.prices:
                yield f"price {price.what!r} of service {service.slug!r}", price.amounts
        for destination in self.destination:
            yield f"fixed of {destination.name}", destination.fixed
            yield f"mobile of {destination.name}", destination.mobile

    def find_area(self, slug: str) -> Area | None:
        return next((area for area in self.area if area.slug == slug), None)

    def find_service(self, slug: str) -> Service | None:
        return next((service for service in self.service if service.slug == slug), None)

    def find_destination(self, country: str) -> Destination | None:
        return next((each for each in self.destination if each.country == country), None)
