"""`clearline user …`: giving the first people a way in, from the command line."""

import argparse
import getpass
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from clearline.kit.errors import Invalid
from clearline.policy.use import Actor, ActorKind
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards import staff_logins
from clearline.trust.safeguards.roles import Role

OPERATOR: Final = Actor(ActorKind.JOB, "operator")
PASSWORD_BYTES_MAX: Final = 4_096


class PasswordsDiffer(Invalid):
    code = "passwords_differ"


class PasswordMissing(Invalid):
    code = "password_missing"


def run_create(args: argparse.Namespace) -> int:
    public_id = staff_logins.create_staff(
        by=OPERATOR,
        user_id=args.user_id,
        password=password_from(args.password_file),
        roles=[Role(role) for role in args.role],
        now=args.now,
    )
    if args.json:
        sys.stdout.write(json.dumps({"public_id": public_id}) + "\n")
    else:
        sys.stdout.write(
            f"Made {args.user_id}, staff number {public_id}. They sign in at /staff/.\n"
            "Note the two together: the user ID is stored only as a keyed code.\n"
        )
    return 0


def run_grant(args: argparse.Namespace) -> int:
    """Give roles beside those that someone has; whoever runs the machine needs no second person."""
    member = logins.find_staff(args.number)
    if member is None:
        raise staff_logins.no_such_staff()
    held = member.roles if member.is_active else frozenset()
    roles = held.union(Role(role) for role in args.role)
    staff_logins.set_staff(
        by=OPERATOR, public_id=args.number, roles=roles, is_active=True, now=args.now
    )
    if args.json:
        told = {"public_id": args.number, "roles": sorted(roles)}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(f"{args.number} is now {', '.join(sorted(roles))}.\n")
    return 0


def run_list(args: argparse.Namespace) -> int:
    staff = logins.list_staff()
    if args.json:
        told = [
            {**asdict(each), "roles": sorted(each.roles), "created_at": str(each.created_at)}
            for each in staff
        ]
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0
    for each in staff:
        state = "active" if each.is_active else "closed"
        sys.stdout.write(f"{each.public_id}  {', '.join(sorted(each.roles))}  {state}\n")
    if not staff:
        sys.stdout.write("Nobody yet. `clearline user create-staff NAME --role administrator`\n")
    return 0


def password_from(file: Path | None) -> str:
    """Return the password from a file, a pipe or, asked twice, a person; never an argument.

    Raises PasswordsDiffer, PasswordMissing.
    """
    if file is not None:
        try:
            with file.open(encoding="utf-8") as lines:
                return lines.readline(PASSWORD_BYTES_MAX).rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            message = f"{file} cannot be read. Name a file whose first line is the password."
            raise PasswordsDiffer(message) from None
    if not sys.stdin.isatty():
        line = sys.stdin.readline(PASSWORD_BYTES_MAX).rstrip("\r\n")
        if not line:
            message = (
                "There is no terminal to ask for the password. Write it into the first line of a "
                "file that only you can read, and name it: --password-file FILE."
            )
            raise PasswordMissing(message)
        return line
    first = getpass.getpass("Password (at least 15 characters): ")
    if first != getpass.getpass("The same again: "):
        message = "The two passwords differ. Run the command again."
        raise PasswordsDiffer(message)
    return first
