"""Remembered extras: country, currency, the last page. They stand only in a cookie on the device.

Whether they may be read or written is decided by the policy in force, page by page. Nothing of it
goes to the ledger, because nothing leaves the device's own cookie.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import gettext as _

from clearline.edge.site.content import ContentShelf
from clearline.edge.site.visit import Visit, put_cookie, signer
from clearline.policy.use import Actor, ActorKind, Use
from clearline.policy.vocabulary import (
    Answer,
    Category,
    ChoiceName,
    Purpose,
    SubjectId,
    SubjectKind,
)
from clearline.service.catalogue.catalogue import Catalogue
from clearline.trust.consent.cookie import ChosenOnDevice, VisitorOnDevice
from clearline.trust.consent.cookies import VISITOR_COOKIE
from clearline.trust.gate.decide import Outcome, decide

EXTRAS: Final = Use(
    by=Actor(ActorKind.JOB, "site.remembered"),
    subject=SubjectId(""),  # whoever holds the device: we do not know, and do not need to
    categories=frozenset(
        {Category.LOCATION_IMPRECISE, Category.BEHAVIOR_BROWSING_HISTORY, Category.DEVICE_COOKIE}
    ),
    purpose=Purpose.PERSONALIZE_CONTENT_LIMITED,
    about=SubjectKind.VISITOR,
)


@dataclass(frozen=True, slots=True)
class PlaceLeft:
    """A page of ours that this browser was on last, with its title of today."""

    url: str
    title: str


def may_remember(visit: Visit) -> bool:
    """Say whether the policy in force and the choices allow extras; silence is no."""
    if visit.policy is None:
        return False
    return decide(policy=visit.policy, use=EXTRAS, choices=visit.choices).outcome is Outcome.YES


def extras_of(visit: Visit) -> VisitorOnDevice | None:
    """Return what the device remembers, if it may be used."""
    return visit.on_device if may_remember(visit) else None


def currency_for(visit: Visit, catalogue: Catalogue) -> str:
    """Return the remembered currency, or the provider's own, or the catalogue's first."""
    extras = extras_of(visit)
    wanted = (extras.currency if extras else "", settings.ENV.provider.currency)
    offered = (currency for currency in wanted if currency in catalogue.currencies)
    return next(offered, catalogue.currencies[0])


def place_left(visit: Visit, shelf: ContentShelf) -> PlaceLeft | None:
    extras = extras_of(visit)
    if extras is None or not extras.last_page:
        return None
    try:
        match = resolve(extras.last_page)
    except Resolver404:
        return None
    title = title_of(match, shelf)
    return PlaceLeft(extras.last_page, title) if title else None


def title_of(match: ResolverMatch, shelf: ContentShelf) -> str | None:
    """Return the title of a page worth coming back to, or None."""
    slug = str(match.kwargs.get("slug", ""))
    if match.url_name == "rates":
        return _("Rates")
    if match.url_name == "service":
        service = shelf.catalogue.find_service(slug)
        return service.name if service else None
    if match.url_name == "help_article":
        article = shelf.find_article(slug)
        return article.page.title if article else None
    return None


def with_place_left(response: HttpResponse, visit: Visit, path: str) -> HttpResponse:
    """Let the device remember this page, if it may and does not already."""
    if not may_remember(visit) or (visit.on_device and visit.on_device.last_page == path):
        return response
    put(response, on_device(visit).with_page(path), visit.now)
    return response


def remember(response: HttpResponse, visit: Visit, *, country: str, currency: str) -> HttpResponse:
    """Let the device remember country and currency, if it may."""
    if may_remember(visit):
        put(response, on_device(visit).with_place(country, currency), visit.now)
    return response


def put_what_is_agreed(response: HttpResponseBase, visit: Visit, chosen: ChosenOnDevice) -> None:
    """Make the visitor cookie hold what the new choices allow and no more; with no yes, none."""
    choices = chosen.choices.under_gpc() if visit.is_gpc else chosen.choices
    is_measured = choices.answer(ChoiceName.MEASUREMENT) is Answer.YES
    has_extras = choices.answer(ChoiceName.CONTENT) is Answer.YES
    if not is_measured and not has_extras:
        response.delete_cookie(signer().visitor_name, samesite="Lax")
        return
    kept = on_device(visit).with_since(chosen.yes_since.date())
    if not has_extras:
        kept = kept.without_extras()
    new_id = kept.id or secrets.randbits(63) or 1
    put(response, kept.with_id(new_id if is_measured else 0), visit.now)


def on_device(visit: Visit) -> VisitorOnDevice:
    agreed_at = visit.chosen.yes_since if visit.chosen else visit.now
    blank = VisitorOnDevice(id=0, country="", currency="", last_page="", since=agreed_at.date())
    return visit.on_device or blank


def put(response: HttpResponseBase, visitor: VisitorOnDevice, now: datetime) -> None:
    """Set the visitor cookie until the yes that it rests on ends; nothing else adds a day."""
    age = now - datetime.combine(visitor.since, time.min, UTC)
    put_cookie(response, VISITOR_COOKIE, signer().write_visitor(visitor), age=age)
