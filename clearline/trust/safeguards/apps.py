"""The safeguards as a Django app: logins, roles, sessions, attempts to sign in."""

from django.apps import AppConfig


class SafeguardsConfig(AppConfig):
    name = "clearline.trust.safeguards"
    label = "safeguards"
