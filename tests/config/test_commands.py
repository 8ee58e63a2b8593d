"""Every command leads to something that can be done, and help needs nothing."""

import argparse
import subprocess
import sys
from collections.abc import Iterator

import pytest

from clearline.config import cli
from clearline.config.commands import PROCESS_NAMES
from clearline.config.processes import PROCESSES
from clearline.trust.safeguards.roles import Role


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    subparsers = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]  # noqa: SLF001  # no public list
    if not subparsers:
        yield parser
    for each in subparsers:
        for child in each.choices.values():
            yield from leaves(child)


@pytest.mark.parametrize("parser", list(leaves(cli.make_parser())), ids=lambda parser: parser.prog)
def test_a_command_leads_to_something_that_can_be_done(parser: argparse.ArgumentParser) -> None:
    assert callable(cli.do_of(argparse.Namespace(run=parser.get_default("run"))))


def test_every_process_that_can_be_named_can_be_served() -> None:
    assert set(PROCESS_NAMES) == set(PROCESSES)


@pytest.mark.parametrize("words", ["--json --dir x doctor", "doctor --json --dir x"])
def test_what_every_command_takes_may_stand_before_its_name_and_behind_it(words: str) -> None:
    told = cli.make_parser().parse_args(words.split())

    assert (told.json, str(told.dir)) == (True, "x")
    assert not cli.make_parser().parse_args(["doctor"]).json


@pytest.mark.parametrize(
    "words", [["--help"], ["ledger", "--help"], ["report", "popularity", "-h"]]
)
def test_help_needs_no_instance(words: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "clearline.config.cli", *words],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0
    assert "usage: clearline" in run.stdout


def test_a_command_without_an_instance_says_how_to_make_one(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(["check", "--dir", str(tmp_path_factory.mktemp("empty"))])

    assert code == 1
    assert "clearline init" in capsys.readouterr().err


def test_a_role_that_nobody_knows_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["user", "create-staff", "ann", "--role", "boss"])

    told = capsys.readouterr().err
    there_are = ", ".join(repr(role.value) for role in Role)
    assert f"invalid choice: 'boss' (choose from {there_are})" in told


@pytest.mark.parametrize(
    ("words", "folder"), [(["demo"], "./clearline-demo"), (["serve"], "./clearline-data")]
)
def test_help_names_the_folder_that_a_command_uses_unless_told(
    words: list[str], folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main([*words, "--help"])

    assert f"then{folder})" in "".join(capsys.readouterr().out.split())
