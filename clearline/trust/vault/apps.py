"""The vault as a Django app: the wrapped keys of people."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "clearline.trust.vault"
    label = "vault"
