"""Tokens as a Django app."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    name = "clearline.trust.tokens"
    label = "tokens"
