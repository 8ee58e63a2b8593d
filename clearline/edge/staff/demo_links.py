"""One-time sign-in links of the demo: a file each, named by the hash of its token, used up once.

They exist only where `clearline demo` made them, work only from this machine, and sign in only by
a pressed button, so that a program which fetches links ahead uses none of them up.
"""

import hashlib
import ipaddress
import json
import secrets
from pathlib import Path
from typing import Final

FOLDER: Final = "demo_links"
TOKEN_BYTES: Final = 24


def make_link(data_dir: Path, user_id: str) -> str:
    """Return the path of a new link that signs `user_id` in once."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / name_of(token)).write_text(json.dumps({"user_id": user_id}), encoding="utf-8")
    return f"/staff/demo/{token}/"


def end_links(data_dir: Path) -> None:
    """Make every link that was not used worth nothing: a new start prints new ones."""
    for path in (data_dir / FOLDER).glob("*"):
        path.unlink(missing_ok=True)


def find_user_id(data_dir: Path, token: str) -> str | None:
    """Return whom a link would sign in, or None when it is used up or never was."""
    try:
        told = json.loads((data_dir / FOLDER / name_of(token)).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    return str(told["user_id"])


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
