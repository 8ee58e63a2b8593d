"""`clearline ledger …`: prove the ledger, or one entry of it, from the command line."""

import argparse
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from clearline.edge.jobs.export_command import (
    FileRefused,
    bar_of,
    read_older,
    run_verify_export,
    tell,
    tell_broken,
    write_json,
)
from clearline.trust.ledger import actions, queries
from clearline.trust.ledger.verify import PUBLISHED, LedgerBroken, Verified, verify_export


def run_verify(args: argparse.Namespace) -> int:
    if args.export is not None:  # by the key of this instance
        args.vkey = args.vkey or queries.vkey()
        return run_verify_export(args)
    against = read_older(args.against)
    try:
        verified = verify_own(args.vkey or queries.vkey(), against, args.now)
    except LedgerBroken as broken:
        return tell_broken(broken, args)
    tell(verified, args)
    if not args.json:
        sys.stdout.write(told_of_waiting(queries.count_waiting()))
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


def told_of_waiting(count: int) -> str:
    if not count:
        return ""
    what = "1 entry waits" if count == 1 else f"{count} entries wait"
    return f"  {what} to be signed; `clearline serve worker` does it\n"


def write_new(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}). Name another file."
        raise FileRefused(message) from None
