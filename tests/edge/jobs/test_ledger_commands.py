"""`clearline ledger …`: what it prints, what it returns, and what it says to do next."""

import json
import os
import pty
import shutil
import subprocess
import tempfile
import termios
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from clearline.config import cli
from clearline.config.init_command import make_instance
from clearline.kit.errors import Refusal
from clearline.trust.ledger import actions, queries
from clearline.trust.ledger.checkpoint import (
    Checkpoint,
    CheckpointBroken,
    Signer,
    open_checkpoint,
    parse_checkpoint,
)
from clearline.trust.ledger.models import LogState
from tests.instance import FIRST_DAY, NAMES
from tests.journeys.provider import AT_THE_PROVIDER, CLI, RunningProvider
from tests.trust.ledger.log import NOW, Log


def run(*arguments: str, is_json: bool = False) -> int:
    args = cli.make_parser().parse_args(["ledger", *arguments])
    args.now, args.json = NOW, is_json
    return cli.do_of(args)(args)


@pytest.mark.django_db
def test_a_good_ledger_verifies_and_a_broken_one_says_where_and_what_next(
    log: Log,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.append(300)
    log.integrate_all()

    assert run("verify") == 0
    assert "Verified: 300 entries of localhost/ledger" in capsys.readouterr().out
    tile = log.tiles_dir / "tile" / "0" / "000"
    first, rest = tile.read_bytes()[0], tile.read_bytes()[1:]
    tile.write_bytes(bytes([first ^ 1]) + rest)
    assert run("verify") == 1
    told = capsys.readouterr().err
    assert "does NOT verify" in told
    assert "tile/0/000: its hashes are not those of the entries below it" in told
    assert "backup" in told
    assert run("verify", is_json=True) == 1
    assert json.loads(capsys.readouterr().out)["where"] == "tile/0/000"


@pytest.mark.django_db
def test_a_published_checkpoint_that_nobody_signed_or_that_is_gone_does_not_verify(
    log: Log,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.append(3)
    log.integrate_all()
    path = log.tiles_dir / "checkpoint"
    good = path.read_bytes()

    for place in (0, good.index(b"\n3\n") + 1, len(good) // 2, len(good) - 9):
        path.write_bytes(good[:place] + bytes([good[place] ^ 128]) + good[place + 1 :])
        assert run("verify") == 1
        assert "the published checkpoint" in capsys.readouterr().err
    path.unlink()
    assert run("verify") == 1
    assert "publishes it again" in capsys.readouterr().err


@pytest.mark.django_db
def test_a_changed_byte_of_the_published_checkpoint_is_found_wherever_and_made_good(
    log: Log,
) -> None:
    log.append(3)
    log.integrate_all()
    path = log.tiles_dir / "checkpoint"
    good = path.read_bytes()

    for place in range(len(good)):
        # Of a line feed, 7 makes a carriage return: what reads text takes both for a line's end.
        path.write_bytes(good[:place] + bytes([good[place] ^ 7]) + good[place + 1 :])
        with pytest.raises(CheckpointBroken):
            open_checkpoint(queries.read_checkpoint(), queries.vkey())
    path.write_bytes(good.replace(b"\n", b"\r"))
    assert run("verify") == 1
    actions.integrate(now=NOW)
    assert path.read_bytes() == good


@pytest.mark.django_db
def test_no_word_of_an_entry_stays_on_the_disk_when_verifying_is_killed(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(300)
    log.integrate_all()
    folder = log.folder / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    # Whatever was written stays, as if the program were killed before it clears up.
    monkeypatch.setattr(tempfile.TemporaryDirectory, "cleanup", leave)

    assert run("verify") == 0
    assert run("export", str(log.folder / "export")) == 0

    words = (b"choice.recorded", b"popularity", b"edition")
    exported = (log.folder / "export" / "bodies").read_bytes()
    assert all(word in exported for word in words)
    left = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert left
    assert not any(word in each for each in left for word in words)


def leave(folder: "tempfile.TemporaryDirectory[str]") -> None:
    folder._finalizer.detach()  # type: ignore[attr-defined]  # noqa: SLF001


def run_far_from_here(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as somebody who has nothing of ours but a folder."""
    own = ("CLEARLINE_", "DJANGO_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(own)}
    return subprocess.run(
        [*CLI, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.django_db
def test_an_export_verifies_far_from_here_with_the_key_alone(
    log: Log,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.append(10)
    far = log.folder / "far"
    far.mkdir()
    assert run("export", str(far / "export")) == 0
    printed = capsys.readouterr().out.splitlines()[-1].split()
    older = far / "older"
    older.write_text(queries.read_checkpoint(), encoding="utf-8")

    as_printed = run_far_from_here(far, *printed[1:])
    verify = ("ledger", "verify", "--export", "export")
    with_key = (*verify, "--vkey", queries.vkey())
    grown = run_far_from_here(far, *with_key, "--against", "older", "--json")
    bodies = far / "export" / "bodies"
    whole = bodies.read_bytes()
    middle = len(whole) // 2
    bodies.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    broken = run_far_from_here(far, *with_key)
    keyless = run_far_from_here(far, *verify)

    assert printed[0] == "clearline"
    assert (as_printed.returncode, as_printed.stderr) == (0, "")
    assert "Verified: 10 entries of localhost/ledger" in as_printed.stdout
    told = json.loads(grown.stdout)
    assert told["verified"] is True
    assert (told["size"], told["readable"], told["grown_from"]) == (10, 10, 10)
    assert broken.returncode == 1
    assert "does NOT verify" in broken.stderr
    assert keyless.returncode == 1
    assert "name its key with --vkey" in keyless.stderr
    assert {path.name for path in far.iterdir()} == {"export", "older"}


@pytest.mark.django_db
def test_an_entry_is_proved_at_once_even_if_it_is_not_signed_yet(
    log: Log,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (first,) = log.append(1)
    receipt = log.folder / "re ceipt.json"

    assert run("prove", first, "-o", str(receipt)) == 0

    assert json.loads(receipt.read_bytes())["head"]["id"] == first
    command = capsys.readouterr().out.splitlines()[-1].strip()
    assert command.startswith("python3 /")
    shell = ["bash", "-c", command]
    as_printed = subprocess.run(shell, capture_output=True, text=True, check=False, cwd="/")
    assert (as_printed.returncode, as_printed.stderr) == (0, "")
    assert "Proved: this is entry 0 of the 1" in as_printed.stdout


@pytest.mark.django_db
def test_what_cannot_be_done_is_refused_with_a_next_step(
    log: Log,
) -> None:
    log.append(3)
    actions.integrate(now=NOW)
    nowhere = str(log.folder / "none" / "file")

    for arguments, says in (
        (("prove", "0" * 32, "-o", nowhere), "32 characters"),
        (("prove", queries.list_entries()[0].id, "-o", nowhere), "Name another file"),
        (("verify", "--against", nowhere), "Name a file"),
        (("verify", "--vkey", "rubbish"), "copy it again"),
        (("export", str(log.folder)), "Name a new folder"),
    ):
        with pytest.raises(Refusal, match=says):
            run(*arguments)


@pytest.mark.django_db
def test_a_folder_that_is_no_export_does_not_verify(log: Log, tmp_path: Path) -> None:
    log.append(3)
    actions.integrate(now=NOW)

    assert run("verify", "--export", str(tmp_path / "none")) == 1


def said_on_terminal(words: list[str], folder: Path) -> str:
    """Return what a command says on standard error when that is a terminal."""
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    with (folder / "out").open("wb") as out:
        run = subprocess.Popen(words, stdout=out, stderr=terminal, stdin=subprocess.DEVNULL)
    os.close(terminal)
    said = b""
    try:
        while part := os.read(screen, 4096):
            said += part
    except OSError:
        pass  # so a terminal ends when nobody is left to write to it
    os.close(screen)
    assert run.wait(60) == 0
    return said.decode()


def test_long_work_shows_a_bar_on_a_terminal_and_nothing_in_a_file(
    published: RunningProvider, tmp_path: Path
) -> None:
    assert published.command("ledger", "export", str(tmp_path / "export")).returncode == 0
    words = [*CLI, "ledger", "verify", "--dir", str(published.instance)]

    on_terminal = said_on_terminal(words, tmp_path)
    in_file = subprocess.run(words, capture_output=True, text=True, check=False)

    assert "Verifying" in on_terminal
    assert "entries" in on_terminal
    assert (in_file.returncode, in_file.stderr) == (0, "")


@pytest.fixture
def published(tmp_path: Path) -> RunningProvider:
    """An instance whose first edition was published a moment ago, and nothing else done."""
    provider = RunningProvider(tmp_path / "voice")
    provider.make(effective=datetime.now(AT_THE_PROVIDER).date(), at=None)
    return provider


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_instance_has_no_entry_yet_and_looking_writes_nothing(tmp_path: Path) -> None:
    provider = RunningProvider(tmp_path / "voice")
    make_instance(provider.instance, form="accept", effective=FIRST_DAY, names=NAMES)
    before = files_in(provider.instance)

    verified, as_json = (
        provider.command("ledger", "verify"),
        provider.command("ledger", "verify", "--json"),
    )
    provider.command("doctor")

    assert (verified.returncode, verified.stderr) == (0, "")
    assert "no entry yet" in verified.stdout
    assert json.loads(as_json.stdout) == {"verified": None, "size": 0}
    assert files_in(provider.instance) == before


def test_what_nobody_signed_is_not_verified_and_verifying_signs_nothing(
    published: RunningProvider,
) -> None:
    verified = published.command("ledger", "verify")

    assert verified.returncode == 1
    assert "1 entry waits to be signed; `clearline serve` signs" in verified.stderr
    assert not (published.instance / "data" / "ledger").exists()


def test_a_ledger_that_was_lost_is_told_and_neither_looking_nor_exporting_begins_another(
    published: RunningProvider, tmp_path: Path
) -> None:
    data = published.instance / "data"
    shutil.rmtree(data)
    for lost in ("the folder", "what is in its tables"):
        if lost == "what is in its tables":
            published.command("user", "list")  # makes the tables anew
        before = files_in(published.instance)

        verified, doctor = published.command("ledger", "verify"), published.command("doctor")

        assert (verified.returncode, doctor.returncode) == (1, 1), lost
        assert "it has no entry of an edition that policy/published.json lists" in verified.stderr
        assert "restore the database and data/ledger from the newest backup" in verified.stderr
        assert "restore the database and data/ledger from the newest backup" in doctor.stdout
        assert "clearline init" not in doctor.stdout
        assert "tables" not in doctor.stdout
        assert files_in(published.instance) == before
        assert data.is_dir() == (lost != "the folder")
    exported = published.command("ledger", "export", str(tmp_path / "export"))
    assert (exported.returncode, exported.stdout) == (1, "")
    assert "restore the database" in exported.stderr
    assert not (data / "ledger").exists()


def test_who_has_no_backup_goes_on_as_another_log_and_is_told_what_to_do(
    published: RunningProvider,
) -> None:
    shutil.rmtree(published.instance / "data")

    unsure = published.command("ledger", "begin")
    begun = published.command("ledger", "begin", "--without-backup")
    doctor, verified = published.command("doctor"), published.command("ledger", "verify")
    again = published.command("ledger", "begin", "--without-backup", "--json")

    assert (unsure.returncode, begun.returncode) == (2, 0), begun.stderr
    assert "--without-backup" in unsure.stderr
    assert "/ledger-2, with 0 entries of the one before" in begun.stdout
    assert "give auditors and witnesses the new verifier key" in begun.stdout
    assert "ledger" not in doctor.stdout
    assert verified.returncode == 0
    assert again.returncode == 1
    assert json.loads(again.stdout)["code"] == "nothing_lost"
    assert not (published.instance / "keys" / "ledger-3").exists()


def test_where_beginning_was_stopped_doctor_and_verify_say_to_do_it_again_and_that_helps(
    published: RunningProvider,
) -> None:
    shutil.rmtree(published.instance / "data")
    shutil.copyfile(published.instance / "keys" / "choices", published.instance / "keys/ledger-2")
    note = {"earlier": 1, "seen": 7, "aside": "ledger-lost"}
    (published.instance / "keys" / "ledger.begin").write_text(json.dumps(note), encoding="utf-8")

    doctor, verified = published.command("doctor"), published.command("ledger", "verify")
    begun = published.command("ledger", "begin", "--without-backup")
    after = published.command("doctor")

    for told in (doctor.stdout, verified.stderr):
        assert "`clearline ledger begin` was stopped before it was done" in told
        assert "Run `clearline ledger begin --without-backup` again" in told
        assert "it is not the key" not in told
    assert begun.returncode == 0, begun.stderr
    assert "/ledger-2, with 0 entries of the one before" in begun.stdout
    assert "ledger" not in after.stdout


@pytest.mark.django_db
def test_the_log_that_begins_is_told_to_programs(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"date": "2026-01-01", "sha256": "a" * 64, "published_at": NOW.isoformat()}
    settings.ENV.policy_dir.mkdir()
    (settings.ENV.policy_dir / "published.json").write_text(json.dumps([row]), encoding="utf-8")

    assert run("begin", "--without-backup", is_json=True) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["log"].endswith("/ledger-2")
    assert told["vkey"] == queries.vkey()
    assert (told["left"], told["aside"]) == (0, str(log.tiles_dir.with_name("ledger-lost")))


def test_a_whole_key_that_is_not_the_logs_is_told_by_doctor(
    published: RunningProvider, tmp_path: Path
) -> None:
    assert published.command("ledger", "export", str(tmp_path / "export")).returncode == 0
    before = published.command("doctor").stdout
    (published.instance / "keys" / "ledger").write_text("7" * 64, encoding="utf-8")

    doctor = published.command("doctor")

    assert "keys/ledger" not in before
    assert doctor.returncode == 1
    assert "keys/ledger: it is not the key that signed the last checkpoint\n" in doctor.stdout
    assert "Restore the one that did from your backup." in doctor.stdout


def test_a_published_checkpoint_of_another_log_is_told_by_doctor_with_what_to_restore(
    published: RunningProvider, tmp_path: Path
) -> None:
    assert published.command("ledger", "export", str(tmp_path / "export")).returncode == 0
    path = published.instance / "data" / "ledger" / "checkpoint"
    own = parse_checkpoint(path.read_text(encoding="utf-8"))
    other = Signer(own.origin, b"7" * 32).sign(Checkpoint(own.origin, 9, b"r" * 32))
    path.write_text(other, encoding="utf-8")

    doctor = published.command("doctor")

    assert doctor.returncode == 1
    assert "data/ledger/checkpoint: the published checkpoint (" in doctor.stdout
    assert "is another key's, though the one in the database is signed by keys/ledger" in (
        doctor.stdout
    )
    assert "Restore the database, data/ledger and the key from one backup" in doctor.stdout


def test_tiles_or_a_published_checkpoint_that_are_missing_are_told_by_doctor(
    published: RunningProvider, tmp_path: Path
) -> None:
    assert published.command("ledger", "export", str(tmp_path / "export")).returncode == 0
    folder = published.instance / "data" / "ledger"
    whole = published.command("doctor").stdout
    (folder / "checkpoint").unlink()
    unpublished = published.command("doctor")
    shutil.rmtree(folder / "tile")
    without_tiles = published.command("doctor")

    assert "data/ledger" not in whole
    assert "data/ledger/checkpoint: the published checkpoint is missing\n" in unpublished.stdout
    assert "`clearline serve` publishes it again" in unpublished.stdout
    assert "data/ledger: its tiles do not give the root that was signed\n" in without_tiles.stdout
    assert "Restore data/ledger from the newest backup" in without_tiles.stdout
    assert (unpublished.returncode, without_tiles.returncode) == (1, 1)


@pytest.mark.django_db
def test_a_database_that_forgot_what_was_signed_does_not_verify(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    log.append(3)
    log.integrate_all()
    LogState.objects.all().delete()

    assert run("verify") == 1

    assert "the database does not know that anything was signed" in capsys.readouterr().err


@pytest.mark.django_db
def test_entries_that_wait_to_be_signed_are_counted(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    log.append(2)
    log.integrate_all()
    assert run("verify") == 0
    assert "wait" not in capsys.readouterr().out
    log.append(3)

    assert run("verify") == 0

    assert "3 entries wait to be signed; `clearline serve worker`" in capsys.readouterr().out
