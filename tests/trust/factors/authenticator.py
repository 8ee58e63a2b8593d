"""A passkey in software: it makes a key, signs challenges and counts, as a real one does."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

FLAG_PRESENT, FLAG_VERIFIED, FLAG_KEY_ADDED = 1, 4, 64


@dataclass
class Authenticator:
    """One passkey for one host. `flags` say that the person was there, and was verified."""

    host: str = "localhost"
    origin: str = "http://localhost:8000"
    flags: int = FLAG_PRESENT | FLAG_VERIFIED
    count: int = 0
    number: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, challenge: bytes) -> str:
        """Return what the browser says when the passkey is made."""
        point = self.key.public_key().public_numbers()
        public_key = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + len(self.number).to_bytes(2, "big") + self.number + public_key
        told = self.data(self.flags | FLAG_KEY_ADDED) + attested
        response = {
            "clientDataJSON": self.client_data("webauthn.create", challenge),
            "attestationObject": bytes_to_base64url(
                cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": told})
            ),
        }
        return self.answer(response)

    def sign(self, challenge: bytes) -> str:
        """Return what the browser says when the passkey is used; each use counts."""
        self.count += 1
        data = self.data(self.flags)
        client_data = self.client_data("webauthn.get", challenge)
        signed = data + hashlib.sha256(self.client_bytes("webauthn.get", challenge)).digest()
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(self.key.sign(signed, ec.ECDSA(SHA256()))),
        }
        return self.answer(response)

    def data(self, flags: int) -> bytes:
        host = hashlib.sha256(self.host.encode()).digest()
        return host + bytes([flags]) + self.count.to_bytes(4, "big")

    def client_bytes(self, kind: str, challenge: bytes) -> bytes:
        told = {"type": kind, "challenge": bytes_to_base64url(challenge), "origin": self.origin}
        return json.dumps(told).encode()

    def client_data(self, kind: str, challenge: bytes) -> str:
        return bytes_to_base64url(self.client_bytes(kind, challenge))

    def answer(self, response: dict[str, str]) -> str:
        number = bytes_to_base64url(self.number)
        told = {"id": number, "rawId": number, "type": "public-key", "response": response}
        return json.dumps(told)
