"""Filters: texts made safe, prices in the visitor's currency, services by slug."""

from collections.abc import Iterable
from typing import Final

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from clearline.edge.site.blocks.block import Block
from clearline.edge.site.blocks.render import html_of
from clearline.kit.money import Money
from clearline.service.catalogue.catalogue import Catalogue, Destination, Per, Price, Service

register = template.Library()

RATE_DECIMALS: Final = 3  # rates are fractions of a cent; a column of them lines up
PER: Final = {
    Per.MONTH: _("a month"),
    Per.YEAR: _("a year"),
    Per.MINUTE: _("a minute"),
    Per.ONCE: _("once"),
}


@register.filter
def markdown(text: str) -> SafeString:
    return mark_safe(html_of(text))  # noqa: S308  # html_of cleans with nh3


@register.filter
def block_template(block: Block) -> str:
    return f"site/blocks/{block.kind}.html"


@register.filter
def in_currency(price: Price, currency: str) -> Money:
    return price.amount_in(currency)


@register.filter
def fixed(destination: Destination, currency: str) -> str:
    return destination.fixed_in(currency).with_decimals(RATE_DECIMALS)


@register.filter
def mobile(destination: Destination, currency: str) -> str:
    return destination.mobile_in(currency).with_decimals(RATE_DECIMALS)


@register.filter
def per(price: Price) -> str:
    return str(PER[price.per])


@register.filter
def services_named(catalogue: Catalogue, slugs: Iterable[str]) -> list[Service]:
    """Return the services that exist, in the order asked for."""
    found = (catalogue.find_service(slug) for slug in slugs)
    return [service for service in found if service is not None]
