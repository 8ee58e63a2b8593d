"""What browsers and authenticators say about passkeys (WebAuthn level 3). Pure but for chance.

Source: NIST SP 800-63B-4, 3.2: a passkey proves only where the person was verified by the device.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json,
    parse_authentication_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

ANSWER_CHARACTERS_MAX: Final = 16_384
NUMBER_BYTES_MAX: Final = 1_023  # WebAuthn, 6.1
# What the library raises at answers that do not hold, and at those that are no answers at all.
UNREADABLE: Final = (
    *(WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError),
)
VERIFIED: Final = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Site:
    """For whom a passkey is made and where it may be used: name, host and origin of the site."""

    name: str
    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is kept of a passkey: its number and public key (base64url), and how often it signed."""

    number: str
    public_key: str
    sign_count: int


def options_to_add(site: Site, *, person: str, challenge: bytes, known: Sequence[str]) -> str:
    """Return what the browser is asked when a passkey is made, as JSON.

    `person` is the random public id; the name that an authenticator shows is the site's own.
    """
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=person.encode(),
        user_name=site.name,
        user_display_name=site.name,
        challenge=challenge,
        exclude_credentials=[described(number) for number in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=VERIFIED
        ),
    )
    return options_to_json(options)


def options_to_prove(site: Site, *, challenge: bytes, known: Sequence[str]) -> str:
    """Return what the browser is asked when a passkey is used, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        allow_credentials=[described(number) for number in known],
        user_verification=VERIFIED,
    )
    return options_to_json(options)


def described(number: str) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(number))


def read_new(site: Site, answer: str, *, challenge: bytes) -> NewKey | None:
    """Return the passkey that a browser says was made, None where that does not hold."""
    if len(answer) > ANSWER_CHARACTERS_MAX:
        return None
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except UNREADABLE:
        return None
    if len(made.credential_id) > NUMBER_BYTES_MAX:
        return None
    return NewKey(
        number=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
    )


def number_in(answer: str) -> str | None:
    """Return the number of the passkey that an answer speaks of; whether it is so comes later."""
    if len(answer) > ANSWER_CHARACTERS_MAX:
        return None
    try:
        return parse_authentication_credential_json(answer).id
    except UNREADABLE:
        return None


def read_proof(site: Site, answer: str, *, challenge: bytes, key: NewKey) -> int | None:
    """Return how often the passkey has signed by now, None where the answer proves nothing.

    A count that does not go up, as that of a copied key, proves nothing.
    """
    try:
        proved = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except UNREADABLE:
        return None
    return proved.new_sign_count
