"""An intake under a policy that keeps visits of those who accepted; a journal and its loader."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clearline.edge.collector.intake import Intake
from clearline.edge.collector.journal import Journal
from clearline.edge.collector.loader import LoaderOptions
from clearline.kit.columnstore.client import ColumnStore
from clearline.kit.columnstore.migrate import migrate
from clearline.reach.visitors import load
from tests.edge.collector.arriving import EFFECTIVE, make_intake
from tests.edge.collector.editions import edition, publish


@pytest.fixture
def policy_dir(tmp_path: Path) -> Path:
    publish(tmp_path, edition(EFFECTIVE))
    return tmp_path


@pytest.fixture
def intake(policy_dir: Path) -> Intake:
    return make_intake(policy_dir)


@pytest.fixture
def options(column_store: ColumnStore, tmp_path: Path) -> LoaderOptions:
    migrate(column_store, load.SCHEMA)
    return LoaderOptions(
        journal_dir=tmp_path / "journal",
        data_dir=tmp_path,
        status_dir=tmp_path / "status",
        store=column_store,
    )


@pytest.fixture
def journal(options: LoaderOptions) -> Iterator[Journal]:
    journal = Journal.open(options.journal_dir / "collector-0", segment_bytes=16 * 1024)
    yield journal
    journal.close()
