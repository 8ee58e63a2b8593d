"""The policy in force, as every part of the site reads it."""

from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from clearline.policy.compile import CompiledPolicy
from clearline.policy.shelf import Shelf


def shelf() -> Shelf:
    """Return the shelf of this process. Raises PolicyBroken when it cannot be read at all."""
    return shelf_of(settings.ENV.policy_dir, ZoneInfo(settings.ENV.provider.time_zone))


@cache
def shelf_of(policy_dir: Path, zone: ZoneInfo) -> Shelf:
    return Shelf.open(policy_dir, zone)


def policy_in_force(now: datetime) -> CompiledPolicy:
    """Return the edition in force at `now`; a new one is seen within 5 s.

    Raises NoEditionInForce, PolicyBroken.
    """
    own = shelf()
    own.refresh(now)
    return own.in_force(now)
