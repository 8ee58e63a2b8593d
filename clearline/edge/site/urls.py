"""The site's addresses: pages that are open to everyone, and those of an account."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from clearline.edge.site import (
    brand,
    catalogue,
    choices,
    design,
    healthz,
    help,  # noqa: A004  # named as the page is
    pages,
    privacy,
    transparency,
    wellknown,
)
from clearline.edge.site.account.urls import account_urlpatterns
from clearline.edge.site.days import DayConverter

register_converter(DayConverter, "day")

site_urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("services/", catalogue.services, name="services"),
    path("services/<slug:slug>/", catalogue.service, name="service"),
    path("rates/", catalogue.rates, name="rates"),
    path("help/", help.help_home, name="help"),
    path("help/<slug:slug>/", help.help_article, name="help_article"),
    path("contact/", pages.contact, name="contact"),
    path("your-privacy-rights/", pages.rights, name="rights"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/editions/", privacy.editions, name="editions"),
    path("privacy/editions/<day:day>/", privacy.edition, name="edition"),
    path("privacy/editions/<day:day>.toml", privacy.edition_toml, name="edition_toml"),
    path("privacy/editions/<day:day>.json", privacy.edition_json, name="edition_json"),
    path("privacy/editions/<day:old>/<day:new>/", privacy.changes, name="difference"),
    path("privacy/choices/", choices.choices, name="choices"),
    path("privacy/choice/", choices.choice, name="choice"),
    path("privacy/cookies/", privacy.cookies, name="cookies"),
    path("privacy/receipts/", choices.receipts, name="receipts"),
    path("privacy/receipt/<str:entry_id>/", privacy.receipt, name="receipt"),
    path("ledger/checkpoint", transparency.checkpoint, name="checkpoint"),
    path("ledger/tile/<path:path>", transparency.tile, name="tile"),
    path(".well-known/gpc.json", wellknown.gpc, name="gpc"),
    path(".well-known/security.txt", wellknown.security_txt, name="security_txt"),
    path(".well-known/change-password", wellknown.change_password, name="change_password"),
    path("ads.txt", wellknown.ads_txt, name="ads_txt"),
    path("robots.txt", wellknown.robots_txt, name="robots_txt"),
    path("account/", include(account_urlpatterns)),
    path("design/", design.design, name="design"),
    path("brand.css", brand.brand, name="brand"),
    path("brand/logo.svg", brand.logo, name="logo"),
    path("healthz", healthz.healthz, name="healthz"),
]
