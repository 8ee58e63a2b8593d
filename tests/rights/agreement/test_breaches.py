"""Breaches planted by someone who had not read the scanner: each is named with file and line."""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django import Settings

from clearline.policy.edition import EditionBroken, parse_edition
from clearline.rights.agreement.check import check
from clearline.rights.agreement.sources import PACKAGE, read_files
from tests.rights.agreement.planted import (
    EDITION,
    Breach,
    breaches_of,
    places_of,
    planted_in,
)

SETTINGS = "clearline/config/settings.py"
FIXED = {"ENV", "DATABASES", "INSTALLED_APPS"}  # what a test runs on
TABLES = ("edition", "uses", "columns", "cookies", "scripts", "pages", "ways_out", "kept")


@cache
def program() -> dict[str, str]:
    """The text of the program, and of the default edition beside it."""
    path = settings.ENV.policy_dir / "2026-01-01.toml"
    return {**read_files(PACKAGE), EDITION: path.read_text(encoding="utf-8")}


def planted(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("breach", breaches_of(name), ids=str)


def found_of(breach: Breach) -> set[tuple[str, str, int]]:
    files = planted_in(program(), breach)
    edition = parse_edition(files.pop(EDITION), source=EDITION)
    return {(each.kind, each.file, each.line) for each in check(edition, files=files).findings}


def is_named(breach: Breach, found: set[tuple[str, str, int]]) -> bool:
    places = places_of(program(), breach)
    return any(kind == breach.finds and (file, line) in places for kind, file, line in found)


@pytest.mark.parametrize(
    "breach", [breach for name in TABLES for breach in breaches_of(name)], ids=str
)
def test_a_planted_breach_is_named_with_its_file_and_line(breach: Breach) -> None:
    found = found_of(breach)

    assert is_named(breach, found), found


@planted("unreadable")
def test_an_edition_that_cannot_be_read_says_where_and_what_to_write(breach: Breach) -> None:
    files = planted_in(program(), breach)

    with pytest.raises(EditionBroken) as broken:
        parse_edition(files[EDITION], source=EDITION)

    places = places_of(program(), breach)
    assert any((each.file, each.line) in places for each in broken.value.problems)
    assert all(each.write for each in broken.value.problems)


@planted("harmless")
def test_what_is_no_breach_raises_no_alarm(breach: Breach) -> None:
    assert found_of(breach) == set()


@planted("settings")
def test_a_breach_in_the_settings_is_named_with_its_file_and_line(
    breach: Breach, settings: Settings
) -> None:
    values: dict[str, object] = {}
    exec(compile(planted_in(program(), breach)[SETTINGS], SETTINGS, "exec"), values)
    for name in (name for name in values if name.isupper() and name not in FIXED):
        setattr(settings, name, values[name])

    assert is_named(breach, found_of(breach))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str, str, int]]]:
    """What check finds in each planted copy of the program once that copy is loaded."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, copy / PACKAGE.name)
    done = subprocess.run(
        [sys.executable, "-m", "tests.rights.agreement.loaded", str(copy)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "clearline.config.settings"},
        capture_output=True,
        check=False,
        text=True,
        timeout=115,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    return {that: {(row[0], row[1], row[2]) for row in rows} for that, rows in answers.items()}


@pytest.mark.xdist_group("loaded copies")
@planted("loaded")
def test_a_breach_in_what_is_loaded_is_named_with_its_file_and_line(
    breach: Breach, loaded: dict[str, set[tuple[str, str, int]]]
) -> None:
    found = loaded[breach.that]

    assert is_named(breach, found) if breach.finds else found == set()
