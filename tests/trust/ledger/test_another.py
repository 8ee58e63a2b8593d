"""Where the ledger was lost and no backup has all of it, it goes on as another log, and says so."""

import json
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from clearline.trust.ledger import actions, another, queries
from clearline.trust.ledger.another import NothingLost
from clearline.trust.ledger.checkpoint import parse_checkpoint
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry, LogState
from clearline.trust.ledger.verify import LedgerBroken, Verified, verify_export
from tests.trust.ledger.log import NOW, Log, enter_edition

pytestmark = pytest.mark.django_db
FIRST, SECOND = "a" * 64, "b" * 64


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


def test_where_nothing_was_lost_no_other_log_begins(log: Log) -> None:
    vkey = signed(log)

    with pytest.raises(NothingLost):
        another.begin_another(now=NOW)

    assert queries.vkey() == vkey
    assert not told("log.begun")


def test_what_was_stopped_once_the_files_stood_aside_is_begun_again(log: Log) -> None:
    signed(log)
    lose_database()
    log.tiles_dir.rename(log.tiles_dir.with_name("ledger-lost"))
    (log.tiles_dir / "tile").mkdir(parents=True)  # what the stopped call had begun

    begun = another.begin_another(now=NOW)
    log.integrate_all()

    assert parse_checkpoint((begun.aside / "checkpoint").read_text()).size == 6
    assert told("log.begun")[0]["seen"] == 6
    assert verified(log, queries.vkey()).size == 2


def test_a_log_that_was_lost_twice_is_the_third(log: Log) -> None:
    signed(log)
    for _ in range(2):
        lose_database()
        begun = another.begin_another(now=NOW)
        log.integrate_all()

    assert begun.name.endswith("/ledger-3")
    assert begun.aside.name == "ledger-2-lost"
    assert verified(log, queries.vkey()).size == 2
