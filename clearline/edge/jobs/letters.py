"""The worker's turn at the outbox, and what it says of it for `/healthz` and the health page."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings

from clearline.kit.status import write_status
from clearline.service.mail import actions as mail
from clearline.service.mail import queries
from clearline.service.mail.queries import Outbox
from clearline.trust.gate import queries as gate

OLD_AFTER: Final = timedelta(hours=1)


def send_letters(now: datetime) -> None:
    """Send what is due and say how the outbox stands, also when the server is away."""
    del now  # a turn may be long, so each letter has its own moment
    try:
        mail.send_due(clock=lambda: datetime.now(UTC))
    finally:
        say(datetime.now(UTC))


def say(now: datetime) -> None:
    trouble = trouble_of(queries.outbox(now), now, has_server=settings.ENV.mail_url is not None)
    write_status(settings.ENV.status_dir, "mail", {"trouble": trouble}, now)


def trouble_of(box: Outbox, now: datetime, *, has_server: bool) -> str:
    """Return what is wrong with the outbox in plain words, "" when nothing is."""
    told = []
    if box.waiting and not has_server:
        told.append(
            f"{box.waiting} letters wait and are not sent, for clearline.toml names no mail "
            "server. Write mail_url there."
        )
    elif box.oldest_at is not None and now - box.oldest_at > OLD_AFTER:
        told.append(f"{box.waiting} letters wait, the oldest for more than an hour.")
    if box.given_up:
        told.append(
            f"{box.given_up} letters of the last days could not be delivered and were given up."
        )
    return " ".join(told)


def erase_old_letters(now: datetime) -> None:
    mail.erase_expired(gate.policy_in_force(now), now=now)
