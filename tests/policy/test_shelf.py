"""The shelf: what was published stands as it was, and a broken file never takes the site down."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from clearline.policy.shelf import (
    EditionChanged,
    NoEditionInForce,
    PolicyBroken,
    Shelf,
)
from tests.policy.editions import clause, written

UTC_ZONE, NEW_YORK = ZoneInfo("UTC"), ZoneInfo("America/New_York")
OLD, NEW = date(2026, 1, 1), date(2026, 11, 1)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def put(folder: Path, *days: date) -> None:
    publish(folder, {day: written(clause(), day=day) for day in days})


def publish(folder: Path, texts: dict[date, str]) -> None:
    listed = []
    for day, text in texts.items():
        (folder / f"{day}.toml").write_text(text)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        listed.append({"date": str(day), "sha256": sha256, "published_at": noon(OLD).isoformat()})
    (folder / "published.json").write_text(json.dumps(listed))


def test_the_edition_whose_first_day_came_last_is_in_force(tmp_path: Path) -> None:
    put(tmp_path, OLD, NEW)
    shelf = Shelf.open(tmp_path, UTC_ZONE)

    assert shelf.in_force(noon(NEW) - timedelta(hours=13)).edition.date == OLD
    assert shelf.in_force(noon(NEW)).edition.date == NEW
    assert shelf.coming(noon(OLD)) is shelf.editions[1].policy
    assert shelf.coming(noon(NEW)) is None


@pytest.mark.parametrize("day", [date(2026, 11, 1), date(2026, 12, 1), date(2027, 3, 15)])
def test_an_edition_binds_from_midnight_where_the_provider_is(tmp_path: Path, day: date) -> None:
    """The first of November is the day on which New York's clocks go back."""
    wider = written(clause(kept="26 months"), day=day)
    publish(tmp_path, {OLD: written(clause(), day=OLD), day: wider})
    shelf = Shelf.open(tmp_path, NEW_YORK)
    midnight = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC)

    assert shelf.in_force(midnight).edition.date == day
    assert shelf.coming(midnight) is None
    assert shelf.announced(midnight) is None
    before = midnight - timedelta(seconds=1)
    assert shelf.in_force(before).edition.date == OLD
    assert shelf.coming(before) is shelf.editions[1].policy
    assert shelf.announced(before)


def test_only_a_material_edition_is_announced_and_only_before_its_first_day(
    tmp_path: Path,
) -> None:
    wider = written(clause(kept="26 months"), day=NEW)
    put(tmp_path, OLD, NEW)
    assert Shelf.open(tmp_path, UTC_ZONE).announced(noon(OLD)) is None
    publish(tmp_path, {OLD: written(clause(), day=OLD), NEW: wider})

    shelf = Shelf.open(tmp_path, UTC_ZONE)

    assert shelf.announced(noon(NEW) - timedelta(hours=13)) == (
        shelf.editions[0].policy,
        shelf.editions[1].policy,
    )
    assert shelf.announced(noon(NEW) - timedelta(hours=12)) is None


def test_a_material_edition_is_announced_behind_one_that_is_not(tmp_path: Path) -> None:
    later = NEW + timedelta(days=30)
    publish(
        tmp_path,
        {
            OLD: written(clause(), day=OLD),
            NEW: written(clause(text="We note which pages you visit."), day=NEW),
            later: written(clause(requires="nothing"), day=later),
        },
    )

    shelf = Shelf.open(tmp_path, UTC_ZONE)

    announced = shelf.announced(noon(OLD))
    assert announced
    assert [each.edition.date for each in announced] == [NEW, later]


def test_the_first_edition_is_not_announced(tmp_path: Path) -> None:
    put(tmp_path, NEW)

    assert Shelf.open(tmp_path, UTC_ZONE).announced(noon(OLD)) is None


def test_before_the_first_edition_nothing_is_in_force(tmp_path: Path) -> None:
    put(tmp_path, NEW)

    with pytest.raises(NoEditionInForce, match="clearline policy publish"):
        Shelf.open(tmp_path, UTC_ZONE).in_force(noon(OLD))


def test_a_shelf_without_a_list_is_empty(tmp_path: Path) -> None:
    assert Shelf.open(tmp_path, UTC_ZONE).editions == ()


