"""Where the ledger was lost and no backup has all of it, it goes on as another log, and says so."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from clearline.trust.ledger import actions, another, queries
from clearline.trust.ledger.another import NothingLost
from clearline.trust.ledger.beginning import (
    Beginning,
    NoteBroken,
    is_unfinished,
    keep_beginning,
    note_path,
)
from clearline.trust.ledger.checkpoint import parse_checkpoint
from clearline.trust.ledger.keys import key_path, sealer
from clearline.trust.ledger.loss import find_own_loss
from clearline.trust.ledger.models import Entry, LogState
from clearline.trust.ledger.published import LogWouldBeRewritten
from clearline.trust.ledger.verify import LedgerBroken, Verified, verify_export
from tests.trust.ledger.log import NOW, Log, enter_edition

pytestmark = pytest.mark.django_db
FIRST, SECOND = "a" * 64, "b" * 64
# How many steps of the file system it takes until another log began, by the entries left.
STEPS = {0: 22, 6: 45}
STEPS_BACK = 10  # and until the files set aside are back where nothing was lost


class Stopped(BaseException):
    """The process is killed here."""


def stop_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Let the file system take some steps, and none after: not even to tidy up."""
    left = iter(range(steps))

    def stopping(step: Callable[..., object]) -> Callable[..., object]:
        def take(*args: object, **kwargs: object) -> object:
            if next(left, None) is None:
                raise Stopped
            return step(*args, **kwargs)

        return take

    for name in ("open", "mkdir", "rename", "replace", "unlink", "rmdir", "fsync"):
        monkeypatch.setattr(os, name, stopping(getattr(os, name)))


def lose_some(log: Log, left: int) -> str:
    """Lose what a backup of so many entries does not have, and return the verifier key."""
    vkey = signed(log)
    list_editions(FIRST, SECOND)  # the second one was published after the backup
    if not left:
        lose_database()
    log.append(1)  # it waits
    return vkey


def list_editions(*hashes: str) -> None:
    """Let the list beside the policy name editions, one for each month."""
    rows = [
        {"date": f"2026-0{month}-01", "sha256": each, "published_at": NOW.isoformat()}
        for month, each in enumerate(hashes, start=1)
    ]
    folder = Path(django_settings.ENV.policy_dir)
    folder.mkdir(exist_ok=True)
    (folder / "published.json").write_text(json.dumps(rows), encoding="utf-8")


def lose_database() -> None:
    Entry.objects.all().delete()
    LogState.objects.all().delete()


def signed(log: Log, count: int = 5) -> str:
    """Sign some entries and one of an edition, and return the verifier key."""
    list_editions(FIRST)
    enter_edition(FIRST)
    log.append(count)
    log.integrate_all()
    return queries.vkey()


def told(kind: str) -> list[dict[str, object]]:
    rows = Entry.objects.filter(kind=kind).order_by("number")
    return [queries.fields_of(each, sealer()) for each in rows]


def verified(log: Log, vkey: str, name: str = "export") -> Verified:
    return verify_export(log.export(name), vkey, now=NOW, published=queries.read_checkpoint())


def test_a_lost_ledger_is_signed_again_under_another_name_and_key_and_says_so(log: Log) -> None:
    earlier = signed(log)
    lose_database()
    log.append(2)
    with pytest.raises(LedgerBroken, match="clearline ledger begin"):
        actions.integrate(now=NOW)

    begun = another.begin_another(now=NOW)
    log.integrate_all()

    name, old_name = queries.vkey().partition("+")[0], earlier.partition("+")[0]
    assert (begun.name, name) == (f"{old_name}-2", f"{old_name}-2")
    assert old_name.endswith("/ledger")
    assert told("log.begun") == [{"log": name, "earlier_vkey": earlier, "seen": 6, "left": 0}]
    assert told("edition.carried") == [{"date": "2026-01-01", "sha256": FIRST}]
    assert verified(log, queries.vkey()).size == 4
    with pytest.raises(LedgerBroken):
        verified(log, earlier, "again")


