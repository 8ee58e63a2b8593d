"""What holds for all tests: the long proofs run only where they are asked for."""

import os

import pytest

from clearline.trust.consent.actions import ANSWERS
from clearline.trust.safeguards.attempts import LOOKED_AT
from clearline.trust.safeguards.refused_pages import REFUSED_PAGES
from clearline.trust.vault.keyring import WARM
from tests.cheap_hashes import make_hashes_cheap


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    """Every test begins as a process does: nothing has been counted, and no key is warm."""
    WARM.keys.clear()
    ANSWERS.forget()
    REFUSED_PAGES.forget()
    LOOKED_AT.forget()


def pytest_configure() -> None:
    make_hashes_cheap()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long proofs; `make soak` sets CLEARLINE_SOAK=1."""
    if os.environ.get("CLEARLINE_SOAK") == "1":
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
