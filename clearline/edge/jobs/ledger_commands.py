"""`clearline ledger …`: prove the ledger, or one entry of it, from the command line."""

import argparse
import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from clearline.kit.errors import Invalid
from clearline.trust.ledger import actions, queries
from clearline.trust.ledger.verify import PUBLISHED, LedgerBroken, Verified, verify_export

CHECKPOINT_BYTES_MAX = 64 * 1024
NEXT_STEP = (
    "Keep this copy untouched, and compare the file with the newest backup: a disk error shows "
    "there; if the backup is the same, someone changed the ledger."
)


class FileRefused(Invalid):
    code = "file_refused"


def run_verify(args: argparse.Namespace) -> int:
    against = None if args.against is None else read_checkpoint_file(args.against)
    vkey = args.vkey or queries.vkey()
    try:
        if args.export is not None:
            with bar_of("Verifying", None) as bar:
                verified = verify_export(
                    args.export, vkey, now=args.now, against=against, advance=bar.update
                )
        else:
            verified = verify_own(vkey, against, args.now)
    except LedgerBroken as broken:
        if args.json:
            write_json({"verified": False, "where": broken.where, "what": broken.what})
        else:
            sys.stderr.write(f"The ledger does NOT verify.\n  {broken}\n{NEXT_STEP}\n")
        return 1
    if args.json:
        write_json(as_plain(verified))
    else:
        waiting = 0 if args.export else queries.count_waiting()
        sys.stdout.write(told(verified) + told_of_waiting(waiting))
    return 0


def verify_own(vkey: str, against: str | None, now: datetime) -> Verified:
    """Verify this instance's ledger from an export, so that nothing but files is believed."""
    sign_if_never_signed(now)
    published = read_published()  # before the export, so that it cannot be the newer one
    with tempfile.TemporaryDirectory(prefix="clearline-ledger-") as folder:
        export = Path(folder) / "export"
        size = queries.log_state().size
        with bar_of("Reading", size) as bar:
            queries.export_log(export, advance=bar.update)
        with bar_of("Verifying", size) as bar:
            return verify_export(
                export, vkey, now=now, against=against, published=published, advance=bar.update
            )


def read_published() -> str:
    try:
        return queries.read_checkpoint()
    except queries.NoCheckpoint:
        what = "it is missing; `clearline serve worker` publishes it again"
        raise LedgerBroken(what, PUBLISHED) from None


def bar_of(what: str, size: int | None) -> "tqdm[NoReturn]":
    """Return a bar on standard error that counts entries, shown on a terminal alone."""
    return tqdm(desc=what, total=size, unit=" entries", disable=None)


def sign_if_never_signed(now: datetime) -> None:
    if not queries.log_state().checkpoint:
        actions.integrate(now=now)


def run_prove(args: argparse.Namespace) -> int:
    try:
        receipt = queries.receipt(args.id)
    except queries.NotInTree:
        actions.integrate(now=args.now)
        receipt = queries.receipt(args.id)
    write_new(args.output, queries.receipt_file(receipt))
    if args.json:
        write_json({"receipt": str(args.output), "vkey": queries.vkey()})
        return 0
    sys.stdout.write(
        f"Wrote {args.output}. Anyone can check it with docs/verify_receipt.py:\n"
        f"  python verify_receipt.py {args.output} {queries.vkey()}\n"
    )
    return 0


def run_export(args: argparse.Namespace) -> int:
    sign_if_never_signed(args.now)
    with bar_of("Exporting", queries.log_state().size) as bar:
        state = queries.export_log(args.directory, advance=bar.update)
    if args.json:
        write_json({"export": str(args.directory), "size": state.size, "vkey": queries.vkey()})
        return 0
    sys.stdout.write(
        f"Exported {state.size} entries to {args.directory}, with the words of those that have "
        "not expired: keep it as safe as the ledger itself. Verify it with\n"
        f"  clearline ledger verify --export {args.directory} --vkey {queries.vkey()}\n"
    )
    return 0


def told(verified: Verified) -> str:
    lines = [
        f"Verified: {verified.size} entries of {verified.origin}, as signed.",
        f"  root      {verified.root.hex()}",
        f"  words     {verified.readable} read and found unchanged, {verified.expired} expired",
    ]
    if verified.grown_from is not None:
        lines.append(f"  continues the older checkpoint of {verified.grown_from} entries")
    return "\n".join(lines) + "\n"


def told_of_waiting(count: int) -> str:
    if not count:
        return ""
    what = "1 entry waits" if count == 1 else f"{count} entries wait"
    return f"  {what} to be signed; `clearline serve worker` does it\n"


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


def read_checkpoint_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(CHECKPOINT_BYTES_MAX + 1).decode(errors="replace")
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}). Name a file that holds a checkpoint."
        raise FileRefused(message) from None


def write_new(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}). Name another file."
        raise FileRefused(message) from None


def write_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