def test_what_is_left_of_the_files_is_set_aside_and_the_earlier_key_stays(log: Log) -> None:
    signed(log)
    before = (log.tiles_dir / "checkpoint").read_bytes()
    key = django_settings.ENV.secret("ledger")
    lose_database()

    begun = another.begin_another(now=NOW)

    assert (begun.aside / "checkpoint").read_bytes() == before
    assert not (log.tiles_dir / "checkpoint").exists()
    assert django_settings.ENV.secret("ledger") == key
    own = django_settings.ENV.instance / "keys" / "ledger-2"
    assert own.stat().st_mode & 0o077 == 0
    assert own.read_text(encoding="ascii").strip() != key


def test_what_an_older_backup_had_stands_at_the_beginning_at_the_same_places(log: Log) -> None:
    signed(log, 700)
    places = dict(Entry.objects.values_list("public_id", "position"))
    list_editions(FIRST, SECOND)  # the second one was published after the backup

    begun = another.begin_another(now=NOW)
    log.integrate_all()

    assert begun.left == 701
    assert told("log.begun")[0]["seen"] == 701
    assert told("edition.carried") == [{"date": "2026-02-01", "sha256": SECOND}]
    now_at = dict(Entry.objects.values_list("public_id", "position"))
    assert {each: now_at[each] for each in places} == places
    assert verified(log, queries.vkey()).size == 703


def test_entries_that_are_not_what_was_signed_begin_no_log(log: Log) -> None:
    signed(log)
    Entry.objects.filter(position=3).update(commitment=b"x" * 32)
    list_editions(FIRST, SECOND)

    with pytest.raises(LedgerBroken, match="root that was signed last"):
        another.begin_another(now=NOW)

    assert not (django_settings.ENV.instance / "keys" / "ledger-2").exists()
    assert LogState.objects.get().checkpoint


def test_entries_that_only_the_published_checkpoint_remembers_were_lost_too(log: Log) -> None:
    signed(log)
    state = LogState.objects.get()
    log.append(4)
    log.integrate_all()
    Entry.objects.filter(position__gte=state.size).delete()  # a backup of before is restored
    state.save()
    log.append(1)
    with pytest.raises(LogWouldBeRewritten, match="clearline ledger begin"):
        actions.integrate(now=NOW)

    begun = another.begin_another(now=NOW)
    log.integrate_all()

    assert begun.left == 6
    assert told("log.begun")[0]["seen"] == 10
    assert told("edition.carried") == []
    assert verified(log, queries.vkey()).size == 8


def test_where_nothing_was_lost_no_other_log_begins(log: Log) -> None:
    vkey = signed(log)

    with pytest.raises(NothingLost):
        another.begin_another(now=NOW)

    assert queries.vkey() == vkey
    assert not told("log.begun")


