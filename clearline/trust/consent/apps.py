"""Consent as a Django app: the choices of accounts."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "clearline.trust.consent"
    label = "consent"
