"""The factors as a Django app: passkeys, apps that show codes, recovery codes."""

from django.apps import AppConfig


class FactorsConfig(AppConfig):
    name = "clearline.trust.factors"
    label = "factors"
