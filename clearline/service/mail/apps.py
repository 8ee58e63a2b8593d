"""Mail as a Django app."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "clearline.service.mail"
    label = "mail"
