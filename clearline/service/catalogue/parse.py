"""Read services.toml."""

from typing import Final

from pydantic import TypeAdapter

from clearline.kit.strict_toml import read_strictly
from clearline.service.catalogue.catalogue import Catalogue

ADAPTER: Final = TypeAdapter(Catalogue)


def parse_catalogue(text: str, *, source: str) -> Catalogue:
    """Return the catalogue. Raises TomlBroken, naming each problem with its place."""
    return read_strictly(text, ADAPTER, source=source)
