"""Rows of law about the notice itself: its changes, its dates, what it says of Do Not Track."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from clearline.edge.collector.intake import (
    BEACON_PATH,
    EVENTS_PATH,
    Arrival,
    Intake,
    Refused,
    Taken,
)
from clearline.policy.shelf import Shelf
from clearline.rights.agreement.actions import EditionRefused, publish_edition
from clearline.trust.consent.cookie import CookieSigner
from tests.browser_client import browser
from tests.edge.site.published import BETTER, DEFAULT, LONGER, ZONE, published
from tests.instance import FIRST_DAY
from tests.promises.pages import PAGES

pytestmark = pytest.mark.django_db
SIGNER = CookieSigner(settings.ENV.key("choices"), is_https=False)


def test_every_page_tells_of_a_material_change_before_it_takes_effect_and_not_after(
    tmp_path: Path,
) -> None:
    """CO-05: "we say so on every page of the site at least two weeks ahead"."""
    today = timezone.localdate()
    tomorrow = today + timedelta(days=1)
    changes = f"/privacy/editions/{FIRST_DAY}/{tomorrow}/"
    pages = (*PAGES, "/privacy/editions/", "/help/keep-your-number/")

    with published(tmp_path, (FIRST_DAY, ()), (tomorrow, (LONGER,))):
        before = {path: browser().get(path).content.decode() for path in (*pages, changes)}
    (tmp_path / "later").mkdir()
    with published(tmp_path / "later", (FIRST_DAY, ()), (today, (LONGER,))):
        after = {path: browser().get(path).content.decode() for path in pages}

    told = f"Our privacy policy changes on {date_format(tomorrow, 'j F Y')},"
    link = f'<a href="{changes}">Read what changes</a>'
    assert [path for path, page in before.items() if told not in page or link not in page] == []
    assert [path for path, page in after.items() if "Our privacy policy changes" in page] == []
    assert "Data is kept longer: 15 months" in before[changes]


def test_a_change_that_permits_no_more_is_not_announced_and_staff_pages_announce_none(
    tmp_path: Path,
) -> None:
    """CO-05."""
    tomorrow = timezone.localdate() + timedelta(days=1)
    with published(tmp_path, (FIRST_DAY, ()), (tomorrow, (BETTER,))):
        better = browser().get("/").content.decode()
    (tmp_path / "wider").mkdir()
    with published(tmp_path / "wider", (FIRST_DAY, ()), (tomorrow, (LONGER,))):
        staff = browser().get("/staff/sign-in/").content.decode()

    assert "Our privacy policy changes" not in better
    assert "Our privacy policy changes" not in staff


def test_a_material_change_cannot_be_published_without_two_weeks_to_tell_of_it(
    tmp_path: Path,
) -> None:
    """CO-05."""
    soon = timezone.localdate() + timedelta(days=14)
    with published(tmp_path, (FIRST_DAY, ())):
        path = tmp_path / "policy" / f"{soon}.toml"
        text = DEFAULT.replace("date = 2026-01-01", f"date = {soon}").replace(*LONGER)
        path.write_text(text, encoding="utf-8")
        with pytest.raises(EditionRefused, match="too soon"):
            publish_edition(policy_dir=path.parent, zone=ZONE, source=path, now=timezone.now())


def test_old_editions_keep_their_addresses_and_their_words(tmp_path: Path) -> None:
    """CO-05."""
    today = timezone.localdate()
    with published(tmp_path, (FIRST_DAY, ()), (today, (BETTER,))):
        old = browser().get(f"/privacy/editions/{FIRST_DAY}/").content.decode()
        new = browser().get("/privacy/").content.decode()
        listed = browser().get("/privacy/editions/").content.decode()

    assert BETTER[0] in old
    assert BETTER[1] not in old
    assert BETTER[1] in new
    assert f'href="/privacy/editions/{FIRST_DAY}/"' in listed


def test_each_edition_shows_the_date_on_which_it_takes_effect(tmp_path: Path) -> None:
    """CO-06."""
    today = timezone.localdate()
    coming = today + timedelta(days=1)
    with published(tmp_path, (FIRST_DAY, ()), (today, (BETTER,)), (coming, ())):
        pages = {
            FIRST_DAY: browser().get(f"/privacy/editions/{FIRST_DAY}/").content.decode(),
            today: browser().get("/privacy/").content.decode(),
            coming: browser().get(f"/privacy/editions/{coming}/").content.decode(),
        }

    for day, page in pages.items():
        main = page.partition('<footer class="foot"')[0]
        assert f"Updated: {date_format(day, 'F Y')}" in main
        assert f'<time datetime="{day}">{day}</time>' in main
    assert f"It takes effect on {date_format(coming, 'j F Y')}." in pages[coming]


def test_do_not_track_changes_nothing_as_the_policy_says() -> None:
    """CO-07: pages are the same byte for byte but for the number of each page view."""
    policy = browser().get("/privacy/").content.decode()
    paths = [path for path in PAGES if path != "/nowhere/"]

    assert "this site does not act on it" in policy
    for path in paths:
        tracked, plain = browser(dnt="1").get(path), browser().get(path)
        assert without_view_id(tracked.content) == without_view_id(plain.content), path
        assert tracked.headers == plain.headers, path
        assert tracked.cookies.output() == plain.cookies.output()


def without_view_id(page: bytes) -> bytes:
    return re.sub(rb"b\.gif\?id=[0-9a-f]{16}", b"b.gif?id=", page)


@pytest.mark.parametrize("path", [EVENTS_PATH, BEACON_PATH])
def test_do_not_track_changes_nothing_in_what_is_counted(path: str) -> None:
    """CO-07: the same answer and the same rows, for the script and for the beacon."""
    plain, tracked = take_a_view(path, {}), take_a_view(path, {b"dnt": b"1"})

    assert isinstance(plain, Taken)
    assert plain.events
    assert tracked == plain


def take_a_view(path: str, headers: dict[bytes, bytes]) -> Taken | Refused:
    url, event_id = f"{settings.ENV.url}/rates/", "00000000000000a1"
    is_beacon = path == BEACON_PATH
    arrival = Arrival(
        method="GET" if is_beacon else "POST",
        path=path,
        query=f"id={event_id}&url={url}" if is_beacon else "",
        headers={
            b"content-type": b"text/plain",
            b"user-agent": b"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144",
            b"origin": settings.ENV.url.encode(),
            b"sec-fetch-site": b"same-origin",
            **headers,
        },
        body=b""
        if is_beacon
        else json.dumps({"id": event_id, "kind": "view", "url": url}).encode(),
        client_ip="203.0.113.77",
    )
    intake = Intake(
        shelf=Shelf.open(settings.ENV.policy_dir, ZoneInfo("UTC")),
        signer=SIGNER,
        own_url=settings.ENV.url,
        zone=ZoneInfo("UTC"),
    )
    return intake.take(arrival, datetime(2026, 11, 24, 12, tzinfo=UTC))
