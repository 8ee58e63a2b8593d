"""P3: dated editions, readable for good, and the one in force is the one that is obeyed.

"The policy changes now and then. Each edition has its first day on it, and all of them stay
readable on this site with what changed between them."

That a change is told beforehand stands in test_law_rows_of_the_notice.py (CO-05).
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone

from clearline.edge.collector.intake import Taken
from clearline.policy.shelf import PolicyBroken, Shelf
from tests.browser_client import browser
from tests.edge.site.published import BETTER, LONGER, published
from tests.instance import FIRST_DAY
from tests.promises.provider import Provider

pytestmark = pytest.mark.django_db
HOME = ZoneInfo(settings.ENV.provider.time_zone)
TODAY = timezone.now().astimezone(HOME).date()


def test_every_edition_is_listed_dated_and_readable_to_the_letter(tmp_path: Path) -> None:
    days = (FIRST_DAY, TODAY)
    with published(tmp_path, (FIRST_DAY, ()), (TODAY, (BETTER,))):
        listed = browser().get("/privacy/editions/").content.decode()
        for day in days:
            page = browser().get(f"/privacy/editions/{day}/").content.decode()
            text = browser().get(f"/privacy/editions/{day}.toml").content
            told = browser().get(f"/privacy/editions/{day}.json").json()

            assert f'href="/privacy/editions/{day}/"' in listed
            assert f'<time datetime="{day}">{day}</time>' in page
            assert text == (settings.ENV.policy_dir / f"{day}.toml").read_bytes()
            assert told["sha256"] == hashlib.sha256(text).hexdigest()
            assert date.fromisoformat(told["date"]) == day


def test_what_changed_between_two_editions_is_shown_and_nothing_else(tmp_path: Path) -> None:
    with published(tmp_path, (FIRST_DAY, ()), (TODAY, (LONGER,))):
        listed = browser().get("/privacy/editions/").content.decode()
        changes = f"/privacy/editions/{FIRST_DAY}/{TODAY}/"
        page = browser().get(changes)

    assert f'href="{changes}"' in listed
    (change,) = page.context["changes"]
    assert change.key == "extras.remember"
    assert "Data is kept longer: 15 months" in page.content.decode()


def test_an_edition_that_was_changed_after_it_was_published_is_not_obeyed(tmp_path: Path) -> None:
    with published(tmp_path, (FIRST_DAY, ())):
        path = settings.ENV.policy_dir / f"{FIRST_DAY}.toml"
        path.write_text(path.read_text().replace(*BETTER))
        shelf = Shelf.open(settings.ENV.policy_dir, HOME)

        with pytest.raises(PolicyBroken):
            shelf.in_force(timezone.now())


def test_an_edition_is_obeyed_from_its_first_day_on_and_not_before(
    tmp_path: Path, provider: Provider
) -> None:
    """The same visit, in the last minute of one edition and in the first of the next."""
    first = TODAY + timedelta(days=1)
    midnight = datetime(first.year, first.month, first.day, tzinfo=HOME).astimezone(UTC)
    beside = tmp_path / "beside"
    beside.mkdir()
    with published(beside, (FIRST_DAY, ()), (first, (BETTER,))):
        provider.intake.shelf = Shelf.open(settings.ENV.policy_dir, HOME)

        told = [
            provider.script_tells(browser(), midnight + minutes * timedelta(minutes=1))
            for minutes in (-1, 0)
        ]

    editions = [each.records[0].edition for each in told if isinstance(each, Taken)]
    assert editions == [str(FIRST_DAY), str(first)]
