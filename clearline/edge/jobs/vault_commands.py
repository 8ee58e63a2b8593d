"""`clearline vault …`: change the master key while the site serves."""

import argparse
import json
import sys

from tqdm import tqdm

from clearline.trust.vault import actions as vault


def run_rotate(args: argparse.Namespace) -> int:
    """Wrap all people's keys by a new master key; a rotation cut short goes on."""
    with tqdm(desc="Wrapping", unit=" people", disable=None) as bar:

        def tell(done: int, everyone: int) -> None:
            bar.total = everyone
            bar.update(done - bar.n)

        rotated = vault.rotate(tell=tell)
    if args.json:
        told = {"master": rotated.number, "wrapped": rotated.wrapped}
        sys.stdout.write(json.dumps(told) + "\n")
        return 0
    sys.stdout.write(
        f"All keys are wrapped by master key {rotated.number}: {rotated.wrapped:,}. "
        "Back up keys/ now.\n"
        "The old key file opens backups made before; when you keep none of them any more, run "
        "`clearline vault retire`.\n"
    )
    return 0


def run_retire(args: argparse.Namespace) -> int:
    """Delete the master keys that wrap nothing any more."""
    numbers = vault.retire()
    if args.json:
        sys.stdout.write(json.dumps({"retired": numbers}) + "\n")
    elif numbers:
        sys.stdout.write(
            f"Deleted master key {', '.join(map(str, numbers))}. Older backups cannot be opened "
            "any more.\n"
        )
    else:
        sys.stdout.write("There is one master key, and it is in use.\n")
    return 0
