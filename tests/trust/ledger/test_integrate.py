"""From rows to the signed tree: places, crashes, two integrators, restored backups."""

import os
import shutil
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from pytest_django import Settings

from clearline.policy.shelf import PolicyBroken
from clearline.rights.agreement.actions import AlreadyPublished, Publication, publish_edition
from clearline.trust.ledger import actions, queries
from clearline.trust.ledger.actions import integrate
from clearline.trust.ledger.checkpoint import (
    Checkpoint,
    Signer,
    open_checkpoint,
    parse_checkpoint,
)
from clearline.trust.ledger.models import Entry, LogState
from clearline.trust.ledger.other_key import OtherKey
from clearline.trust.ledger.published import LogWouldBeRewritten
from clearline.trust.ledger.tiles import NoSuchTile, TileBroken
from clearline.trust.ledger.verify import LedgerBroken, verify_export
from tests.trust.ledger.log import NOW, Footing, Log, later, make_choice, sign_log


class PowerCut(OSError):
    pass


def cut_power_after(monkeypatch: pytest.MonkeyPatch, syncs: int) -> None:
    """Let the disk fail for good after so many syncs."""
    left = [syncs]
    real = os.fsync

    def fsync(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise PowerCut
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.django_db
def test_entries_get_their_places_in_the_order_they_came(log: Log) -> None:
    ids = log.append(700)

    assert integrate(now=NOW, rows_max=300) == 300
    assert log.integrate_all() == 400

    rows = Entry.objects.order_by("position").values_list("position", "public_id")
    assert list(rows) == list(enumerate(ids))
    assert open_checkpoint(queries.read_checkpoint(), queries.vkey()).size == 700


@pytest.mark.django_db
def test_gaps_in_the_rows_leave_no_gap_in_the_tree(log: Log) -> None:
    log.append(10)
    Entry.objects.filter(number__in=[row.number for row in Entry.objects.all()[2:8:2]]).delete()

    assert log.integrate_all() == 7

    places = Entry.objects.order_by("number").values_list("position", flat=True)
    assert list(places) == list(range(7))
    assert verify_export(log.export(), queries.vkey(), now=NOW).size == 7


@pytest.mark.django_db
@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 513])
def test_a_log_of_any_size_verifies(log: Log, size: int) -> None:
    log.append(size)
    integrate(now=NOW)

    assert verify_export(log.export(), queries.vkey(), now=NOW).readable == size


@pytest.mark.django_db
def test_a_log_that_grows_in_uneven_steps_keeps_all_its_past(log: Log) -> None:
    checkpoints = []
    for step in (1, 1, 253, 1, 1, 300, 7):
        log.append(step)
        integrate(now=NOW)
        checkpoints.append(queries.read_checkpoint())
    export = log.export()

    for checkpoint in checkpoints:
        verify_export(export, queries.vkey(), now=NOW, against=checkpoint)


@pytest.mark.django_db
def test_the_oldest_waiting_entry_tells_its_age_until_it_is_signed(log: Log) -> None:
    assert queries.oldest_waiting(now=NOW) is None

    log.append(2)

    assert queries.oldest_waiting(now=later(seconds=90)) == timedelta(seconds=90)
    assert queries.oldest_waiting(now=later(seconds=-90)) == timedelta()
    integrate(now=later(seconds=91))
    assert queries.oldest_waiting(now=later(seconds=92)) is None
    assert queries.log_state().signed_at == later(seconds=91)


@pytest.mark.django_db(transaction=True)
def test_entries_wait_until_they_are_signed_and_are_counted_so(log: Log) -> None:
    log.append(3)

    assert queries.count_waiting() == 3
    integrate(now=NOW)
    assert queries.count_waiting() == 0


