"""Every command with its arguments; what it does is named by its place and loaded when it runs.

So that help needs no instance, and no command waits for what only another one needs.
"""

import argparse
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from clearline.reach.visitors.event import Device, Part, ReferrerClass
from clearline.reach.visitors.report import DAYS_DEFAULT, Order, Population, Thing
from clearline.service.accounts.customer_file import Encoding, Field
from clearline.trust.safeguards.roles import Role

# argparse has no public name for what add_subparsers returns.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
PORT_MAX: Final = 65_535
LETTERS_DIGITS_MAX: Final = 6
PROCESS_NAMES: Final = ("front", "site", "collector", "loader", "store", "worker")


def day(text: str) -> date:
    """Read a day. Raises ArgumentTypeError, which argparse tells."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no day; write one like 2026-12-01"
        raise argparse.ArgumentTypeError(message) from None


def port_number(text: str) -> int:
    """Read a port. Raises ArgumentTypeError, which argparse tells."""
    if text.isdecimal() and len(text) <= len(str(PORT_MAX)) and 0 < int(text) <= PORT_MAX:
        return int(text)
    message = f"{text!r} is no port; write a number from 1 to {PORT_MAX}"
    raise argparse.ArgumentTypeError(message)


def values(words: type[StrEnum]) -> list[str]:
    """Return the words of a closed set as people write them; argparse shows them so."""
    return [str(word) for word in words]


def add_demo(commands: Subparsers) -> None:
    parser = commands.add_parser("demo", help="make and serve a provider with life in it")
    parser.add_argument(
        "--port", type=port_number, default=8000, help="where to listen (default: 8000)"
    )
    parser.add_argument("--reset", action="store_true", help="begin anew: removes the demo first")
    parser.set_defaults(
        run="clearline.config.demo.command:run",
        needs_instance=False,
        default_dir="clearline-demo",
    )


def add_init(commands: Subparsers) -> None:
    parser = commands.add_parser("init", help="make an instance: settings, keys, policy, pages")
    parser.add_argument(
        "directory",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="the folder to make; the same as --dir, so give one of the two",
    )
    parser.add_argument(
        "--edition",
        choices=("accept", "notice"),
        default="accept",
        help="ask before measuring (accept, the default) or measure until declined (notice)",
    )
    parser.add_argument(
        "--effective", type=day, metavar="DATE", help="first day of the edition (default: today)"
    )
    parser.set_defaults(run="clearline.config.init_command:run", needs_instance=False)


def add_serve(commands: Subparsers) -> None:
    parser = commands.add_parser("serve", help="run the site: all processes, or one by name")
    parser.add_argument(
        "process",
        nargs="?",
        choices=PROCESS_NAMES,
        metavar="PROCESS",
        help=f"one alone: {', '.join(PROCESS_NAMES)}",
    )
    parser.add_argument(
        "--port", type=port_number, help="where to listen (default: clearline.toml)"
    )
    parser.set_defaults(run="clearline.config.processes:run")


def add_policy(commands: Subparsers) -> None:
    checking = commands.add_parser("check", help="compare the policy with what the program does")
    checking.add_argument("--edition", help="a date or a file (default: in force, else the last)")
    checking.set_defaults(run="clearline.edge.jobs.policy_commands:run_check")
    policy = commands.add_parser("policy", help="show, compare and publish editions")
    verbs = policy.add_subparsers(title="verbs", metavar="VERB", required=True)
    show = verbs.add_parser("show", help="print an edition in plain words")
    show.add_argument("--edition", help="a date or a file (default: in force, else the last)")
    show.set_defaults(run="clearline.edge.jobs.policy_commands:run_show")
    diff = verbs.add_parser("diff", help="say what changed between two editions")
    diff.add_argument("old", help="a date or a file")
    diff.add_argument("new", help="a date or a file")
    diff.set_defaults(run="clearline.edge.jobs.policy_commands:run_diff")
    publish = verbs.add_parser("publish", help="publish a draft: from then on it is never edited")
    publish.add_argument("file", type=Path, help="policy/DATE.toml")
    publish.set_defaults(run="clearline.edge.jobs.policy_commands:run_publish", needs_tables=True)


def add_ledger(commands: Subparsers) -> None:
    ledger = commands.add_parser("ledger", help="verify, prove and export the ledger")
    verbs = ledger.add_subparsers(title="verbs", metavar="VERB", required=True)
    verify = verbs.add_parser("verify", help="recompute the whole ledger from its files alone")
    verify.add_argument(
        "--export", type=Path, metavar="DIR", help="an export (default: this instance's ledger)"
    )
    verify.add_argument(
        "--against", type=Path, metavar="FILE", help="an older checkpoint that must be continued"
    )
    verify.add_argument(
        "--vkey", metavar="KEY", help="the log's verifier key (default: this instance's)"
    )
    verify.set_defaults(
        run="clearline.edge.jobs.ledger_commands:run_verify",
        settle=verify_from_files_alone,
    )
    prove = verbs.add_parser("prove", help="write the receipt of one entry: it proves it offline")
    prove.add_argument("id", metavar="ID", help="the entry's number, 32 characters")
    prove.add_argument("-o", "--output", type=Path, metavar="FILE", required=True)
    prove.set_defaults(run="clearline.edge.jobs.ledger_commands:run_prove", needs_tables=True)
    export = verbs.add_parser("export", help="write all that proves the ledger into a new folder")
    export.add_argument("directory", type=Path, metavar="DIR")
    export.set_defaults(run="clearline.edge.jobs.ledger_commands:run_export", needs_tables=True)
    begin = verbs.add_parser("begin", help="go on as another log once this one is lost for good")
    begin.add_argument(
        "--without-backup",
        action="store_true",
        required=True,
        help="you have looked, and no newer backup of the database is left",
    )
    begin.set_defaults(run="clearline.edge.jobs.ledger_commands:run_begin", needs_tables=True)


def verify_from_files_alone(args: argparse.Namespace) -> None:
    """Ask for no instance where an export and its key are named: whoever got both has none."""
    if args.export is None:
        return
    args.without_instance = "An export is verified without any: name its key with --vkey."
    if args.vkey is not None:
        args.run = "clearline.edge.jobs.export_command:run_verify_export"
        args.needs_instance = False


def add_vault(commands: Subparsers) -> None:
    vault = commands.add_parser("vault", help="change the key that wraps people's keys")
    verbs = vault.add_subparsers(title="verbs", metavar="VERB", required=True)
    rotate = verbs.add_parser("rotate", help="wrap all people's keys by a new master key")
    rotate.set_defaults(run="clearline.edge.jobs.vault_commands:run_rotate", needs_tables=True)
    retire = verbs.add_parser("retire", help="delete master keys that wrap nothing any more")
    retire.set_defaults(run="clearline.edge.jobs.vault_commands:run_retire", needs_tables=True)


def add_report(commands: Subparsers) -> None:
    report = commands.add_parser("report", help="print a report, or write it as a file")
    names = report.add_subparsers(title="reports", metavar="NAME", required=True)
    popularity = names.add_parser("popularity", help="which pages and services are visited most")
    popularity.add_argument(
        "--thing", choices=values(Thing), default=Thing.PAGE, help="what the rows are"
    )
    popularity.add_argument(
        "--from",
        dest="start",
        type=day,
        metavar="DATE",
        help=f"first day (default: so that it is {DAYS_DEFAULT} days)",
    )
    popularity.add_argument(
        "--to",
        dest="end",
        type=day,
        metavar="DATE",
        help="last day (default: yesterday; today when only the first is given)",
    )
    popularity.add_argument(
        "--population", choices=values(Population), default=Population.ALL, help="whose visits"
    )
    popularity.add_argument(
        "--order", choices=values(Order), default=Order.VIEWS, help="the most first, by this"
    )
    for flag, words in (
        ("--part", Part),
        ("--device", Device),
        ("--referrer-class", ReferrerClass),
    ):
        popularity.add_argument(flag, choices=values(words), default="", help="only these visits")
    for flag in ("--referrer", "--campaign"):
        popularity.add_argument(flag, default="", metavar="NAME", help="only these visits")
    popularity.add_argument("--search", default="", help="only names with these letters")
    popularity.add_argument("--csv", action="store_true", help="write CSV")
    popularity.set_defaults(
        run="clearline.edge.jobs.report_command:run_popularity",
        needs_tables=True,
    )


def add_user(commands: Subparsers) -> None:
    user = commands.add_parser("user", help="give people of the staff a way in")
    verbs = user.add_subparsers(title="verbs", metavar="VERB", required=True)
    create = verbs.add_parser("create-staff", help="make a login; asks for its password")
    create.add_argument("user_id", metavar="USER_ID", help="what they sign in with")
    create.add_argument(
        "--role", action="append", required=True, choices=values(Role), help="may be repeated"
    )
    create.add_argument(
        "--password-file", type=Path, metavar="FILE", help="read the password from its first line"
    )
    create.set_defaults(run="clearline.edge.jobs.staff_commands:run_create", needs_tables=True)
    grant = verbs.add_parser(
        "grant", help="give roles, or a closed way in back, to one of the staff"
    )
    grant.add_argument("number", metavar="NUMBER", help="the staff number, as `user list` tells it")
    grant.add_argument(
        "--role", action="append", required=True, choices=values(Role), help="may be repeated"
    )
    grant.set_defaults(run="clearline.edge.jobs.staff_commands:run_grant", needs_tables=True)
    listing = verbs.add_parser("list", help="list the staff, by random number and roles")
    listing.set_defaults(run="clearline.edge.jobs.staff_commands:run_list", needs_tables=True)


def column(text: str) -> tuple[Field, str]:
    """Read FIELD=COLUMN. Raises ArgumentTypeError, which argparse tells."""
    name, sign, header = text.partition("=")
    if sign and header and name in values(Field):
        return Field(name), header
    message = f"{text!r} is no FIELD=COLUMN; fields are {', '.join(values(Field))}"
    raise argparse.ArgumentTypeError(message)


LIST_HELP: Final = (
    "CSV; its first line names the columns. A balance is 12.50, -3.10 or 1,234.56, or whole cents "
    "(1250), all of a list alike; a comma stands for the point where the site's locale has it"
)


def add_customers(commands: Subparsers) -> None:
    customers = commands.add_parser("customers", help="bring in the customers you have already")
    verbs = customers.add_subparsers(title="verbs", metavar="VERB", required=True)
    bring = verbs.add_parser("import", help="bring in a CSV list, each customer once")
    bring.add_argument("file", type=Path, metavar="FILE", help=LIST_HELP)
    bring.add_argument(
        "--mapping",
        action="append",
        type=column,
        default=[],
        metavar="FIELD=COLUMN",
        help=f"which column is what, where its name does not tell; {', '.join(values(Field))}",
    )
    bring.add_argument(
        "--encoding", choices=values(Encoding), default=Encoding.UTF_8, help="default: utf-8"
    )
    bring.add_argument("--dry-run", action="store_true", help="say what would happen; write none")
    bring.add_argument(
        "--invite", action="store_true", help="then invite all who were not invited yet"
    )
    add_per_minute(bring)
    bring.set_defaults(run="clearline.edge.jobs.customer_commands:run_import", needs_tables=True)
    invite = verbs.add_parser("invite", help="send all who came in a link to sign in by, each once")
    add_per_minute(invite)
    invite.set_defaults(run="clearline.edge.jobs.customer_commands:run_invite", needs_tables=True)
    close = verbs.add_parser(
        "close", help="close the account of who should not be here, or asks so, and all they own"
    )
    close.add_argument("number", metavar="NUMBER", help="the account number")
    close.add_argument(
        "--accounts",
        type=int,
        default=1,
        metavar="N",
        help="how many accounts its owner has, all of which close (default: 1)",
    )
    close.set_defaults(run="clearline.edge.jobs.customer_commands:run_close", needs_tables=True)
    again = verbs.add_parser(
        "reopen", help="open all of an owner again whom no letter with a link about it reached"
    )
    again.add_argument("number", metavar="NUMBER", help="the account number")
    again.set_defaults(run="clearline.edge.jobs.customer_commands:run_reopen", needs_tables=True)


def add_per_minute(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--per-minute",
        type=letters_a_minute,
        default=6_000,
        metavar="N",
        help="letters that are written in a minute at most (default: 6000)",
    )


def letters_a_minute(text: str) -> int:
    """Read how many letters a minute takes. Raises ArgumentTypeError, which argparse tells."""
    if text.isdecimal() and len(text) <= LETTERS_DIGITS_MAX and int(text) > 0:
        return int(text)
    message = f"{text!r} is no number of letters; write one from 1 to 999999"
    raise argparse.ArgumentTypeError(message)


def add_doctor(commands: Subparsers) -> None:
    parser = commands.add_parser("doctor", help="say what an instance still needs")
    # It opens the instance itself, after it has looked at what opening one needs.
    parser.set_defaults(run="clearline.config.doctor:run", needs_instance=False)


def add_bench(commands: Subparsers) -> None:
    parser = commands.add_parser("bench", help="measure speed beside a peer or a physical limit")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones (default: all)")
    parser.set_defaults(run="clearline.config.bench_command:run", needs_instance=False)


COMMANDS: Final = (
    add_demo,
    add_init,
    add_serve,
    add_policy,
    add_ledger,
    add_vault,
    add_report,
    add_user,
    add_customers,
    add_doctor,
    add_bench,
)
