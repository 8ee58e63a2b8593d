"""Hashes of passwords that cost little: tests make hundreds, and one asks what they cost."""

from typing import Final

from django.contrib.auth.hashers import Argon2PasswordHasher

CHEAP: Final = {"time_cost": 1, "memory_cost": 64, "parallelism": 1}
REAL: Final = {name: int(getattr(Argon2PasswordHasher, name)) for name in CHEAP}


def make_hashes_cheap() -> None:
    for name, value in CHEAP.items():
        setattr(Argon2PasswordHasher, name, value)
