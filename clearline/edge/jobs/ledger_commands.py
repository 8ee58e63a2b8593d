"""`clearline ledger …`: prove the ledger, or one entry of it, from the command line."""

import argparse
import shlex
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders

from clearline.edge.jobs.export_command import (
    FileRefused,
    bar_of,
    read_older,
    run_verify_export,
    tell,
    tell_broken,
    write_json,
)
from clearline.kit.errors import Conflict
from clearline.trust.ledger import actions, another, exports, queries
from clearline.trust.ledger.loss import find_own_loss, has_tables, refuse_lost
from clearline.trust.ledger.verify import (
    LEDGER,
    PUBLISHED,
    LedgerBroken,
    Verified,
    verify_export,
)

VERIFIER: Final = "verify_receipt.py"


class NothingSigned(Conflict):
    code = "nothing_signed"


def run_verify(args: argparse.Namespace) -> int:
    """Verify an export by this instance's key, or its own ledger, of which nothing is written."""
    if args.export is not None:
        args.vkey = args.vkey or queries.vkey()
        return run_verify_export(args)
    against = read_older(args.against)
    if loss := find_own_loss():
        return tell_broken(LedgerBroken(loss.what, LEDGER), args, next_step=loss.remedy)
    try:
        if is_untouched():
            return tell_untouched(args)
        verified = verify_own(args.vkey or queries.vkey(), against, args.now)
    except LedgerBroken as broken:
        return tell_broken(broken, args)
    tell(verified, args)
    if not args.json:
        sys.stdout.write(told_of_waiting(queries.count_waiting()))
    return 0


def is_untouched() -> bool:
    """Say whether nothing was ever written. Raises LedgerBroken, NothingSigned."""
    if has_tables() and queries.log_state().checkpoint:
        return False
    if queries.is_published():
        what = "it stands there, but the database does not know that anything was signed"
        raise LedgerBroken(what, PUBLISHED)
    waiting = queries.count_waiting() if has_tables() else 0
    if waiting:
        message = (
            f"Nothing of the ledger is signed yet, so nothing can be verified. {entries(waiting)}; "
            "`clearline serve` signs within seconds."
        )
        raise NothingSigned(message)
    return True


def tell_untouched(args: argparse.Namespace) -> int:
    if args.json:
        write_json({"verified": None, "size": 0})
    else:
        sys.stdout.write("There is no entry yet: nothing was published or recorded here.\n")
    return 0


def verify_own(vkey: str, against: str | None, now: datetime) -> Verified:
    """Verify this instance's ledger as an export of it, so that nothing but bytes is believed.

    Its words are opened in memory and never written: whatever ends this program leaves none behind.
    """
    published = read_published()  # before the export, so that it cannot be the newer one
    with tempfile.TemporaryDirectory(prefix="clearline-ledger-") as folder:
        export = Path(folder) / "export"
        size = exports.export_public(export).size
        with bar_of("Verifying", size) as bar:
            return verify_export(
                export,
                vkey,
                now=now,
                against=against,
                published=published,
                lines=exports.body_lines(size),
                advance=bar.update,
            )


def read_published() -> str:
    try:
        return queries.read_checkpoint()
    except queries.NoCheckpoint:
        what = "it is missing; `clearline serve worker` publishes it again"
        raise LedgerBroken(what, PUBLISHED) from None


def sign_if_never_signed(now: datetime) -> None:
    refuse_lost()
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
    command = ["python3", verifier(), str(args.output), queries.vkey()]
    sys.stdout.write(
        f"Wrote {args.output}. Whoever has the program {VERIFIER}, which is on the site too, can "
        f"check it without us:\n  {shlex.join(command)}\n"
    )
    return 0


def verifier() -> str:
    """Return where the program lies that the site gives out."""
    return str(Path(str(finders.find(VERIFIER))).resolve())


def run_export(args: argparse.Namespace) -> int:
    sign_if_never_signed(args.now)
    with bar_of("Exporting", queries.log_state().size) as bar:
        state = exports.export_log(args.directory, advance=bar.update)
    if args.json:
        write_json({"export": str(args.directory), "size": state.size, "vkey": queries.vkey()})
        return 0
    sys.stdout.write(
        f"Exported {state.size} entries to {args.directory}, with the words of those that have "
        "not expired: keep it as safe as the ledger itself. Verify it with\n"
        f"  clearline ledger verify --export {args.directory} --vkey {queries.vkey()}\n"
    )
    return 0


def run_begin(args: argparse.Namespace) -> int:
    """Go on as another log where this one is lost, and say what auditors must be told."""
    begun = another.begin_another(now=args.now)
    actions.integrate(now=args.now)
    vkey = queries.vkey()
    if args.json:
        told = {"log": begun.name, "vkey": vkey, "left": begun.left, "aside": str(begun.aside)}
        write_json(told)
        return 0
    sys.stdout.write(
        f"The ledger goes on as another log, {begun.name}, with {begun.left} entries of the one "
        "before. An entry says that it began.\n"
        f"What is left of the files of before is in {begun.aside}.\n"
        "Next: back up keys/ and the database, and give auditors and witnesses the new verifier "
        f"key, with the reason:\n  {vkey}\n"
    )
    return 0


def told_of_waiting(count: int) -> str:
    if not count:
        return ""
    return f"  {entries(count)}; `clearline serve worker` does it\n"


def entries(count: int) -> str:
    return ("1 entry waits" if count == 1 else f"{count} entries wait") + " to be signed"


def write_new(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}). Name another file."
        raise FileRefused(message) from None
