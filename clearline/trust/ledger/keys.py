"""The ledger's two keys, from the instance's key files, and the name it signs under."""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from clearline.trust.envelope import Sealer, key_from_hex
from clearline.trust.ledger.checkpoint import Signer


def sealer() -> Sealer:
    """Return the master key of the bodies. Raises KeyBroken, OSError."""
    return sealer_of(settings.ENV.instance)


def signer() -> Signer:
    """Return the key that signs checkpoints, under the name `HOST/ledger`.

    The port is left out, so that a log moved to another keeps its name. Raises KeyBroken, OSError.
    """
    host = urlsplit(settings.ENV.url).hostname or ""
    return Signer(f"{host}/ledger", key_from_hex(settings.ENV.secret("ledger"), name="ledger"))


@cache
def sealer_of(_instance: Path) -> Sealer:
    return Sealer(key_from_hex(settings.ENV.secret("ledger_seal"), name="ledger_seal"))
