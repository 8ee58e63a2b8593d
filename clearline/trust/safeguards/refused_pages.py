"""Pages of the console that did not open to someone of the staff, written down."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from clearline.kit.window_counts import WindowCounts
from clearline.policy.choices import NOTHING_CHOSEN
from clearline.trust.gate import actions as gate
from clearline.trust.ledger import actions as ledger
from clearline.trust.ledger.entries.logins import StaffRefused
from clearline.trust.safeguards.actions import NOTE_ACTS

REFUSED_PAGES_MAX: Final = 100
REFUSED_PAGES: Final = WindowCounts(window=timedelta(hours=1), keys_max=10_000)


def note_refused_page(*, public_id: str, page: str, now: datetime) -> None:
    """Write down that a page was not open to someone of the staff. `page` is its name.

    Of one login and page at most REFUSED_PAGES_MAX in an hour, so that nobody fills the ledger.
    Raises gate.UseDenied, NoEditionInForce. Source: clause staff.acts.
    """
    if REFUSED_PAGES.add(f"{public_id} {page}", now) > REFUSED_PAGES_MAX:
        return
    permit = gate.ask(use=NOTE_ACTS, choices=NOTHING_CHOSEN, now=now)

    with transaction.atomic():
        entry = StaffRefused(login=public_id, page=page)
        ledger.append(entry, subject=None, permit=permit, now=now)
