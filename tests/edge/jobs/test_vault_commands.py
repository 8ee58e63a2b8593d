"""`clearline vault …`: what it prints and what it says to do next."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from clearline.config import cli
from clearline.config.instance import prepare_tables
from clearline.edge.jobs.worker import QUICK
from clearline.kit.errors import Refusal
from clearline.policy.vocabulary import SubjectId
from clearline.trust.vault import actions, masters
from clearline.trust.vault.keyring import key_to_seal
from clearline.trust.vault.models import PersonKey

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
ALICE = SubjectId("a" * 32)


def run(*arguments: str, is_json: bool = False) -> int:
    args = cli.make_parser().parse_args(["vault", *arguments])
    args.now, args.json = NOW, is_json
    return cli.do_of(args)(args)


@pytest.fixture
def keys(own_log: None, settings: Settings) -> Path:
    folder: Path = settings.ENV.instance / "keys"
    settings.ENV.data_dir.mkdir()
    return folder


@pytest.mark.django_db
def test_rotating_and_retiring_say_what_was_done_and_what_to_do_next(
    keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key_to_seal(ALICE)

    assert run("rotate") == 0
    told = capsys.readouterr().out
    assert "master key 2: 1." in told
    assert "Back up keys/ now" in told
    assert run("retire") == 0
    assert "Deleted master key 1." in capsys.readouterr().out
    assert run("retire") == 0
    assert "in use" in capsys.readouterr().out
    assert masters.numbers(keys) == [2]


@pytest.mark.django_db
def test_both_are_told_to_machines_too(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del keys
    key_to_seal(ALICE)

    run("rotate", is_json=True)
    run("retire", is_json=True)

    rotated, retired = map(json.loads, capsys.readouterr().out.splitlines())
    assert rotated == {"master": 2, "wrapped": 1}
    assert retired == {"retired": [1]}


@pytest.mark.django_db
def test_a_key_that_is_still_needed_is_not_deleted(keys: Path) -> None:
    key_to_seal(ALICE)
    masters.make_next(keys)

    with pytest.raises(Refusal, match="vault rotate"):
        run("retire")

    assert masters.numbers(keys) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_the_worker_lists_the_erased_and_a_start_erases_them_again(keys: Path) -> None:
    key_to_seal(ALICE)
    backup = PersonKey.objects.get()
    actions.erase_person(ALICE, now=NOW)
    (beat,) = [each for each in QUICK if each.name == "erased"]
    beat.do(NOW)
    backup.save()

    prepare_tables(keys.parent)

    assert PersonKey.objects.get().key_wrapped is None
