"""`clearline customers …`: bringing in the customers that a provider has already."""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from django.conf import settings
from django.urls import reverse
from tqdm import tqdm

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import inviting, queries, taken_back
from clearline.service.accounts.actions import NoSuchCustomer
from clearline.service.accounts.closing_proof import find_address
from clearline.service.accounts.customer_file import (
    ColumnUnknown,
    CustomerFile,
    Encoding,
    FileWrong,
    NotUtf8,
    RowWrong,
)
from clearline.service.accounts.whole_list import (
    Told,
    bring_list,
    decimal_mark_of,
    head_of_rejects,
    reject,
    try_list,
)
from clearline.trust.consent.account import YES_LASTS

OPERATOR: Final = Actor(ActorKind.JOB, "operator")
SHOWN_MAX: Final = 10
DONE, FOUND_WANTING = 0, 1


class Rejects:
    """The rows that cannot come in, as a list of their own beside the file."""

    def __init__(self, file: TextIO, header: Sequence[str]) -> None:
        self.writer = csv.writer(file)
        self.writer.writerow(head_of_rejects(header))
        self.first: list[RowWrong] = []

    def add(self, wrong: RowWrong) -> None:
        if len(self.first) < SHOWN_MAX:
            self.first.append(wrong)
        self.writer.writerow(reject(wrong))


def run_import(args: argparse.Namespace) -> int:
    """Bring a list in, or say what would come of it; the same again goes on where it stopped."""
    path: Path = args.file
    beside = path.with_name(f"{path.name}.rejects.csv")
    with path.open("rb") as file:
        customers = opened(file, args)
        # Cells as they were, in UTF-8; csv ends its lines itself.
        with beside.open("w", encoding="utf-8", newline="") as out:
            rejects = Rejects(out, customers.header)
            total = path.stat().st_size
            with tqdm(total=total, unit="B", unit_scale=True, disable=None) as bar:
                told = bring(customers, rejects, args, lambda: bar.update(file.tell() - bar.n))
    if not told.wrong:
        beside.unlink()
    say(args, told, customers, rejects.first, beside)
    if args.invite and not args.dry_run:
        run_invite(args)
    return FOUND_WANTING if told.wrong else DONE


def opened(file: BinaryIO, args: argparse.Namespace) -> CustomerFile:
    """Return the list, or say with which words of the command it can be read. Raises FileWrong."""
    mark = decimal_mark_of(settings.LANGUAGE_CODE)
    encoding, mapping = Encoding(args.encoding), dict(args.mapping)
    try:
        return CustomerFile(file, encoding=encoding, mapping=mapping, decimal_mark=mark)
    except NotUtf8 as wrong:
        message = f"{wrong} If it is, say `--encoding latin-1`."
    except ColumnUnknown as wrong:
        message = f"{wrong} Name one: `--mapping {wrong.field}=COLUMN`."
    raise FileWrong(message)


def run_invite(args: argparse.Namespace) -> int:
    """Invite all who were brought in and not invited yet; the same again goes on where it stood."""
    total, sent, row = inviting.count_waiting(), 0, 0
    with tqdm(total=total, unit="letter", disable=None) as bar:
        while True:
            began = time.monotonic()
            done = inviting.invite_some(
                by=OPERATOR, after=row, page=invited_page(), now=datetime.now(UTC)
            )
            if not done.last:
                break
            row, sent = done.last, sent + done.invited
            bar.update(done.invited)
            time.sleep(max(0, done.invited * 60 / args.per_minute - (time.monotonic() - began)))
    left_out = inviting.count_waiting()
    if args.json:
        sys.stdout.write(json.dumps({"invited": sent, "left_out": left_out}) + "\n")
        return DONE
    lines = [f"{sent:,} customers were invited; their letters wait in the outbox."]
    if left_out:
        lines.append(f"{left_out:,} have no address that a letter can go to, or a closed account.")
    sys.stdout.write("\n".join(lines) + "\n")
    return DONE