@pytest.mark.django_db
def test_nothing_to_do_signs_nothing_anew(log: Log) -> None:
    log.append(3)
    integrate(now=NOW)

    assert integrate(now=later(hours=1)) == 0

    assert queries.log_state().signed_at == NOW


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("syncs", [*range(14), 18, 25])
def test_a_crash_at_any_sync_is_made_good_by_the_next_turn(
    log: Log, syncs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(250)
    integrate(now=NOW)
    before = queries.read_checkpoint()
    log.append(300)
    with monkeypatch.context() as disk:
        cut_power_after(disk, syncs)
        try:
            integrate(now=NOW)
        except PowerCut:
            crashed = queries.read_checkpoint()
            assert crashed == before or syncs >= 8, "nothing may be published before it is stored"
    log.append(5)

    log.integrate_all()

    verified = verify_export(log.export(), queries.vkey(), now=NOW, against=before)
    assert verified.size == 555
    assert queries.read_checkpoint() == queries.log_state().checkpoint


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_the_commit_and_the_publishing_is_made_good(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(3)
    integrate(now=NOW)
    before = queries.read_checkpoint()
    log.append(3)
    with monkeypatch.context() as disk:
        real = Path.replace

        def replace(path: Path, target: Path) -> Path:
            if target.name == "checkpoint":
                raise PowerCut
            return real(path, target)

        disk.setattr(Path, "replace", replace)
        with pytest.raises(PowerCut):
            integrate(now=NOW)
    assert queries.log_state().size == 6
    assert queries.read_checkpoint() == before

    assert integrate(now=NOW) == 0

    assert queries.read_checkpoint() == queries.log_state().checkpoint
    assert verify_export(log.export(), queries.vkey(), now=NOW, against=before).size == 6


@pytest.mark.django_db(transaction=True)
def test_a_tile_that_no_checkpoint_covers_is_not_shown(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(3)
    integrate(now=NOW)
    log.append(300)
    with monkeypatch.context() as disk:
        cut_power_after(disk, 5)
        with pytest.raises(PowerCut):
            integrate(now=NOW)

    assert len(queries.read_tile("0/000.p/3")) == 96
    for path in ("0/000", "entries/000", "0/000.p/4", "1/000.p/1"):
        with pytest.raises(NoSuchTile):
            queries.read_tile(path)


@pytest.mark.django_db(transaction=True)
def test_integrators_and_writers_at_once_give_one_log(log: Log) -> None:
    def write() -> None:
        for number in range(10):
            actions.append(make_choice(number), subject=None, permit=Footing(), now=NOW)
        connection.close()

    def sign() -> None:
        for _ in range(12):
            integrate(now=NOW, rows_max=7)
        connection.close()

    tasks = (write, sign, write, sign, write, sign)
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.integrate_all()

    assert queries.read_checkpoint() == queries.log_state().checkpoint
    assert verify_export(log.export(), queries.vkey(), now=NOW).size == 30


@pytest.mark.django_db
def test_an_older_database_under_a_newer_published_log_signs_nothing(log: Log) -> None:
    log.append(5)
    integrate(now=NOW)
    backup = LogState.objects.get()
    log.append(5)
    integrate(now=NOW)

    backup.save()
    Entry.objects.filter(position__gte=5).update(position=None)

    with pytest.raises(LogWouldBeRewritten, match="older backup"):
        integrate(now=NOW)


@pytest.mark.django_db
def test_another_past_of_the_same_size_signs_nothing(log: Log) -> None:
    log.append(5)
    integrate(now=NOW)
    published = queries.read_checkpoint()
    (log.tiles_dir / "checkpoint").unlink()
    Entry.objects.all().delete()
    LogState.objects.all().delete()
    log.append(5)
    log.integrate_all()
    (log.tiles_dir / "checkpoint").write_text(published, encoding="utf-8")

    with pytest.raises(LogWouldBeRewritten):
        integrate(now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("harm", ["flip", "cut", "lose"])
def test_a_harmed_tile_stops_the_signing_with_its_name(log: Log, harm: str) -> None:
    log.append(5)
    integrate(now=NOW)
    tile = log.tiles_dir / "tile" / "0" / "000.p" / "5"
    content = tile.read_bytes()
    if harm == "flip":
        tile.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
    elif harm == "cut":
        tile.write_bytes(content[:-1])
    else:
        tile.unlink()
    log.append(1)

    with pytest.raises(TileBroken, match=str(log.tiles_dir)):
        integrate(now=NOW)


@pytest.mark.django_db
def test_a_harmed_published_checkpoint_is_replaced(log: Log) -> None:
    log.append(5)
    integrate(now=NOW)
    good = queries.read_checkpoint()
    (log.tiles_dir / "checkpoint").write_bytes(b"\xff" + good.encode()[1:])

    integrate(now=NOW)

    assert queries.read_checkpoint() == good


@pytest.mark.django_db
def test_partial_tiles_go_when_the_full_one_is_published_and_are_still_answered(log: Log) -> None:
    log.append(5)
    integrate(now=NOW)
    partial = queries.read_tile("entries/000.p/5")
    log.append(300)
    integrate(now=NOW)

    assert not (log.tiles_dir / "tile" / "entries" / "000.p").exists()
    assert queries.read_tile("entries/000.p/5") == partial
    assert queries.read_tile("entries/000")[: len(partial)] == partial


@pytest.mark.django_db(transaction=True)
def test_a_published_checkpoint_that_was_changed_is_made_good_wherever_it_was(log: Log) -> None:
    log.append(3)
    integrate(now=NOW)
    path = log.tiles_dir / "checkpoint"
    good = path.read_bytes()

    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        integrate(now=NOW)
        assert path.read_bytes() == good, place


@pytest.mark.django_db(transaction=True)
def test_a_damaged_checkpoint_is_left_alone_when_the_database_proves_none(log: Log) -> None:
    log.append(3)
    integrate(now=NOW)
    path = log.tiles_dir / "checkpoint"
    path.write_bytes(path.read_bytes()[:-10])
    state = LogState.objects.get()
    LogState.objects.update(checkpoint=state.checkpoint[:-9] + "AAAAAAA=\n")

    with pytest.raises(LogWouldBeRewritten, match="from one backup"):
        integrate(now=NOW)


@pytest.mark.django_db
def test_another_key_than_the_one_that_signed_last_signs_nothing(
    log: Log, settings: Settings
) -> None:
    log.append(3)
    integrate(now=NOW)
    before = queries.read_checkpoint()
    key = settings.ENV.instance / "keys" / "ledger"
    own = key.read_text()
    key.write_text("7" * 64)
    log.append(1)

    for gone in ("nothing", "the published checkpoint"):
        if gone == "the published checkpoint":
            (log.tiles_dir / "checkpoint").unlink()
        with pytest.raises(OtherKey, match="Restore the one that did"):
            integrate(now=NOW)
        assert queries.log_state().checkpoint == before, gone
    key.write_text(own)
    integrate(now=NOW)
    assert open_checkpoint(queries.read_checkpoint(), queries.vkey()).size == 4


@pytest.mark.django_db
def test_a_whole_published_checkpoint_of_another_key_is_not_overwritten(log: Log) -> None:
    log.append(3)
    integrate(now=NOW)
    path = log.tiles_dir / "checkpoint"
    own = parse_checkpoint(queries.read_checkpoint())
    other = Signer(own.origin, b"7" * 32).sign(Checkpoint(own.origin, 9, b"r" * 32))
    path.write_text(other, encoding="utf-8")
    log.append(1)

    with pytest.raises(LogWouldBeRewritten, match="is another key's"):
        integrate(now=NOW)

    assert path.read_text(encoding="utf-8") == other
    path.write_text(Signer(own.origin, b"7" * 32).sign(own), encoding="utf-8")
    assert integrate(now=NOW) == 1
    assert open_checkpoint(queries.read_checkpoint(), queries.vkey()).size == 4


@pytest.mark.django_db
@pytest.mark.parametrize("reads", [1, 2])
def test_a_key_that_changes_while_it_is_looked_at_signs_nothing(
    log: Log, settings: Settings, monkeypatch: pytest.MonkeyPatch, reads: int
) -> None:
    log.append(3)
    integrate(now=NOW)
    key, vkey = settings.ENV.instance / "keys" / "ledger", queries.vkey()
    log.append(1)
    left, real = [reads], Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        content = real(path)
        left[0] -= path == key
        if left[0] == 0:
            key.write_text("7" * 64)
        return content

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    with suppress(OtherKey):
        integrate(now=NOW)

    assert left[0] <= 0
    assert open_checkpoint(queries.read_checkpoint(), vkey)


@pytest.mark.django_db
def test_another_key_signs_no_other_log_where_only_the_published_checkpoint_is_left(
    log: Log, settings: Settings
) -> None:
    log.append(3)
    integrate(now=NOW)
    Entry.objects.all().delete()
    LogState.objects.all().delete()
    (settings.ENV.instance / "keys" / "ledger").write_text("7" * 64)

    with pytest.raises(OtherKey):
        integrate(now=NOW)


@pytest.mark.django_db
def test_a_ledger_that_lost_a_published_edition_is_not_signed_until_it_is_back(
    policy_log: Log,
) -> None:
    policy_log.append(1)

    with pytest.raises(LedgerBroken, match="restore the database and data/ledger"):
        integrate(now=NOW)

    assert not policy_log.tiles_dir.exists()
    assert not LogState.objects.exists()
    sign_log(NOW)
    assert open_checkpoint(queries.read_checkpoint(), queries.vkey()).size == 2


@pytest.mark.django_db
def test_a_backup_older_than_the_last_edition_is_signed_once_that_edition_is_published_again(
    policy_log: Log, settings: Settings
) -> None:
    policy = settings.ENV.policy_dir
    policy_log.append(3)
    sign_log(NOW)
    backup, state = policy_log.folder / "backup", LogState.objects.get()
    before = queries.read_checkpoint()
    shutil.copytree(policy_log.tiles_dir, backup)
    text = (policy / "2026-01-01.toml").read_text(encoding="utf-8")
    draft = policy / "2026-12-02.toml"
    draft.write_text(text.replace("date = 2026-01-01", "date = 2026-12-02"), encoding="utf-8")
    assert not publish(draft).is_entered_again
    integrate(now=NOW)
    shutil.rmtree(policy_log.tiles_dir)
    shutil.copytree(backup, policy_log.tiles_dir)
    Entry.objects.filter(position__gte=state.size).delete()
    state.save()
    policy_log.append(1)
    listed = (policy / "published.json").read_bytes()
    with pytest.raises(LedgerBroken, match="run `clearline policy publish FILE`"):
        integrate(now=NOW)
    assert LogState.objects.get().checkpoint == state.checkpoint

    published = publish(draft, later(days=400))

    assert published.is_entered_again
    assert (policy / "published.json").read_bytes() == listed
    assert integrate(now=NOW) == 2
    assert verify_export(policy_log.export(), queries.vkey(), now=NOW, against=before).size == 6
    with pytest.raises(AlreadyPublished):
        publish(draft)


def publish(draft: Path, now: datetime = NOW) -> Publication:
    return publish_edition(policy_dir=draft.parent, zone=ZoneInfo("UTC"), source=draft, now=now)


@pytest.mark.django_db
def test_nothing_is_signed_while_nobody_can_know_what_was_published(
    policy_log: Log, settings: Settings
) -> None:
    sign_log(NOW)
    before = queries.read_checkpoint()
    policy_log.append(1)
    (settings.ENV.policy_dir / "published.json").write_text("{")

    with pytest.raises(PolicyBroken):
        integrate(now=NOW)

    assert queries.read_checkpoint() == before
