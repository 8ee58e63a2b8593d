"""services.toml is parsed once for each form it has, and a broken one leaves the last good."""

import os
from pathlib import Path

import pytest

from clearline.service.catalogue.queries import (
    SERVICES_FILE,
    NoCatalogue,
    catalogue_of,
    service_names,
)
from tests.service.catalogue.test_catalogue import GOOD


def write(instance: Path, text: str, *, at_s: int) -> None:
    file = instance / SERVICES_FILE
    file.write_text(text, encoding="utf-8")
    os.utime(file, (at_s, at_s))


def test_a_file_that_stays_the_same_is_parsed_once(tmp_path: Path) -> None:
    write(tmp_path, GOOD, at_s=1)

    assert catalogue_of(tmp_path) is catalogue_of(tmp_path)


def test_a_changed_file_is_read_and_a_broken_one_is_not(tmp_path: Path) -> None:
    write(tmp_path, GOOD, at_s=1)
    (slug, name), *_ = service_names(tmp_path).items()

    write(tmp_path, GOOD.replace(f'"{name}"', '"Another name"'), at_s=2)
    changed = service_names(tmp_path)
    write(tmp_path, "[[service", at_s=3)

    assert changed[slug] == "Another name"
    assert service_names(tmp_path) == changed


def test_without_a_file_there_is_no_catalogue_and_no_name(tmp_path: Path) -> None:
    with pytest.raises(NoCatalogue):
        catalogue_of(tmp_path)

    assert service_names(tmp_path) == {}