@pytest.mark.parametrize(
    ("left", "steps"), [(left, step) for left, steps in STEPS.items() for step in range(steps)]
)
def test_what_is_stopped_at_any_step_is_begun_again_and_says_the_same(
    log: Log, left: int, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = lose_some(log, left)
    with monkeypatch.context() as disk:
        stop_after(disk, steps)
        with pytest.raises(Stopped):
            another.begin_another(now=NOW)
    with pytest.raises(LedgerBroken):
        actions.integrate(now=NOW)

    begun = another.begin_another(now=NOW)
    log.integrate_all()

    assert (begun.name, begun.left, begun.aside.name) == ("localhost/ledger-2", left, "ledger-lost")
    assert parse_checkpoint((begun.aside / "checkpoint").read_text()).size == 6
    assert told("log.begun") == [
        {"log": "localhost/ledger-2", "earlier_vkey": earlier, "seen": 6, "left": left}
    ]
    assert len(told("edition.carried")) == (1 if left else 2)
    assert verified(log, queries.vkey()).size == (9 if left else 4)
    assert [each.name for each in key_path(1).parent.glob("*ledger[.-]*")] == ["ledger-2"]


@pytest.mark.parametrize(("left", "steps"), STEPS.items())
def test_what_is_stopped_when_only_its_note_is_to_go_for_good_has_begun(
    log: Log, left: int, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_some(log, left)
    with monkeypatch.context() as disk:
        stop_after(disk, steps)
        with pytest.raises(Stopped):
            another.begin_another(now=NOW)

    log.integrate_all()

    assert not is_unfinished()
    assert verified(log, queries.vkey()).size == (9 if left else 4)


def test_a_log_that_only_half_began_is_told_and_signed_by_no_key(log: Log) -> None:
    signed(log)
    log.append(1)
    keep_beginning(Beginning(1, 6, "ledger-lost"))

    loss = find_own_loss()

    assert loss is not None
    assert "stopped before it was done" in loss.what
    assert "Run `clearline ledger begin --without-backup` again" in loss.remedy
    with pytest.raises(LedgerBroken, match="stopped before it was done"):
        actions.integrate(now=NOW)


def test_a_backup_that_comes_after_a_call_that_was_stopped_is_signed_by_the_key_of_before(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    vkey = signed(log)
    whole = shutil.copytree(log.tiles_dir.parent, log.folder / "backup")
    rows, state = list(Entry.objects.all()), LogState.objects.get()
    lose_database()
    with monkeypatch.context() as disk:
        stop_after(disk, STEPS[0] - 3)
        with pytest.raises(Stopped):
            another.begin_another(now=NOW)
    assert key_path(2).exists()
    lose_database()
    Entry.objects.bulk_create(rows)
    state.save(force_insert=True)
    shutil.rmtree(log.tiles_dir.parent)
    shutil.copytree(whole, log.tiles_dir.parent)

    with pytest.raises(NothingLost):
        another.begin_another(now=NOW)
    log.append(1)
    log.integrate_all()

    assert queries.vkey() == vkey
    assert verified(log, vkey).size == 7


def stop_beginning(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    with monkeypatch.context() as disk:
        stop_after(disk, steps)
        with pytest.raises(Stopped):
            another.begin_another(now=NOW)


def restore_database(log: Log, rows: list[Entry], state: LogState) -> None:
    lose_database()
    Entry.objects.bulk_create(rows)
    state.save(force_insert=True)


@pytest.mark.parametrize("steps", range(STEPS[0]))
def test_where_the_database_alone_comes_back_the_files_set_aside_come_back_with_it(
    log: Log, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vkey = signed(log)
    rows, state = list(Entry.objects.all()), LogState.objects.get()
    lose_database()
    log.append(1)  # as `lose_some`, of which STEPS are
    stop_beginning(monkeypatch, steps)
    restore_database(log, rows, state)

    with pytest.raises(NothingLost):
        another.begin_another(now=NOW)

    assert queries.vkey() == vkey
    assert verified(log, vkey).size == 6
    log.append(1)
    log.integrate_all()
    assert verified(log, vkey, "later").size == 7
    assert [each.name for each in log.tiles_dir.parent.glob("ledger*")] == ["ledger"]
    assert not is_unfinished()
    assert not list(key_path(1).parent.glob("*ledger-*"))


@pytest.mark.parametrize("steps", range(STEPS_BACK))
def test_bringing_the_files_back_may_be_stopped_at_any_step(
    log: Log, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vkey = signed(log)
    rows, state = list(Entry.objects.all()), LogState.objects.get()
    lose_database()
    log.append(1)
    stop_beginning(monkeypatch, STEPS[0] - 3)
    restore_database(log, rows, state)
    stop_beginning(monkeypatch, steps)

    with pytest.raises(NothingLost):
        another.begin_another(now=NOW)

    assert queries.vkey() == vkey
    assert verified(log, vkey).size == 6


def test_a_note_that_is_damaged_begins_nothing_and_says_what_to_restore(log: Log) -> None:
    signed(log)
    lose_database()
    note_path().write_bytes(b"{")

    with pytest.raises(NoteBroken, match="Restore keys/ and data/ledger"):
        another.begin_another(now=NOW)

    assert not told("log.begun")


def test_what_was_set_aside_before_stays_where_it_is(log: Log) -> None:
    signed(log)
    lose_database()
    old = shutil.copytree(log.tiles_dir, log.tiles_dir.with_name("ledger-lost"))

    begun = another.begin_another(now=NOW)

    assert begun.aside.name == "ledger-lost-20261201T120000"
    assert (begun.aside / "checkpoint").read_bytes() == (old / "checkpoint").read_bytes()


def test_a_log_that_was_lost_twice_is_the_third(log: Log) -> None:
    signed(log)
    for _ in range(2):
        lose_database()
        begun = another.begin_another(now=NOW)
        log.integrate_all()

    assert begun.name.endswith("/ledger-3")
    assert begun.aside.name == "ledger-2-lost"
    assert verified(log, queries.vkey()).size == 2
