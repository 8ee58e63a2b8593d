"""Grants as a Django app."""

from django.apps import AppConfig


class GrantsConfig(AppConfig):
    name = "clearline.trust.grants"
    label = "grants"
