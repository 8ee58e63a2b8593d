"""Keyed hashes by which people are found without their words: equal texts meet, nobody reads back.

The key is `keys/index` of the instance; without it a stolen database cannot even test a guess.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from typing import Final

from django.conf import settings

LOOKED_AT_MAX: Final = 1_000  # many times the longest text that is found by its blind index


def blind_index(what: bytes, text: str) -> bytes:
    """Return 32 bytes for a text as it is; texts of another `what` never meet it."""
    return indexer(what)(text)


def indexer(what: bytes) -> Callable[[str], bytes]:
    """Return what gives the blind index of each text of a long list; the key is read once."""
    key: bytes = settings.ENV.key("index").strip()

    def index(text: str) -> bytes:
        return hmac.digest(key, what + b"\n" + text.encode(), hashlib.sha256)

    return index


def folded(text: str) -> str:
    """Return a text as people mean it: without outer spaces, differences of case and of form.

    Only its beginning is looked at: to normalise many combining marks takes their number squared.
    """
    return unicodedata.normalize("NFKC", text[:LOOKED_AT_MAX]).strip().casefold()
