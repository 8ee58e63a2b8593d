"""Django's name for the staff console."""

from django.apps import AppConfig


class StaffPagesConfig(AppConfig):
    name = "clearline.edge.staff"
    label = "staff_pages"
