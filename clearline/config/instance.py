"""Opening an instance: Django set up inside the folder that holds one provider's own."""

import os
from pathlib import Path

from clearline.kit.errors import NotFound


class NoInstance(NotFound):
    def __init__(self, instance: Path) -> None:
        super().__init__(
            f"there is no instance at {instance}. Make one with `clearline init {instance}`, "
            "or name another with --dir."
        )


def open_instance(instance: Path) -> None:
    """Set Django up inside the instance. Raises NoInstance when there is none."""
    if not (instance / "clearline.toml").is_file():
        raise NoInstance(instance)
    os.environ["CLEARLINE_INSTANCE"] = str(instance)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clearline.config.settings")
    import django  # noqa: PLC0415  # only a command that needs an instance pays for Django

    django.setup()


def prepare_tables(instance: Path) -> None:
    """Bring the tables of the open instance to what this release needs."""
    (instance / "data").mkdir(exist_ok=True)
    from django.core.management import call_command  # noqa: PLC0415  # as above
    from django.db import connections  # noqa: PLC0415  # as above

    call_command("migrate", verbosity=0, interactive=False)
    connections.close_all()
