"""The master keys that wrap people's keys: numbered files of the instance, the highest in use.

`keys/vault` is number 1, `keys/vault-2` number 2. In production the same few calls can go to a
key service (HashiCorp Vault or OpenBao transit) instead of files; nothing else knows of files.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

from clearline.trust import key_files
from clearline.trust.envelope import KeyBroken, Sealer, key_from_hex

FIRST: Final = "vault"
MASTERS_MAX: Final = 64  # opened at once; a rotation needs two


def newest(keys: Path) -> int:
    """Return the number of the key that wraps from now on. Raises KeyBroken when there is none."""
    found = numbers(keys)
    if not found:
        message = f"There is no {keys / FIRST}. Restore it from the backup."
        raise KeyBroken(message)
    return found[-1]


def numbers(keys: Path) -> list[int]:
    return key_files.numbers(keys, FIRST)


def master(keys: Path, number: int) -> Sealer:
    """Return one master key, ready for use. Raises KeyBroken."""
    return opened(path_of(keys, number))


@lru_cache(maxsize=MASTERS_MAX)
def opened(path: Path) -> Sealer:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        message = f"The key file {path} cannot be read. Restore it from the backup."
        raise KeyBroken(message) from None
    return Sealer(key_from_hex(text, name=path.name))


def path_of(keys: Path, number: int) -> Path:
    return key_files.path_of(keys, FIRST, number)


def make_next(keys: Path) -> int:
    """Write the next master key, durably and for the owner alone, and return its number."""
    number = newest(keys) + 1
    key_files.make(path_of(keys, number))
    return number


def remove(keys: Path, number: int) -> None:
    """Delete one master key: what only it wraps stays shut for ever, in old backups too."""
    path_of(keys, number).unlink()
    opened.cache_clear()
