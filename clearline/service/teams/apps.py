"""Teams as a Django app."""

from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "clearline.service.teams"
    label = "teams"
