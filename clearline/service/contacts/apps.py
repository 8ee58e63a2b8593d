"""Contacts as a Django app."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "clearline.service.contacts"
    label = "contacts"
