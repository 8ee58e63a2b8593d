"""A policy that cannot be relied on: the site says so, clearly, and uses nothing meanwhile."""

from datetime import date
from http import HTTPStatus
from pathlib import Path

import pytest

from clearline.edge.site import visit
from tests.browser_client import browser
from tests.edge.site.published import published

pytestmark = pytest.mark.django_db
FIRST = date(2026, 1, 1)


def test_when_the_edition_in_force_was_changed_pages_stand_and_the_policy_is_a_clear_503(
    tmp_path: Path,
) -> None:
    with published(tmp_path, (FIRST, ())):
        (tmp_path / "policy" / f"{FIRST}.toml").write_text("changed")

        home, policy, health = (browser().get(path) for path in ("/", "/privacy/", "/healthz"))

    assert home.status_code == HTTPStatus.OK
    assert policy.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "</html>" in policy.content.decode()
    assert health.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "is not what was published" in health.content.decode()


def test_a_list_of_editions_that_cannot_be_read_is_a_clear_503_too(tmp_path: Path) -> None:
    with published(tmp_path, (FIRST, ())):
        (tmp_path / "policy" / "published.json").write_text("{")

        policy = browser().get("/privacy/")

    assert policy.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "</html>" in policy.content.decode()


def test_an_instance_signs_by_its_own_key_though_another_was_served_before(
    tmp_path: Path,
) -> None:
    own = visit.signer()

    with published(tmp_path, (FIRST, ())):
        assert visit.signer() is not own

    assert visit.signer() is own
