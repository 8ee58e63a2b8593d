"""The entry as a Django app: its templates and the script of passkeys."""

from django.apps import AppConfig


class EntryConfig(AppConfig):
    name = "clearline.edge.entry"
    label = "entry"
