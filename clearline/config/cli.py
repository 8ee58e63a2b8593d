"""The program `clearline`: one list of commands, one way to fail, one way to name the instance."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from clearline.config.commands import COMMANDS
from clearline.config.instance import open_instance, prepare_tables
from clearline.config.logs import set_up_logs
from clearline.kit.errors import Refusal

DONE, REFUSED, USAGE = 0, 1, 2


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 refused or found wanting, 2 usage."""
    args = make_parser().parse_args(argv)
    set_up_logs()
    args.instance = instance_of(args).absolute()
    args.now = datetime.now(UTC)
    try:
        if getattr(args, "needs_instance", True):
            open_instance(args.instance)
            if getattr(args, "needs_tables", False):
                prepare_tables(args.instance)
        code = do_of(args)(args)
    except Refusal as refusal:
        return say_no(str(refusal))
    except ValidationError as error:
        return say_no(told_by_pydantic(error, args.instance))
    except KeyboardInterrupt:
        return say_no("Stopped. Nothing acknowledged is lost; run the same command to go on.")
    except BrokenPipeError:
        # The reader of a pipe (head, less) left early: nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    return code


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
            help="the instance (default: $CLEARLINE_INSTANCE, then ./clearline-data)",
        )
    if "--json" not in known:
        parser.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="answer for machines"
        )
    parser.set_defaults(json=False)
    for action in parser._actions:  # noqa: SLF001  # as above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # as above
            for child in dict.fromkeys(action.choices.values()):
                add_common_options(child)


def instance_of(args: argparse.Namespace) -> Path:
    chosen = getattr(args, "dir", None)
    if chosen is not None:
        return Path(chosen)
    default: str = getattr(args, "default_dir", "clearline-data")
    return Path(os.environ.get("CLEARLINE_INSTANCE") or default)


def told_by_pydantic(error: ValidationError, instance: Path) -> str:
    """Say every wrong value at once, each with the name it has in clearline.toml."""
    lines = [f"{instance / 'clearline.toml'} or the environment cannot be used:"]
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        lines.append(f"  {name}: {problem['msg']}")
    lines.append("Mend these lines and run the command again.")
    return "\n".join(lines)


def say_no(text: str) -> int:
    sys.stderr.write(f"clearline: {text}\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
