"""Opening an instance: Django set up inside the folder that holds one provider's own."""

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from clearline.config.instance_toml import NAME
from clearline.kit.errors import NotFound, Unavailable


class NoInstance(NotFound):
    def __init__(self, instance: Path, otherwise: str) -> None:
        told = (
            f"there is no instance at {instance}. Make one with `clearline init {instance}`, "
            f"or name another with --dir. {otherwise}"
        )
        super().__init__(told.rstrip())


class DatabaseTrouble(Unavailable):
    code = "database_trouble"

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"The database does not do what it was asked ({type(error).__name__}). Start it, or "
            "mend database_url in clearline.toml; `clearline doctor` says more."
        )


@contextlib.contextmanager
def database_trouble_told() -> Iterator[None]:
    """Turn what a database driver raises into words. Raises DatabaseTrouble."""
    from django.db import DatabaseError  # noqa: PLC0415  # help needs no Django

    try:
        yield
    except DatabaseError as error:
        raise DatabaseTrouble(error) from error


def require_instance(instance: Path, *, otherwise: str = "") -> None:
    """Return if there is an instance. Raises NoInstance, which says what else helps."""
    if not (instance / NAME).is_file():
        raise NoInstance(instance, otherwise)


def open_instance(instance: Path, *, otherwise: str = "") -> None:
    """Set Django up inside the instance. Raises NoInstance when there is none."""
    require_instance(instance, otherwise=otherwise)
    os.environ["CLEARLINE_INSTANCE"] = str(instance)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clearline.config.settings")
    import django  # noqa: PLC0415  # only a command that needs an instance pays for Django

    django.setup()


def prepare_tables(instance: Path) -> None:
    """Bring the tables of the open instance to what this release needs.

    People whom a restored backup brought back are erased again before anything reads them.
    """
    (instance / "data").mkdir(mode=0o700, exist_ok=True)
    from django.core.management import call_command  # noqa: PLC0415  # as above
    from django.db import connections  # noqa: PLC0415  # as above

    from clearline.trust.vault.actions import replay_erasures  # noqa: PLC0415  # as above

    call_command("migrate", verbosity=0, interactive=False)
    replay_erasures(now=datetime.now(UTC))
    connections.close_all()
