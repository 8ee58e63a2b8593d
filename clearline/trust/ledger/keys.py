"""The ledger's two keys, from the instance's key files, and the name it signs under.

`keys/ledger` signs the first log. Where that was lost for good, `keys/ledger-2` signs another one.
"""

from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from clearline.trust import key_files
from clearline.trust.envelope import Sealer, key_from_hex
from clearline.trust.ledger.checkpoint import Signer

FIRST: Final = "ledger"


def sealer() -> Sealer:
    """Return the master key of the bodies. Raises KeyBroken, OSError."""
    return sealer_of(settings.ENV.instance)


def signer() -> Signer:
    """Return the key that signs checkpoints, under the name `HOST/ledger`, as its file is called.

    The port is left out, so that a log moved to another keeps its name. Raises KeyBroken, OSError.
    """
    return signer_of(number())


def signer_of(log: int) -> Signer:
    """Return the key of the first log, the second …, and its name. Raises KeyBroken, OSError."""
    name = key_path(log).name
    return Signer(name_of(log), key_from_hex(settings.ENV.secret(name), name=name))


def name_of(log: int) -> str:
    return f"{urlsplit(settings.ENV.url).hostname or ''}/{key_path(log).name}"


def file_of(own: Signer) -> str:
    """Return which file of the instance holds a key that signs, as people are told of it."""
    return f"keys/{own.name.rpartition('/')[2]}"


def key_path(log: int) -> Path:
    return key_files.path_of(keys_folder(), FIRST, log)


def number() -> int:
    """Return which log is signed: the one of the newest key, since the others were lost."""
    return max([1, *key_files.numbers(keys_folder(), FIRST)])


def keys_folder() -> Path:
    return Path(settings.ENV.instance) / "keys"


@cache
def sealer_of(_instance: Path) -> Sealer:
    return Sealer(key_from_hex(settings.ENV.secret("ledger_seal"), name="ledger_seal"))
