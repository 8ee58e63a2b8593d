"""What the tests of visitors share: a ledger of their own, and an edition with a clause less."""

import re
from collections.abc import Callable

import pytest
from pytest_django import Settings

from clearline.trust.gate.queries import shelf_of
from tests.instance import FIRST_DAY, publish
from tests.trust.ledger.conftest import policy_log as log
from tests.trust.ledger.log import Log

__all__ = ["log", "without"]


@pytest.fixture
def without(log: Log, settings: Settings) -> Callable[[str], None]:
    """Publish, in an instance of this test alone, the default edition without one clause."""

    def take_away(clause: str) -> None:
        folder = settings.ENV.policy_dir
        edition = folder / f"{FIRST_DAY}.toml"
        text = edition.read_text(encoding="utf-8")
        less, times = re.subn(
            rf'\[\[clause\]\]\nid += "{re.escape(clause)}"\n(?:[^\n]+\n)+', "", text
        )
        assert times == 1
        edition.write_text(less, encoding="utf-8")
        publish(folder, FIRST_DAY)
        shelf_of.cache_clear()  # who asked before looks at the shelf again, as after five seconds

    return take_away
