"""Codes that people type: those of an app (RFC 6238), and recovery codes. Pure but for chance."""

import secrets
from datetime import datetime
from hmac import compare_digest
from typing import Final

import pyotp

STEP_S: Final = 30
DRIFT_STEPS: Final = 1  # an app's clock may be half a minute off, either way
DIGITS: Final = 6
SECRET_CHARACTERS: Final = 32  # of base32: 160 bits, as RFC 4226, 4 recommends
RECOVERY_CODES: Final = 10
RECOVERY_GROUPS: Final = 2
RECOVERY_GROUP: Final = 5
# Without i, l, o and u, which are read as others or make words; 50 bits in a code.
RECOVERY_SIGNS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
READ_AS: Final = str.maketrans({"i": "1", "l": "1", "o": "0"})


def new_secret() -> str:
    return pyotp.random_base32(SECRET_CHARACTERS)


def address_of(secret: str, *, issuer: str, name: str) -> str:
    """Return what a QR code tells an app: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def find_step(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the half minute whose code this is, of the one that is and its neighbours."""
    if not is_of_an_app(code):
        return None
    shown = pyotp.TOTP(secret)
    today = int(now.timestamp()) // STEP_S
    found = None
    for step in range(max(today - DRIFT_STEPS, 0), today + DRIFT_STEPS + 1):
        if compare_digest(shown.at(step * STEP_S), code):
            found = step
    return found


def is_of_an_app(code: str) -> bool:
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def without_gaps(code: str) -> str:
    """Return a code as it was meant: without spaces and hyphens, in small letters."""
    return "".join(code.split()).replace("-", "").casefold()


def new_recovery_codes() -> tuple[str, ...]:
    """Return ten codes in two groups of five signs."""
    return tuple(new_recovery_code() for _ in range(RECOVERY_CODES))


def new_recovery_code() -> str:
    groups = (
        "".join(secrets.choice(RECOVERY_SIGNS) for _ in range(RECOVERY_GROUP))
        for _ in range(RECOVERY_GROUPS)
    )
    return "-".join(groups)


def read_recovery_code(text: str) -> str:
    """Return a recovery code as it was made, however it was typed."""
    return without_gaps(text).translate(READ_AS)
