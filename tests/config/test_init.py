"""Making an instance: complete, private, repeatable, and never over somebody's files."""

import re
import stat
from datetime import date
from pathlib import Path

import pytest

from clearline.config import cli
from clearline.config.demo.provider import NAMES
from clearline.config.env import Env, Provider
from clearline.config.init_command import (
    DEMO_MARK,
    KEYS,
    Made,
    NotEmpty,
    filled,
    make_instance,
    placeholders_in,
)

DAY = date(2026, 12, 1)


def test_a_new_instance_has_every_key_readable_by_its_owner_alone(tmp_path: Path) -> None:
    make_instance(tmp_path / "voice", form="accept", effective=DAY)

    modes = {stat.S_IMODE((tmp_path / "voice" / "keys" / key).stat().st_mode) for key in KEYS}

    assert modes == {0o600}


def test_the_settings_of_a_new_instance_tell_of_every_one_that_there_is(tmp_path: Path) -> None:
    make_instance(tmp_path, form="accept", effective=DAY)

    text = (tmp_path / "clearline.toml").read_text(encoding="utf-8")

    told = set(re.findall(r"^(?:# )?([a-z_]+) = ", text, re.MULTILINE))
    assert Env.model_fields.keys() - {"instance", "provider"} <= told
    assert Provider.model_fields.keys() - {"legal_department"} <= told


def test_making_again_changes_nothing(tmp_path: Path) -> None:
    make_instance(tmp_path, form="accept", effective=DAY, names=NAMES)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    made = make_instance(tmp_path, form="notice", effective=date(2027, 1, 1))

    assert made == Made(new=(), filled=())
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(NotEmpty):
        make_instance(tmp_path, form="accept", effective=DAY)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_names_given_later_reach_the_draft_of_the_policy(tmp_path: Path) -> None:
    make_instance(tmp_path, form="accept", effective=DAY)
    toml = tmp_path / "clearline.toml"
    toml.write_text(filled(toml.read_text(encoding="utf-8"), NAMES), encoding="utf-8")

    make_instance(tmp_path, form="accept", effective=DAY)

    draft = (tmp_path / "policy" / "2026-12-01.toml").read_text(encoding="utf-8")
    assert placeholders_in(draft) == []
    assert "Harbor Voice" in draft


def test_a_published_edition_is_not_touched_when_names_change(tmp_path: Path) -> None:
    make_instance(tmp_path, form="accept", effective=DAY)
    edition = tmp_path / "policy" / "2026-12-01.toml"
    before = edition.read_bytes()
    (tmp_path / "policy" / "published.json").write_text(
        '[{"date": "2026-12-01", "sha256": "00", "published_at": "2026-11-01T00:00:00+00:00"}]',
        encoding="utf-8",
    )
    toml = tmp_path / "clearline.toml"
    toml.write_text(filled(toml.read_text(encoding="utf-8"), NAMES), encoding="utf-8")

    make_instance(tmp_path, form="accept", effective=DAY)

    assert edition.read_bytes() == before


def test_a_name_with_quotation_marks_stays_one_value() -> None:
    assert filled('a = "{legal_name}"', {"legal_name": 'The "Best" Phones'}) == (
        'a = "The \\"Best\\" Phones"'
    )


def said_by_init(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["init", *(words or [str(folder)]), "--effective", "2026-12-01"]) == 0
    return capsys.readouterr().out


def test_run_again_it_says_what_it_filled_in_and_what_comes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = said_by_init(tmp_path, capsys)
    toml = tmp_path / "clearline.toml"
    toml.write_text(filled(toml.read_text(encoding="utf-8"), NAMES), encoding="utf-8")

    second = said_by_init(tmp_path, capsys)

    assert f"open {toml} and write your names" in first
    assert "filled in" not in first
    assert second.startswith("filled in policy/2026-12-01.toml\n")
    publish = f"clearline policy publish {tmp_path}/policy/2026-12-01.toml --dir {tmp_path}"
    assert publish in second
    assert "{brackets}" not in second


@pytest.mark.parametrize("words", [("DIR",), ("--dir", "DIR"), ("DIR", "--dir", "DIR")])
def test_the_folder_may_be_named_either_way(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = said_by_init(tmp_path, capsys, *(str(tmp_path) if w == "DIR" else w for w in words))

    assert "made clearline.toml" in said


def test_two_different_folders_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["init", str(tmp_path / "one"), "--dir", str(tmp_path / "two")]) == 1

    assert "Name one of them" in capsys.readouterr().err
    assert not (tmp_path / "one").exists()


def test_a_demo_cut_off_before_its_settings_goes_on(tmp_path: Path) -> None:
    (tmp_path / DEMO_MARK).write_text("{}", encoding="utf-8")
    (tmp_path / "keys").mkdir()

    make_instance(tmp_path, form="accept", effective=DAY, names=NAMES)

    assert (tmp_path / "clearline.toml").is_file()
