"""What somebody gives to prove who they are, and what it turns out to be. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class FactorKind(StrEnum):
    """What a person signs in with; the last proves alone only where it is all there is."""

    PASSKEY = "passkey"
    APP = "app"
    RECOVERY_CODE = "recovery_code"
    PASSWORD = "password"  # noqa: S105  # the name of a kind


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """A code that was typed: of an app, or a recovery code."""

    text: str


@dataclass(frozen=True, slots=True, repr=False)
class PasskeyAnswer:
    """What the browser says of a passkey, and the challenge that it had to sign, if any."""

    text: str
    challenge: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class Password:
    """A password that was typed; it proves where there is no second factor."""

    text: str


Proof = Code | PasskeyAnswer | Password
