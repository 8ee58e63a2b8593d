"""A file is replaced whole or stays as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clearline.kit.files import replace_durably, replace_file


@pytest.mark.parametrize("replace", [replace_file, replace_durably])
def test_a_file_is_made_and_replaced_and_nothing_is_left_beside_it(
    tmp_path: Path,
    replace: Callable[[Path, bytes], None],
) -> None:
    path = tmp_path / "told.json"

    replace(path, b"one")
    replace(path, b"two")

    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_replaced_stays_and_no_draft_is_left(tmp_path: Path) -> None:
    path = tmp_path / "told.json"
    (path / "in the way").mkdir(parents=True)

    with pytest.raises(OSError, match="directory"):
        replace_file(path, b"two")

    assert list(tmp_path.iterdir()) == [path]
