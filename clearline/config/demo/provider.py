"""Who the demo's provider is. Everything here is invented; the domain can never be anyone's."""

from dataclasses import dataclass
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

COUNTRY: Final = "USA"

# The provider began with the notice-and-decline form and moved on to asking first.
NOTICE_AGE: Final = timedelta(days=120)
ACCEPT_AGE: Final = timedelta(days=52)
TOLD_BEFORE: Final = timedelta(days=21)  # an edition is published this long before its first day

STAFF: Final = (
    # user ID, role, what the link on the terminal says
    ("dana", "marketer", "Dana, web team (marketer)"),
    ("olu", "administrator", "Olu, administrator"),
    ("ina", "administrator", "Ina, second administrator"),
    ("mai", "support", "Mai, support"),
    ("jon", "billing", "Jon, billing"),
    ("priya", "privacy_officer", "Priya, privacy officer"),
    ("sven", "security_officer", "Sven, security officer"),
    ("ada", "auditor", "Ada, auditor"),
)


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who opened an account, and whose member they are in somebody else's."""

    user_id: str
    name: str
    age: str
    label: str
    screen_name: str = ""
    member_of: str = ""  # a user ID that stands above
    role: str = ""
    business: str | None = None  # None for somebody's own account
    street: str = ""  # where the service is used, and bills go unless they go elsewhere
    bills_to: str = ""


CUSTOMERS: Final = (
    Customer(
        "alice",
        "Alice Marlowe",
        "18_or_over",
        "Alice, customer at home",
        "Ali",
        street="48 Larch Street",
    ),
    Customer("ben", "Ben Okafor", "13_to_15", "Ben, a customer aged 14", street="5 Mill Lane"),
    Customer(
        "carla",
        "Carla Jensen",
        "18_or_over",
        "Carla, owner of a small firm",
        business="Jensen Boat Repair",
        street="3 Commercial Wharf",
        bills_to="PO Box 214",
    ),
    Customer(
        "theo",
        "Theo Brandt",
        "18_or_over",
        "Theo, in Carla's team (billing)",
        member_of="carla",
        role="billing",
        street="17 Vesper Street, Apt. 2",
    ),
)
