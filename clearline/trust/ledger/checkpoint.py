"""Checkpoints: origin, size and root of the tree, signed as C2SP signed notes with Ed25519. Pure.

https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from clearline.kit.errors import Invalid
from clearline.trust.ledger.merkle import HASH_BYTES

ED25519: Final = b"\x01"  # the signature type in key ids and verifier keys
KEY_ID_BYTES: Final = 4
SIGNATURE_BYTES: Final = 64
NOTE_BYTES_MAX: Final = 64 * 1024
SIGNATURES_MAX: Final = 16
SIZE_MAX: Final = 2**63 - 1
SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
NAME: Final = re.compile(r"[^\s+]{1,200}")


class CheckpointBroken(Invalid):
    """The text is no checkpoint of this log, or the key did not sign it."""

    code = "checkpoint_broken"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log promises: these first `size` entries, with this root, for ever."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class Signer:
    """The log's own key. Prints as `Signer(…)`."""

    __slots__ = ("key", "name", "public")

    def __init__(self, name: str, seed: bytes) -> None:
        self.name = name
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return "Signer(…)"

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signed note. The same checkpoint gives the same text."""
        text = checkpoint.text()
        signature = key_id(self.name, self.public) + self.key.sign(text.encode())
        return f"{text}\n\u2014 {self.name} {base64.b64encode(signature).decode()}\n"

    def has_signed(self, note: str) -> bool:
        """Say whether this is a checkpoint that the key signed, under whatever name."""
        try:
            open_checkpoint(note, to_vkey(parse_checkpoint(note).origin, self.public))
        except CheckpointBroken:
            return False
        return True

    def is_stranger_to(self, note: str) -> bool:
        """Say whether the log of this checkpoint is signed, and by other keys alone."""
        try:
            origin, (_, signatures) = parse_checkpoint(note).origin, split_note(note)
        except CheckpointBroken:
            return False
        ids = {signed[:KEY_ID_BYTES] for name, signed in signatures if name == origin}
        return bool(ids) and key_id(origin, self.public) not in ids

    def vkey(self) -> str:
        """Return the verifier key that auditors hold: `name+key id+public key`."""
        return to_vkey(self.name, self.public)


def to_vkey(name: str, public: bytes) -> str:
    encoded = base64.b64encode(ED25519 + public).decode()
    return f"{name}+{key_id(name, public).hex()}+{encoded}"


def key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:KEY_ID_BYTES]


def parse_vkey(vkey: str) -> tuple[str, bytes]:
    """Return the name and the public key of a verifier key. Raises CheckpointBroken."""
    name, _, rest = vkey.strip().partition("+")
    id_hex, _, public_text = rest.partition("+")
    public = decode_exactly(public_text)
    is_ours = public[:1] == ED25519 and len(public) == 1 + HASH_BYTES and NAME.fullmatch(name)
    if not is_ours or key_id(name, public[1:]).hex() != id_hex:
        message = (
            "The verifier key is not whole. It looks like example.com/ledger+1a2b3c4d+AQ…: "
            "copy it again from whoever gave it to you."
        )
        raise CheckpointBroken(message)
    return name, public[1:]


def parse_checkpoint(note: str) -> Checkpoint:
    """Return what a note says, its signature unread. Raises CheckpointBroken."""
    text, _ = split_note(note)
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not NAME.fullmatch(lines[0]) or not SIZE.fullmatch(lines[1]):  # noqa: PLR2004
        message = "a checkpoint has three lines: origin, size and root"
        raise CheckpointBroken(message)
    size, root = int(lines[1]), decode_exactly(lines[2])
    if size > SIZE_MAX or len(root) != HASH_BYTES:
        message = "the size or the root of the checkpoint is no size or root"
        raise CheckpointBroken(message)
    return Checkpoint(lines[0], size, root)


def open_checkpoint(note: str, vkey: str) -> Checkpoint:
    """Return what the holder of the key has signed. Raises CheckpointBroken."""
    name, public = parse_vkey(vkey)
    checkpoint = parse_checkpoint(note)
    text, signatures = split_note(note)
    wanted = key_id(name, public)
    own = [signed for signer, signed in signatures if signer == name and signed[:4] == wanted]
    if len(own) != 1 or len(own[0]) != KEY_ID_BYTES + SIGNATURE_BYTES or checkpoint.origin != name:
        message = f"the checkpoint carries no signature of {name}"
        raise CheckpointBroken(message)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(own[0][KEY_ID_BYTES:], text.encode())
    except InvalidSignature:
        message = f"the signature of {name} does not fit the checkpoint"
        raise CheckpointBroken(message) from None
    return checkpoint


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text and the signatures (name, key id and signature) of a signed note."""
    text, blank, rest = note.rpartition("\n\n")
    lines = rest.split("\n")
    if (
        not blank
        or len(note) > NOTE_BYTES_MAX
        or lines.pop()
        or not 0 < len(lines) <= SIGNATURES_MAX
    ):
        message = "a signed note is its text, an empty line, and signature lines"
        raise CheckpointBroken(message)
    return text + "\n", [read_signature(line) for line in lines]


def read_signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    signed = decode_exactly(encoded)
    if dash != "\u2014" or not NAME.fullmatch(name) or len(signed) <= KEY_ID_BYTES:
        message = "a line of the signed note is no signature"
        raise CheckpointBroken(message)
    return name, signed


def decode_exactly(text: str) -> bytes:
    """Return the bytes of base64 text; text that another text could stand for gives none."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return found if base64.b64encode(found).decode() == text else b""
