"""`clearline ledger verify --export …`: an export proved by its files alone.

No instance, database or settings: whoever holds the folder and the log's key runs it anywhere.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Final, NoReturn

from tqdm import tqdm

from clearline.kit.errors import Invalid
from clearline.trust.ledger.verify import LedgerBroken, Verified, verify_export

CHECKPOINT_BYTES_MAX: Final = 64 * 1024
NEXT_STEP: Final = (
    "Keep this copy untouched, and compare the file with the newest backup: a disk error shows "
    "there; if the backup is the same, someone changed the ledger."
)


class FileRefused(Invalid):
    code = "file_refused"


def run_verify_export(args: argparse.Namespace) -> int:
    against = read_older(args.against)
    try:
        with bar_of("Verifying", None) as bar:
            verified = verify_export(
                args.export, args.vkey, now=args.now, against=against, advance=bar.update
            )
    except LedgerBroken as broken:
        return tell_broken(broken, args)
    tell(verified, args)
    return 0


def tell(verified: Verified, args: argparse.Namespace) -> None:
    if args.json:
        write_json(as_plain(verified))
    else:
        sys.stdout.write(told(verified))


def tell_broken(
    broken: LedgerBroken, args: argparse.Namespace, *, next_step: str = NEXT_STEP
) -> int:
    if args.json:
        write_json({"verified": False, "where": broken.where, "what": broken.what})
    else:
        sys.stderr.write(f"The ledger does NOT verify.\n  {broken}\n{next_step}\n")
    return 1


def bar_of(what: str, size: int | None) -> "tqdm[NoReturn]":
    """Return a bar on standard error that counts entries, shown on a terminal alone."""
    return tqdm(desc=what, total=size, unit=" entries", disable=None)


def told(verified: Verified) -> str:
    lines = [
        f"Verified: {verified.size} entries of {verified.origin}, as signed.",
        f"  root      {verified.root.hex()}",
        f"  words     {verified.readable} read and found unchanged, {verified.expired} expired",
    ]
    if verified.grown_from is not None:
        lines.append(f"  continues the older checkpoint of {verified.grown_from} entries")
    return "\n".join(lines) + "\n"


def as_plain(verified: Verified) -> dict[str, object]:
    return {
        "verified": True,
        "origin": verified.origin,
        "size": verified.size,
        "root": verified.root.hex(),
        "readable": verified.readable,
        "expired": verified.expired,
        "grown_from": verified.grown_from,
    }


def read_older(path: Path | None) -> str | None:
    """Return the text of the older checkpoint that was named, None where none was."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return file.read(CHECKPOINT_BYTES_MAX + 1).decode(errors="replace")
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}). Name a file that holds a checkpoint."
        raise FileRefused(message) from None


def write_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
