"""The public site as a Django app: templates and static files only, no tables."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "clearline.edge.site"
    label = "site"
