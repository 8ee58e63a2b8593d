"""Who the demo's provider is. Everything here is invented; the domain can never be anyone's."""

from datetime import timedelta
from typing import Final

NAMES: Final = {
    "legal_name": "Harbor Voice, Inc.",
    "brand_name": "Harbor Voice",
    "tagline": "Calls that sound like the next room.",
    "email": "hello@harborvoice.example",
    "phone": "+1 207 555 0100",
    "street": "12 Quay Street",
    "city": "Portland",
    "state": "Maine",
    "zip": "04101",
}

# The provider began with the notice-and-decline form and moved on to asking first.
NOTICE_AGE: Final = timedelta(days=120)
ACCEPT_AGE: Final = timedelta(days=52)
TOLD_BEFORE: Final = timedelta(days=21)  # an edition is published this long before its first day

STAFF: Final = (
    # user ID, role, what the link on the terminal says
    ("dana", "marketer", "Dana, web team (marketer)"),
    ("olu", "administrator", "Olu, administrator"),
)
