"""Editions published for a test of the site."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from clearline.rights.agreement.actions import publish_edition

ZONE = ZoneInfo(settings.ENV.provider.time_zone)
DEFAULT = (settings.ENV.policy_dir / "2026-01-01.toml").read_text(encoding="utf-8")
LONGER = ('kept       = "400 days"', 'kept       = "15 months"')
BETTER = ("A tiny image on each page", "A very small image on each page")
NOT_CALLED_MATERIAL = ('form = "accept"', 'form = "accept"\nmaterial = false')
TOLD_BEFORE = timedelta(days=15)


@contextmanager
def published(folder: Path, *editions: tuple[date, tuple[tuple[str, str], ...]]) -> Iterator[None]:
    """Publish changed copies of the default edition, each in time, and show them on the site."""
    env = settings.ENV
    settings.ENV = env.model_copy(update={"instance": make_instance_beside(folder, env.instance)})
    try:
        for day, changes in editions:
            text = DEFAULT.replace("date = 2026-01-01", f"date = {day}")
            for old, new in (*changes, NOT_CALLED_MATERIAL):
                text = text.replace(old, new)
            path = folder / "policy" / f"{day}.toml"
            path.write_text(text, encoding="utf-8")
            at = datetime(day.year, day.month, day.day, tzinfo=ZONE) - TOLD_BEFORE
            publish_edition(policy_dir=path.parent, zone=ZONE, source=path, now=at)
        yield
    finally:
        settings.ENV = env


def make_instance_beside(folder: Path, instance: Path) -> Path:
    """Make the folder an instance like the other one, but for its policy."""
    (folder / "policy").mkdir()
    for name in ("clearline.toml", "keys", "content", "brand", "data", "services.toml"):
        if (instance / name).exists():
            (folder / name).symlink_to(instance / name)
    return folder
