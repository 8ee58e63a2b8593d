"""Arrivals as a Django app."""

from django.apps import AppConfig


class ArrivalsConfig(AppConfig):
    name = "clearline.trust.arrivals"
    label = "arrivals"
