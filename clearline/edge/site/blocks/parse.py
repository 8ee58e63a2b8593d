"""Read a page file strictly and fill in the provider's names."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from pydantic import TypeAdapter

from clearline.edge.site.blocks.block import Page
from clearline.kit.strict_toml import read_strictly

ADAPTER: Final = TypeAdapter(Page)
PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


def parse_page(text: str, *, source: str, names: Mapping[str, str]) -> Page:
    """Return the page with `{brand_name}` and the like replaced. Raises TomlBroken."""
    return read_strictly(text, ADAPTER, source=source, fill=partial(filled, names=names))


def filled(value: object, *, names: Mapping[str, str]) -> object:
    """Return the value with known placeholders replaced in every text; unknown ones stay."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda match: names.get(match.group(1), match.group()), value)
    if isinstance(value, list):
        return [filled(each, names=names) for each in value]
    if isinstance(value, dict):
        return {key: filled(each, names=names) for key, each in value.items()}
    return value
