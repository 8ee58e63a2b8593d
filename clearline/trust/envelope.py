"""Sealing and opening bytes: AES-256-GCM, always bound to a context; nothing else seals.

A sealed value is a random nonce of 12 bytes, then ciphertext and tag. The context (what the value
is and whose) is not stored: who opens must name it again, so a value moved elsewhere stays shut.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clearline.kit.errors import Unavailable

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
OVERHEAD_BYTES: Final = NONCE_BYTES + 16
PLAIN_BYTES_MAX: Final = 16 * 1024 * 1024


class SealBroken(Unavailable):
    """The bytes were changed, belong elsewhere, or were sealed under another key."""

    code = "seal_broken"


class KeyBroken(Unavailable):
    """A key file does not hold a key."""

    code = "key_broken"


class Sealer:
    """One key, ready to seal and open. Prints as `Sealer(…)`.

    Up to 2**32 values per key (NIST SP 800-38D, 8.3: random nonces).
    """

    __slots__ = ("cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            message = f"A sealing key has {KEY_BYTES} bytes, not {len(key)}."
            raise KeyBroken(message)
        self.cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "Sealer(…)"

    def seal(self, plain: bytes, *, context: bytes) -> bytes:
        """Return the sealed value, 28 bytes longer. At most 16 MiB."""
        if len(plain) > PLAIN_BYTES_MAX:
            message = f"At most {PLAIN_BYTES_MAX} bytes are sealed at once."
            raise ValueError(message)
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, plain, context)

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Return what was sealed under the same context. Raises SealBroken."""
        if len(sealed) < OVERHEAD_BYTES:
            message = "A sealed value is cut short."
            raise SealBroken(message)
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self.cipher.decrypt(nonce, rest, context)
        except InvalidTag:
            message = "A sealed value was changed, or belongs elsewhere or to another key."
            raise SealBroken(message) from None


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def wrap_key(key: bytes, *, master: Sealer, context: bytes) -> bytes:
    """Return `key` sealed under the master key: 60 bytes. Destroying them destroys the key."""
    if len(key) != KEY_BYTES:
        message = f"A sealing key has {KEY_BYTES} bytes, not {len(key)}."
        raise KeyBroken(message)
    return master.seal(key, context=b"key\n" + context)


def unwrap_key(wrapped: bytes, *, master: Sealer, context: bytes) -> Sealer:
    """Return the key wrapped under the same context, ready for use. Raises SealBroken."""
    return Sealer(unwrap_key_bytes(wrapped, master=master, context=context))


def unwrap_key_bytes(wrapped: bytes, *, master: Sealer, context: bytes) -> bytes:
    """Return the key itself, for wrapping it anew. Raises SealBroken."""
    return master.open(wrapped, context=b"key\n" + context)


def key_from_hex(text: str, *, name: str) -> bytes:
    """Return the 32 bytes of a key file of 64 hexadecimal digits. Raises KeyBroken."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        message = (
            f"The key file keys/{name} does not hold 64 hexadecimal digits. "
            "Restore it from the backup; a new key cannot open what the old one sealed."
        )
        raise KeyBroken(message)
    return key
