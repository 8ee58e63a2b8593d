"""Whatever bytes stand in a file that people write: it is read, or refused in plain words."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from clearline.config.env import Env
from clearline.config.instance_toml import SettingsBroken
from clearline.edge.site.blocks.parse import parse_page
from clearline.kit.errors import Invalid
from clearline.policy.edition import parse_edition
from clearline.service.catalogue.parse import parse_catalogue
from tests.instance import NAMES

Reader = Callable[[bytes], object]


def read_edition(raw: bytes) -> object:
    return parse_edition(raw.decode("utf-8", errors="replace"), source="x.toml")


def read_services(raw: bytes) -> object:
    return parse_catalogue(raw.decode("utf-8", errors="replace"), source="services.toml")


def read_page(raw: bytes) -> object:
    return parse_page(raw.decode("utf-8", errors="replace"), source="home.toml", names=NAMES)


READERS: dict[str, Reader] = {
    "an edition": read_edition,
    "services.toml": read_services,
    "a page": read_page,
}
# What readers of TOML have fallen over: numbers, depth, dates, control characters, wrong types.
PIECES = st.sampled_from(
    [
        *(b"a = ", b"[a]\n", b"[[clause]]\n", b"[[service]]\n", b"[[block]]\n", b'"', b"\n"),
        *(b"1" * 5_000, b"0x" + b"f" * 5_000, b"1e999", b"nan", b"1979-05-27", b"24:61:00"),
        *(b"[" * 2_000, b"{a=" * 2_000, b"\x00", b"\xff", "\u2028".encode(), b"true", b"'''"),
        *(b"material", b"date", b"title", b"id", b"kept", b"requires", b"name", b"price"),
    ]
)
BYTES = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=12).map(b"".join))


@pytest.mark.parametrize("reader", READERS)
@given(raw=BYTES)
def test_no_bytes_make_a_reader_fall_over(reader: str, raw: bytes) -> None:
    with suppress(Invalid):
        READERS[reader](raw)


@given(raw=BYTES)
def test_no_bytes_make_the_settings_fall_over(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    folder = tmp_path_factory.mktemp("instance", numbered=True)
    (folder / "clearline.toml").write_bytes(raw)

    with suppress(Invalid, ValidationError):
        Env(instance=folder)  # type: ignore[call-arg]  # the rest comes from the file


@pytest.mark.parametrize(
    "raw",
    [
        *(b"port = " + b"8" * 5_000, b"port = ", b"a = " + b"[" * 5_000, b"# \xff"),
        b"a." * 20 + b"a = 1",
    ],
)
def test_settings_that_are_no_toml_are_refused_with_what_to_mend(
    tmp_path: Path, raw: bytes
) -> None:
    (tmp_path / "clearline.toml").write_bytes(raw)

    with pytest.raises(SettingsBroken, match=r"is not TOML: .* Mend that line"):
        Env(instance=tmp_path)  # type: ignore[call-arg]  # the rest comes from the file


def test_no_more_of_the_settings_is_read_than_they_may_have(tmp_path: Path) -> None:
    (tmp_path / "clearline.toml").write_text("#" * 100_001, encoding="utf-8")

    with pytest.raises(SettingsBroken, match="longer than 100,000 characters"):
        Env(instance=tmp_path)  # type: ignore[call-arg]  # the rest comes from the file
