"""What the worker says of the outbox: nothing while all is well, in plain words what is not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from clearline.edge.jobs.letters import say, trouble_of
from clearline.kit.status import read_statuses
from clearline.service.mail.queries import Outbox

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
SOON, LONG = NOON - timedelta(minutes=5), NOON - timedelta(hours=2)


@pytest.mark.parametrize(
    ("box", "has_server", "told"),
    [
        (Outbox(0, None, 9, 0), True, ""),
        (Outbox(0, None, 0, 0), False, ""),
        (Outbox(3, SOON, 0, 0), True, ""),
        (Outbox(3, SOON, 0, 0), False, "3 letters wait and are not sent"),
        (Outbox(3, LONG, 0, 0), True, "the oldest for more than an hour"),
        (Outbox(0, None, 0, 2), True, "2 letters of the last days could not be delivered"),
    ],
)
def test_trouble_is_told_in_words(box: Outbox, *, has_server: bool, told: str) -> None:
    said = trouble_of(box, NOON, has_server=has_server)

    assert told in said
    assert bool(told) == bool(said)


@pytest.mark.django_db
def test_a_turn_leaves_a_status_without_trouble_while_nothing_waits() -> None:
    say(NOON)

    assert read_statuses(settings.ENV.status_dir)["mail"]["trouble"] == ""
