"""Hashing passwords: dear on purpose (ID-06), so by turns that are fair to each source."""

from typing import Final

from django.contrib.auth.hashers import check_password, identify_hasher, make_password

from clearline.kit.fair_turns import FairTurns
from clearline.trust.safeguards.passwords import normalised

AT_ONCE: Final = 2  # each takes 100 MB and a core
# With those at work fewer than the threads of the site: however many guess, pages are answered.
WAITING_MAX: Final = 4

turns: Final = FairTurns(at_once=AT_ONCE, waiting_max=WAITING_MAX)


def hash_password(password: str, *, source: str) -> str:
    """Return what is kept of a password. `source` is where it comes from. Raises NoTurn."""
    with turns.take(source):
        return make_password(normalised(password))


def fits(password: str, stored: str, *, source: str) -> bool:
    """Say whether a password is the one of which this was kept. Raises NoTurn."""
    with turns.take(source):
        return check_password(normalised(password), stored)


def is_cheaper_than_today(stored: str) -> bool:
    """Say whether a usable password was hashed with less work than one would be now."""
    return identify_hasher(stored).must_update(stored)


_spare: list[str] = []


def spare_password() -> str:
    """Return a hash that no password fits, as dear to check as a real one."""
    if not _spare:
        _spare.append(hash_password("no login has this one", source=""))
    return _spare[0]
