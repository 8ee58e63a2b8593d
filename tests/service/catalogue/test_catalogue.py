"""services.toml is read whole, or refused with what to write instead."""

from importlib import resources

import pytest

from clearline.kit.money import Money
from clearline.kit.strict_toml import TomlBroken
from clearline.service.catalogue.catalogue import Per
from clearline.service.catalogue.parse import parse_catalogue

GOOD = """
currencies = ["USD", "CAD"]

[[area]]
slug = "home-phone"
name = "Phone at home"

[[service]]
slug = "home-line"
name = "Home line"
area = "home-phone"
summary = "One number."

[[service.price]]
what = "One line"
per = "month"
amounts = { USD = "12.50", CAD = "16.90" }

[[destination]]
country = "PT"
name = "Portugal"
fixed = { USD = "0.012", CAD = "0.016" }
mobile = { USD = "0.034", CAD = "0.046" }
"""


def test_a_service_carries_its_price_in_every_currency() -> None:
    catalogue = parse_catalogue(GOOD, source="services.toml")
    service = catalogue.find_service("home-line")

    assert service is not None
    assert service.prices[0].per is Per.MONTH
    assert service.prices[0].amount_in("CAD") == Money(16_900_000, "CAD")


def test_a_service_or_country_that_is_not_sold_is_not_found() -> None:
    catalogue = parse_catalogue(GOOD, source="services.toml")

    assert catalogue.find_service("fax-line") is None
    assert catalogue.find_destination("XX") is None


@pytest.mark.parametrize(
    ("find", "write", "said"),
    [
        ('USD = "12.50", ', "", "amounts in CAD; write USD, CAD"),
        ('area = "home-phone"', 'area = "moon"', "names area 'moon'"),
        ('"12.50"', "12.50", "in quotes"),
        ('"12.50"', '"12,50"', "write one like 12.50"),
        ('per = "month"', 'per = "week"', "service 1, price 1, per"),
        ('slug = "home-line"', 'slug = "Home Line"', "service 1, slug"),
        ('summary = "One number."', 'summary = "One."\ncolour = "red"', "colour"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(find: str, write: str, said: str) -> None:
    with pytest.raises(TomlBroken, match=r"services\.toml") as refused:
        parse_catalogue(GOOD.replace(find, write), source="services.toml")

    assert said in str(refused.value)


def test_a_slug_that_stands_twice_is_refused() -> None:
    twice = GOOD + GOOD[GOOD.index("[[service]]") : GOOD.index("[[destination]]")]

    with pytest.raises(TomlBroken, match="stands twice"):
        parse_catalogue(twice, source="services.toml")


def test_the_catalogue_that_a_new_instance_gets_is_whole() -> None:
    starter = resources.files("clearline.edge.site") / "starter" / "services.toml"

    catalogue = parse_catalogue(starter.read_text(encoding="utf-8"), source="services.toml")

    assert len(catalogue.service) >= 5
    assert len(catalogue.destination) >= 30
