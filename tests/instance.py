"""Make a throwaway instance before Django reads its settings (loaded by `-p tests.instance`).

It is made by the program's own `init`, with the default edition published and in force.
"""

import hashlib
import json
import os
import shutil
import tempfile
from datetime import date
from pathlib import Path

import pytest
from pytest_django import Settings

from clearline.config.init_command import make_instance

NAMES = {
    "legal_name": "Example Voice, Inc.",
    "brand_name": "Example Voice",
    "tagline": "Phone service for tests.",
    "email": "hello@example.test",
    "phone": "+1 207 555 0100",
    "street": "1 Test Street",
    "city": "Portland",
    "state": "Maine",
    "zip": "04101",
}
FIRST_DAY = date(2026, 1, 1)


def publish(policy: Path, day: date) -> None:
    """List a draft as published, as `policy publish` would have done before its first day."""
    sha256 = hashlib.sha256((policy / f"{day}.toml").read_bytes()).hexdigest()
    row = {"date": str(day), "sha256": sha256, "published_at": "2025-12-01T12:00:00+00:00"}
    (policy / "published.json").write_text(json.dumps([row]), encoding="utf-8")


@pytest.fixture
def own_log(tmp_path: Path, settings: Settings) -> None:
    """The same provider with a published ledger of this test's own, as its database is."""
    own = tmp_path / "instance"
    shutil.copytree(settings.ENV.instance, own, ignore=shutil.ignore_patterns("data"))
    settings.ENV = settings.ENV.model_copy(update={"instance": own})


if "CLEARLINE_INSTANCE" not in os.environ:
    instance = Path(tempfile.mkdtemp(prefix="clearline-test-"))
    make_instance(instance, form="accept", effective=FIRST_DAY, names=NAMES)
    publish(instance / "policy", FIRST_DAY)
    os.environ["CLEARLINE_INSTANCE"] = str(instance)
