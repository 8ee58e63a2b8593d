"""The public site's addresses; every one of them is open to everyone."""

from django.urls import path

from clearline.edge.site import brand, catalogue, help, pages  # noqa: A004  # named as the page is

site_urlpatterns = [
    path("", pages.home, name="home"),
    path("services/", catalogue.services, name="services"),
    path("services/<slug:slug>/", catalogue.service, name="service"),
    path("rates/", catalogue.rates, name="rates"),
    path("help/", help.help_home, name="help"),
    path("help/<slug:slug>/", help.help_article, name="help_article"),
    path("contact/", pages.contact, name="contact"),
    path("your-privacy-rights/", pages.rights, name="rights"),
    path("brand.css", brand.brand, name="brand"),
]
