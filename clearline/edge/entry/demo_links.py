"""One-time sign-in links of the demo: a file each, named by the hash of its token, used up once.

They exist only where `clearline demo` made them, work only from this machine, and sign in only by
a pressed button, so that a program which fetches links ahead uses none of them up.
"""

import hashlib
import ipaddress
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clearline.trust.safeguards.roles import LoginKind

FOLDER: Final = "demo_links"
TOKEN_BYTES: Final = 24


ROOMS: Final = {LoginKind.CUSTOMER: "account", LoginKind.STAFF: "staff"}


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a link signs in."""

    kind: LoginKind
    user_id: str


def make_link(data_dir: Path, named: Named) -> str:
    """Return the path of a new link that signs somebody in once."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / name_of(token)).write_text(
        json.dumps({"kind": named.kind, "user_id": named.user_id}), encoding="utf-8"
    )
    return f"/{ROOMS[named.kind]}/demo/{token}/"


def end_links(data_dir: Path) -> None:
    """Make every link that was not used worth nothing: a new start prints new ones."""
    for path in (data_dir / FOLDER).glob("*"):
        path.unlink(missing_ok=True)


def find_user_id(data_dir: Path, kind: LoginKind, token: str) -> str | None:
    """Return whom a link would sign in by this way in, or None: used up, or never was."""
    try:
        told = json.loads((data_dir / FOLDER / name_of(token)).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    return str(told["user_id"]) if told["kind"] == kind else None


def use_up(data_dir: Path, token: str) -> bool:
    """Take the link; True for exactly one caller."""
    try:
        (data_dir / FOLDER / name_of(token)).unlink()
    except FileNotFoundError:
        return False
    return True


def name_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
