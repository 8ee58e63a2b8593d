"""The program `clearline`: one list of commands, one way to fail, one way to name the instance."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from clearline.config.commands import COMMANDS
from clearline.config.instance import database_trouble_told, open_instance, prepare_tables
from clearline.config.instance_toml import NAME, SettingsBroken, read_text
from clearline.config.logs import set_up_logs
from clearline.kit.errors import Refusal
from clearline.kit.strict_toml import at_line, in_words, lines_of

DONE, REFUSED, USAGE = 0, 1, 2
DEFAULT_DIR: Final = "clearline-data"
STOPPED: Final = "Stopped. Nothing acknowledged is lost; run the same command to go on."
THEN: Final = "Mend that and run the same command again."


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 refused or found wanting, 2 usage."""
    os.umask(0o077)  # what an instance holds is its owner's alone
    args = make_parser().parse_args(argv)
    set_up_logs()
    args.instance = instance_of(args).absolute()
    args.now = datetime.now(UTC)
    try:
        with database_trouble_told():
            return run(args)
    except Refusal as refusal:
        return say_no(args, str(refusal), refusal.code)
    except ValidationError as error:
        return say_no(args, told_by_pydantic(error, args.instance), SettingsBroken.code)
    except KeyboardInterrupt:
        return say_no(args, STOPPED, "stopped")
    except BrokenPipeError:
        # The reader of a pipe (head, less) left early: nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return say_no(args, f"{place}{error.strerror or error}. {THEN}", "system")


def run(args: argparse.Namespace) -> int:
    """Open the instance as far as the command needs it, then do what the command does.

    A command that needs less with some of its arguments has a `settle` that says so.
    """
    settle: Callable[[argparse.Namespace], None] | None = getattr(args, "settle", None)
    if settle is not None:
        settle(args)
    if getattr(args, "needs_instance", True):
        open_instance(args.instance, otherwise=getattr(args, "without_instance", ""))
        if getattr(args, "needs_tables", False):
            prepare_tables(args.instance)
    return do_of(args)(args)


def do_of(args: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    """Return what the command does, loaded now that the instance is open."""
    module, _, name = str(args.run).partition(":")
    do: Callable[[argparse.Namespace], int] = getattr(importlib.import_module(module), name)
    return do


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="clearline",
        description="The customer site of a communications provider, ruled by its privacy policy.",
        epilog="Exit codes: 0 done, 1 refused or found wanting, 2 usage.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in COMMANDS:
        add(commands)
    add_common_options(parser)
    # Of the whole alone: the default of a command would undo what stood before its name.
    parser.set_defaults(json=False)
    return parser


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Give every command, at any depth, `--dir` and `--json`, unless it has its own."""
    known = parser._option_string_actions  # noqa: SLF001  # argparse has no public list
    if "--dir" not in known:
        parser.add_argument(
            "--dir",
            type=Path,
            default=argparse.SUPPRESS,
            metavar="DIR",
            help=f"the instance (default: $CLEARLINE_INSTANCE, then ./{default_dir_of(parser)})",
        )
    if "--json" not in known:
        parser.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="answer for machines"
        )
    for action in parser._actions:  # noqa: SLF001  # as above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # as above
            for child in dict.fromkeys(action.choices.values()):
                add_common_options(child)


def default_dir_of(parser: argparse.ArgumentParser) -> str:
    return str(parser.get_default("default_dir") or DEFAULT_DIR)


def instance_of(args: argparse.Namespace) -> Path:
    chosen = getattr(args, "dir", None)
    if chosen is not None:
        return Path(chosen)
    default: str = getattr(args, "default_dir", DEFAULT_DIR)
    return Path(os.environ.get("CLEARLINE_INSTANCE") or default)


def told_by_pydantic(error: ValidationError, instance: Path) -> str:
    """Say every wrong value at once, each with its line in clearline.toml or its variable."""
    file = instance / NAME
    lines = lines_of(read_text(file)) if file.is_file() else {}
    told = ["The settings cannot be used:"]
    for problem in error.errors():
        place = problem["loc"]
        variable = "CLEARLINE_" + "__".join(map(str, place)).upper()
        where = variable if variable in os.environ else f"{file}{at_line(place, lines)}"
        told.append(f"  {where}: {'.'.join(map(str, place))}: {in_words(problem)}")
    return "\n".join([*told, THEN])


def say_no(args: argparse.Namespace, text: str, code: str) -> int:
    if args.json:
        sys.stdout.write(json.dumps({"error": text, "code": code}) + "\n")
    else:
        sys.stderr.write(f"clearline: {text}\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