def run_close(args: argparse.Namespace) -> int:
    """Close the accounts of one owner by the number of one; they are erased when a clause says."""
    owner, now = owner_of(args), datetime.now(UTC)
    taken_back.close_by_word(by=OPERATOR, subject=owner, accounts=args.accounts, now=now)
    day = queries.erased_on(now, now=now)
    sys.stdout.write(
        f"{told_of(owner)} closed; on {day} all that is held there is erased. From then on the "
        f"proof of that stands at {find_address(owner)} for the owner to keep.\n"
    )
    return DONE


def run_reopen(args: argparse.Namespace) -> int:
    """Open the accounts of one owner again by the number of one, also where closed for good."""
    owner = owner_of(args)
    taken_back.reopen_by_word(by=OPERATOR, subject=owner, now=datetime.now(UTC))
    sys.stdout.write(f"{told_of(owner)} open again; the owner reads in My data that you did it.\n")
    return DONE


def told_of(owner: SubjectId) -> str:
    """Return what a sentence about all that somebody owns begins with."""
    owned = len(queries.list_owned(owner))
    return "The account is" if owned == 1 else f"All {owned} accounts of this owner are"


def owner_of(args: argparse.Namespace) -> SubjectId:
    """Return who owns the account of the number that was named. Raises NoSuchCustomer."""
    owners = queries.list_by_account_number(args.number.strip())
    if not owners:
        raise NoSuchCustomer
    return owners[0]


def invited_page() -> str:
    """Return the address of the page that a letter leads to, without the link's own part."""
    return settings.ENV.url + reverse("account_invited", args=["_"]).removesuffix("_/")


def bring(
    customers: CustomerFile, rejects: Rejects, args: argparse.Namespace, step: Callable[[], object]
) -> Told:
    def tell(wrong: Sequence[RowWrong]) -> None:
        for each in wrong:
            rejects.add(each)
        step()

    take = try_list if args.dry_run else bring_list
    return take(customers, by=OPERATOR, tell=tell, clock=lambda: datetime.now(UTC))


def say(
    args: argparse.Namespace,
    told: Told,
    customers: CustomerFile,
    first: Sequence[RowWrong],
    beside: Path,
) -> None:
    columns = {str(field): customers.header[at] for field, at in customers.columns.items()}
    if args.json:
        answer = {
            "dry_run": args.dry_run,
            "imported": told.taken,
            "here_already": told.here_already,
            "rejected": told.wrong,
            "rejects": str(beside) if told.wrong else "",
            "columns": columns,
            "left_out": customers.left_out(),
            "yeses_left_out": {"undated": told.yeses_undated, "old": told.yeses_old},
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        return
    read = ", ".join(f"{field} from {name!r}" for field, name in columns.items())
    lines = [f"Read {read}."]
    if customers.left_out():
        lines.append(f"Left out: {', '.join(map(repr, customers.left_out()))}.")
    verb = "would come in" if args.dry_run else "came in"
    lines.append(f"{told.taken:,} customers {verb}; {told.here_already:,} were here already.")
    lines += yeses_in_words(args, told)
    if told.wrong:
        lines.append(f"{told.wrong:,} rows {'cannot' if args.dry_run else 'did not'} come in:")
        lines += [f"  line {each.line}: {each.reason}" for each in first]
        lines.append(f"All of them stand in {beside}. Mend them there and run the command on it.")
    sys.stdout.write("\n".join(lines) + "\n")


def yeses_in_words(args: argparse.Namespace, told: Told) -> list[str]:
    """Return a line for each reason for which a yes is left out."""
    verb = "would not come in" if args.dry_run else "did not come in"
    whys = (
        (told.yeses_undated, "without a choices_date, or of a day to come"),
        (told.yeses_old, f"older than the {YES_LASTS.days} days that a yes lasts"),
    )
    return [
        f"{count:,} {'yes' if count == 1 else 'yeses'} {verb}: {why}."
        for count, why in whys
        if count
    ]
