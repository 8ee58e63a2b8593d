"""What processes say of themselves is read whole or not at all."""

from datetime import UTC, datetime
from pathlib import Path

from clearline.kit.status import read_statuses, write_status

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_what_a_process_says_is_read_with_its_moment(tmp_path: Path) -> None:
    write_status(tmp_path / "status", "loader", {"loaded": 3}, NOON)

    assert read_statuses(tmp_path / "status") == {
        "loader": {"loaded": 3, "at": "2026-11-24T12:00:00+00:00"}
    }


def test_what_is_no_status_is_left_out(tmp_path: Path) -> None:
    write_status(tmp_path, "loader", {}, NOON)
    (tmp_path / "store.json").write_bytes(b"\xff{half")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / ".worker.17").write_text("{}")

    assert set(read_statuses(tmp_path)) == {"loader"}


def test_before_anybody_spoke_there_is_nothing(tmp_path: Path) -> None:
    assert read_statuses(tmp_path / "none") == {}
