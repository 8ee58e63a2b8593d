"""An intake under a policy that keeps visits of those who accepted."""

from pathlib import Path

import pytest

from clearline.edge.collector.intake import (
    Intake,
)
from tests.edge.collector.arriving import EFFECTIVE, make_intake
from tests.edge.collector.editions import edition, publish


@pytest.fixture
def policy_dir(tmp_path: Path) -> Path:
    publish(tmp_path, edition(EFFECTIVE))
    return tmp_path


@pytest.fixture
def intake(policy_dir: Path) -> Intake:
    return make_intake(policy_dir)