def test_a_changed_old_edition_is_refused(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    path = tmp_path / f"{OLD}.toml"
    path.write_text(path.read_text() + "\n")

    with pytest.raises(EditionChanged, match="Restore the published text"):
        Shelf.open_whole(tmp_path, UTC_ZONE)
    with pytest.raises(EditionChanged, match="Restore the published text"):
        Shelf.open(tmp_path, UTC_ZONE).in_force(noon(NEW))


def test_a_damaged_old_edition_stops_nothing_and_is_told(tmp_path: Path) -> None:
    put(tmp_path, OLD, NEW)
    (tmp_path / f"{OLD}.toml").unlink()

    shelf = Shelf.open(tmp_path, UTC_ZONE)

    assert shelf.in_force(noon(NEW)).edition.date == NEW
    assert f"{OLD}.toml was published but cannot be read" in shelf.trouble
    shelf.refresh(noon(NEW))
    assert shelf.in_force(noon(NEW)).edition.date == NEW


def test_an_older_edition_never_stands_in_for_the_one_in_force(tmp_path: Path) -> None:
    put(tmp_path, OLD, NEW)
    (tmp_path / f"{NEW}.toml").write_text("date = 2026-11-01")
    shelf = Shelf.open(tmp_path, UTC_ZONE)

    with pytest.raises(EditionChanged):
        shelf.in_force(noon(NEW))

    assert shelf.in_force(noon(NEW) - timedelta(days=1)).edition.date == OLD


def test_a_folder_that_the_system_does_not_let_be_read_leaves_the_last_good_editions(
    tmp_path: Path,
) -> None:
    put(tmp_path, OLD)
    shelf = Shelf.open(tmp_path, UTC_ZONE)
    (tmp_path / "published.json").unlink()
    (tmp_path / "published.json").mkdir()

    shelf.refresh(noon(NEW))

    assert "published.json cannot be read" in shelf.trouble
    assert shelf.in_force(noon(NEW)).edition.date == OLD


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"date": "x"}]', "[" * 100_000])
def test_a_broken_list_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "published.json").write_text(text)

    with pytest.raises(PolicyBroken, match="Restore it from your backup"):
        Shelf.open(tmp_path, UTC_ZONE)


def test_a_running_site_keeps_the_last_good_edition_and_says_what_is_wrong(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    shelf = Shelf.open(tmp_path, UTC_ZONE)
    path = tmp_path / f"{OLD}.toml"
    good = path.read_bytes()
    path.write_bytes(good + b"#")

    shelf.refresh(noon(NEW))

    assert "is not what was published" in shelf.trouble
    assert shelf.in_force(noon(NEW)).edition.date == OLD
    path.write_bytes(good)
    shelf.refresh(noon(NEW) + timedelta(seconds=6))
    assert shelf.trouble == ""


def test_a_new_edition_is_seen_within_seconds_and_old_tables_stay(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    shelf = Shelf.open(tmp_path, UTC_ZONE)
    before = shelf.in_force(noon(NEW))
    shelf.refresh(noon(NEW))
    put(tmp_path, OLD, NEW)

    shelf.refresh(noon(NEW) + timedelta(seconds=2))
    early = shelf.in_force(noon(NEW))
    shelf.refresh(noon(NEW) + timedelta(seconds=7))

    assert early is before
    assert shelf.in_force(noon(NEW)).edition.date == NEW
    assert shelf.in_force(noon(OLD)) is before


def test_a_clock_set_back_is_no_reason_to_look_away(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    shelf = Shelf.open(tmp_path, UTC_ZONE)
    shelf.refresh(noon(NEW))
    put(tmp_path, OLD, NEW)

    shelf.refresh(noon(NEW) - timedelta(hours=5))

    assert len(shelf.editions) == 2


def test_whole_means_that_every_edition_can_be_relied_on(tmp_path: Path) -> None:
    put(tmp_path, OLD, NEW)

    shelf = Shelf.open_whole(tmp_path, UTC_ZONE)

    found = shelf.find(OLD)
    assert found
    assert found.text == written(clause(), day=OLD)
    assert shelf.find(OLD + timedelta(days=1)) is None


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "policy").write_text("")

    with pytest.raises(PolicyBroken, match=r"policy cannot be read \(Not a directory\)"):
        Shelf.open(tmp_path / "policy", UTC_ZONE)


def test_a_published_edition_that_this_release_cannot_read_is_told_with_its_line(
    tmp_path: Path,
) -> None:
    publish(tmp_path, {OLD: written(clause(purpose="from.the.future"), day=OLD)})

    with pytest.raises(PolicyBroken, match=rf"by this release: {OLD}.toml:15: 'from.the.future'"):
        Shelf.open_whole(tmp_path, UTC_ZONE)
